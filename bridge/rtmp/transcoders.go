package rtmp

import "errors"

// errBusy says that there is no place for another ffmpeg.
var errBusy = errors.New("as many ffmpeg processes run as may")

// transcoders are the places for ffmpeg processes, which all publishers share.
type transcoders chan struct{}

func newTranscoders(most int) transcoders {
	const many = 1 << 20 // no limit
	return make(transcoders, min(most, many))
}

// take takes a place, which the caller gives back; false when there is none.
func (t transcoders) take() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

func (t transcoders) give() { <-t }

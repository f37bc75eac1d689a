package audio

import "errors"

// errBroken says that a frame cannot be decoded; the next one may be.
var errBroken = errors.New("broken frame")

// decoder decodes frame by frame.
type decoder interface {
	// decode calls sound for each frame of sound in data, in order; data is
	// not kept, nor may sound keep its samples. An error is one of the whole
	// stream; what is broken inside arrives as sound without samples.
	decode(data []byte, sound func(s sound)) error
	// info is the codec's name, its rate in Hz and its channels; 0 as long
	// as they are unknown.
	info() (codec string, rate, channels int)
}

// sound is what a frame decoded to.
type sound struct {
	rate     int     // Hz
	channels int     // 1 or 2
	samples  int     // a channel
	pcm      []int16 // interleaved; nil for a frame that is broken
}

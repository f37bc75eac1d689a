package sfu

import "time"

// Report is what an adapter has found out about its publisher's media, for
// the people who set the encoder up. It is immutable once it was given to
// Publication.SetReport.
type Report struct {
	// Encoder is what the encoder calls itself, "" if it does not say.
	Encoder string
	// Video and Audio are nil while nothing of the kind has come.
	Video *VideoReport
	Audio *AudioReport
	// Problems are the worst first.
	Problems []Problem
}

// VideoReport describes the picture as the publisher sends it.
type VideoReport struct {
	MimeType string // "video/H264"
	Profile  string // as people call it: "High"; "" if the codec has none
	Level    string // "4.1"
	Width    int    // in pixels, 0 while unknown
	Height   int
	// FPS is how many pictures a second come, 0 while unknown.
	FPS float64
	// KeyFrameInterval is the time between the last two key frames, 0 while
	// there has been one at the most.
	KeyFrameInterval time.Duration
	// BFrames is how many B pictures follow one another at the most.
	BFrames int
	// BFramePolicy is what is done about them: "drop", "reject" or
	// "transcode"; "" while there are none.
	BFramePolicy string
	// Dropped is how many pictures were left out for it.
	Dropped uint64
}

// AudioReport describes the sound as the publisher sends it.
type AudioReport struct {
	Codec      string // as people call it: "AAC-LC", "MP3", "Opus"
	SampleRate int    // in Hz, 0 while unknown
	Channels   int
	// Output is the codec that viewers get, "Opus"; "" if they get none.
	Output string
	// Transcoder is what makes it: "built-in" or "ffmpeg"; "" if nothing has
	// to.
	Transcoder string
}

// Problem is something about the publisher's media that its viewers notice.
type Problem struct {
	Code  string // for machines: "b_frames"
	Grave bool   // something is missing for viewers, and not only worse
	Text  string // what is wrong, as a sentence
	Fix   string // what to do about it, as a sentence; "" if nothing can be done
}

// SetReport puts what is known of the publisher's media in the place of what
// was known before; observers hear of it with EventTracks. It is for changes
// that people would notice, not for every packet.
func (p *Publication) SetReport(r *Report) {
	p.report.Store(r)
	router := p.source.router
	router.mu.Lock()
	defer router.mu.Unlock()
	if p.state.Load() == live {
		router.publishLocked(p.source, EventTracks)
	}
}

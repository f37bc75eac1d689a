package rtmp

import "time"

// displayOrder finds B pictures, whatever the codec, by the order in which
// pictures are shown: a picture that is shown before one that came earlier is
// one, and how many of them follow one another is what encoders count.
type displayOrder struct {
	begun   bool
	delay   time.Duration // of the first picture
	varies  bool          // others have another one
	latest  time.Duration
	run     int
	longest int
}

func (o *displayOrder) add(shown, delay time.Duration) {
	if !o.begun {
		o.begun, o.delay, o.latest = true, delay, shown
		return
	}
	o.varies = o.varies || delay != o.delay
	switch {
	case shown >= o.latest:
		o.latest, o.run = shown, 0
	case o.varies: // else it is the encoder's clock that went back
		o.run++
		o.longest = max(o.longest, o.run)
	}
	if o.latest-shown > clockStep {
		o.latest, o.run = shown, 0 // timestamps began again
	}
}

package rtmp

import (
	"bytes"
	"time"

	"lectern/internal/flv"
)

const (
	// trialPictures is how many pictures show whether B pictures can be left
	// out: two seconds, in which other pictures refer to them if they ever do.
	trialPictures = 60
	// trialSize bounds what is kept of them, in octets.
	trialSize = 4 << 20
	// trialLost is how many pictures may go with the B pictures that they
	// refer to. Encoders of pyramids lose nearly all, others none.
	trialLost = 3
)

// trial finds out, with the first pictures of a stream, whether leaving B
// pictures out leaves something to watch. It keeps them meanwhile, so that an
// encoder in our own hands can begin at once, and not a key frame later.
type trial struct {
	over   bool
	frames []heldFrame // from the first key frame on
	size   int
}

// heldFrame is a frame with its media time.
type heldFrame struct {
	flv.Video
	media time.Duration
}

// fails takes the next frame, which coding has read. When too much is lost it
// returns those before it, and is over.
func (t *trial) fails(c coding, m flv.Video, media time.Duration) (before []heldFrame) {
	h264, ok := c.(*h264Coding)
	if t.over || !ok || len(t.frames) == 0 && !m.Key {
		return nil
	}
	if len(t.frames) > 0 && h264.filter.Stats().Lost > trialLost {
		before, *t = t.frames, trial{over: true}
		return before
	}
	t.size += len(m.Data)
	if len(t.frames) == trialPictures || t.size > trialSize {
		*t = trial{over: true}
		return nil
	}
	m.Data = bytes.Clone(m.Data)
	t.frames = append(t.frames, heldFrame{m, media})
	return nil
}

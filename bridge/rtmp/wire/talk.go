package wire

import (
	"fmt"
	"time"

	"golang.org/x/time/rate"
)

// messageCost is what a message counts for besides its body, in octets: about
// as much as its header.
const messageCost = 16

// talk bounds what a peer says that is neither picture nor sound: those are
// counted by who takes them, and all else costs as much to read.
type talk struct{ octets *rate.Limiter }

func newTalk(l Limits) talk {
	return talk{rate.NewLimiter(rate.Limit(l.Talk), l.Introduction)}
}

// hear counts a message. The error wraps ErrLimit.
func (t talk) hear(m Message) error {
	switch m.Type {
	case Audio, Video, Aggregate:
		return nil
	}
	return t.count(messageCost + len(m.Body))
}

func (t talk) count(octets int) error {
	if octets > 0 && !t.octets.AllowN(time.Now(), octets) {
		return fmt.Errorf("%w: too much that is neither picture nor sound", ErrLimit)
	}
	return nil
}

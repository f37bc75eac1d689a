// Package audio turns the sound of encoders into Opus, and Opus into AAC: it
// decodes, resamples and encodes, all in this process.
//
// Its one invariant: a sample that carried timestamp T on the source's clock
// is heard at position T of the 48 kHz clock, within 40 ms and for ever,
// whatever the source's clock, its rounding and its gaps do. Delays of filters
// and codecs are taken out of the positions.
//
// Everything here is arithmetic: no goroutine, no clock, no I/O. What hostile
// octets can do to a codec's library, a panic included, ends as silence or as
// an error of that one stream.
//
// Each library is behind one file: aac.go, mp3.go, opus.go and aacencoder.go.
package audio

import (
	"errors"
	"fmt"
	"time"
)

// Rate is the clock of all positions, and the rate of all sound sent, in Hz
// (RFC 7587 §4.1).
const Rate = 48000

// ErrUnsupported says that sound cannot be decoded here. The error around it
// is an [*Unsupported].
var ErrUnsupported = errors.New("unsupported sound")

// Unsupported says what sound it is that cannot be decoded, and what to do.
type Unsupported struct {
	What string // what it is, as in "HE-AAC" or "AAC with 5.1 channels"
	Fix  string // what the encoder can be set to instead, as a clause
}

func (u *Unsupported) Error() string {
	return fmt.Sprintf("%s is not decoded: %s", u.What, u.Fix)
}

// Unwrap is ErrUnsupported.
func (u *Unsupported) Unwrap() error { return ErrUnsupported }

// ticks is a time on the 48 kHz clock.
func ticks(at time.Duration) float64 { return at.Seconds() * Rate }

// errPanicked says that a library is in an unknown state.
var errPanicked = errors.New("codec panicked")

// contain runs f and turns its panic into an error: the codecs' libraries are
// made for files of their owner, and here strangers write the octets.
func contain(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errPanicked, r)
		}
	}()
	return f()
}

package rtmp

import (
	"time"

	"lectern/sfu"
)

const (
	// clockOrigin is the media time of a publisher's first message, so that
	// times a little before it are not negative.
	clockOrigin = 10 * time.Second
	// clockStep is how far a timestamp may be from where it is expected. With
	// more, the encoder has set its clock, or begun to count again.
	clockStep = 2 * time.Second
)

// clock turns the timestamps of messages, milliseconds that begin anywhere and
// wrap, into media time: how long after the first message something is to be
// seen or heard, plus clockOrigin. Both tracks have one media time, and are in
// step as long as the encoder has them in step.
//
// A timestamp that is far from the one before goes by its arrival instead, and
// what follows it goes on from there. When the other track has jumped too, it
// lands on the same line again; a timestamp that was alone with its jump
// changes nothing for the next.
type clock struct {
	tracks [2]clockTrack // by sfu.Kind
	jumps  int           // that lasted
}

type clockTrack struct {
	begun   bool
	raw     int64         // the last timestamp in ms, without wrap-arounds
	media   time.Duration // what it became
	arrival time.Time
	line    time.Duration // the difference of the two
	before  time.Duration // line before the last jump
	jumped  bool          // and nothing has come since
}

// at returns the media time of a message of one kind. It may go back by up to
// clockStep, if timestamps do.
func (c *clock) at(kind sfu.Kind, timestamp uint32, arrival time.Time) time.Duration {
	t, other := &c.tracks[kind], &c.tracks[1-kind]
	if !t.begun {
		*t = c.begin(other, timestamp, arrival)
		return t.media
	}
	raw := t.raw + int64(int32(timestamp-uint32(t.raw)))
	switch {
	case t.fits(raw, t.line, arrival):
		if t.jumped {
			t.jumped = false
			c.jumps++
		}
	case t.jumped && t.fits(raw, t.before, arrival):
		t.line, t.jumped = t.before, false
	case other.begun && t.fits(raw, other.line, arrival):
		t.line, t.jumped = other.line, false
	default:
		if !t.jumped {
			t.before = t.line
		}
		t.line, t.jumped = t.media+t.since(arrival)-milliseconds(raw), true
	}
	t.raw, t.media, t.arrival = raw, milliseconds(raw)+t.line, arrival
	return t.media
}

// begin is a track's first message: on the line of the other track if that is
// plausible.
func (c *clock) begin(other *clockTrack, timestamp uint32, arrival time.Time) clockTrack {
	t := clockTrack{begun: true, raw: int64(timestamp), media: clockOrigin, arrival: arrival}
	if other.begun {
		t.raw = other.raw + int64(int32(timestamp-uint32(other.raw)))
		t.media = other.media + other.since(arrival)
		if other.fits(t.raw, other.line, arrival) {
			t.media = milliseconds(t.raw) + other.line
		}
	}
	t.line = t.media - milliseconds(t.raw)
	return t
}

// fits says whether a timestamp on a line is near the track's last one, or as
// much later as time has passed.
func (t *clockTrack) fits(raw int64, line time.Duration, arrival time.Time) bool {
	step := milliseconds(raw) + line - t.media
	return step >= -clockStep && step <= t.since(arrival)+clockStep
}

func (t *clockTrack) since(arrival time.Time) time.Duration { return max(arrival.Sub(t.arrival), 0) }

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// ticks is a media time in units of an RTP clock.
func ticks(media time.Duration, rate uint32) uint32 {
	return uint32(int64(media/time.Microsecond) * int64(rate) / 1_000_000)
}

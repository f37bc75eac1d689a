package rtmp

import (
	"time"

	"lectern/sfu"
)

const (
	// reanchor is how far a track may be from where its publisher's clock says
	// it is before it is moved there: less is the uncertainty of that clock's
	// reports.
	reanchor = 60 * time.Millisecond
	// fresh is how old the first packet may be to count as the present.
	fresh = 300 * time.Millisecond
)

// timeline gives the packets of picture and sound their place on one clock,
// which begins with the first of them.
//
// A track goes by the timestamps that the viewer gets. What moments they stand
// for, the publisher's clock tells; but not those of the past that a viewer
// gets first, squeezed into an instant, which is seen from their distance to
// the publisher's own timestamps: it changes.
type timeline struct {
	began  bool
	epoch  time.Time
	tracks [2]trackTime // by kind
}

// trackTime is what a timestamp of a track stands for.
type trackTime struct {
	track     *sfu.Track
	distance  uint32 // from the viewer's timestamps to the publisher's
	told      bool   // by the publisher's clock
	at        time.Time
	timestamp uint32

	placed bool          // something was,
	last   time.Duration // and so long after the epoch the last time
}

// place is how long after the epoch a timestamp of a packet's stream is
// played, in ms. It never goes back, and pictures have a ms each at the least:
// players take two at the same time for a mistake.
func (l *timeline) place(p sfu.Forwarded, timestamp uint32, now time.Time) uint32 {
	t := &l.tracks[p.Track().Kind]
	at := t.find(p, timestamp, now)
	if !l.began {
		l.began, l.epoch = true, at
	}
	least := t.last
	if t.placed && p.Track().Kind == sfu.Video {
		least += time.Millisecond
	}
	t.placed = true
	t.last = max(least, at.Sub(l.epoch))
	return uint32(t.last.Milliseconds())
}

// find is the moment of a timestamp.
func (t *trackTime) find(p sfu.Forwarded, timestamp uint32, now time.Time) time.Time {
	rate := int64(p.Track().Codec.ClockRate)
	distance := p.Header.Timestamp - p.Timestamp
	at := t.at.Add(span(timestamp-t.timestamp, rate))
	told := moment(p, timestamp+distance, rate)
	switch {
	case t.track != p.Track():
		t.track, t.told = p.Track(), false
		if at = told; now.Sub(p.Arrival) > fresh {
			at = now
		}
	case distance != t.distance:
		t.told = false
	case !t.told || at.Sub(told).Abs() > reanchor:
		t.told, at = true, told
	}
	t.distance, t.at, t.timestamp = distance, at, timestamp
	return at
}

// moment is when a timestamp of the publisher's is on our clock, as far as it
// is known: by the packet's arrival before the first report.
func moment(p sfu.Forwarded, timestamp uint32, rate int64) time.Time {
	then, ok := p.Track().TimestampAt(p.Arrival)
	if !ok {
		return p.Arrival
	}
	return p.Arrival.Add(span(timestamp-then, rate))
}

// span is a difference of timestamps, which wrap.
func span(ticks uint32, rate int64) time.Duration {
	return time.Duration(int64(int32(ticks)) * int64(time.Second) / rate)
}

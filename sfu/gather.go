package sfu

import (
	"sync/atomic"
	"time"
)

const (
	// gatherSpan bounds how long the first packet of a picture waits for the
	// last: less than what a viewer gains who gets both in one system call. A
	// timer may be late by a millisecond where nothing else happens.
	gatherSpan = 500 * time.Microsecond
	// gatherTrust is how many pictures in a row have to come within gatherSpan
	// before the next one is waited for. Publishers that spread their pictures
	// over milliseconds, as browsers do, are never waited for.
	gatherTrust = 4
	// gatherDoubt is how many more it takes after one that was waited for in
	// vain: a second's worth.
	gatherDoubt = 30
)

// gathering decides when the workers hear of a picture's packets. They come
// one by one, within a fraction of a millisecond, and what workers have in hand
// is what leaves together: woken by the first, they would send it alone to
// every viewer. So where a publisher's pictures do come in one go, workers are
// woken by the last packet.
//
// It is owned by the goroutine that writes to the track, but for the timer.
type gathering struct {
	source    *Source
	open      bool // a picture has begun, and its last packet has not come
	waited    bool // for the rest of it
	timestamp uint32
	began     time.Time
	quick     int // pictures in a row that came within gatherSpan

	timer *time.Timer // made when it is first needed
	held  atomic.Bool // packets wait for the rest of their picture
}

// add says whether a packet, the newest, is to wait for more of its picture.
// When it is not, none before it is any more, and the caller wakes the workers.
func (g *gathering) add(p *Packet) (wait bool) {
	if !g.open || p.Header.Timestamp != g.timestamp {
		return g.begin(p)
	}
	inTime := p.Arrival.Sub(g.began) <= gatherSpan
	switch {
	case !inTime:
		g.doubt()
	case p.Header.Marker:
		g.quick = min(g.quick+1, gatherTrust)
	}
	g.open = !p.Header.Marker
	if inTime && g.open {
		return g.held.Load()
	}
	g.release()
	return false
}

// begin is add for the first packet of a picture.
func (g *gathering) begin(p *Packet) (wait bool) {
	if g.open { // the last packet of the one before is lost, or comes late
		g.doubt()
	}
	g.release()
	g.open, g.waited, g.timestamp, g.began = !p.Header.Marker, false, p.Header.Timestamp, p.Arrival
	if !g.open || g.quick < gatherTrust {
		return false
	}
	g.waited = true
	g.held.Store(true)
	g.source.gathering.Add(1)
	if g.timer == nil {
		g.timer = time.AfterFunc(gatherSpan, g.expire)
	} else {
		g.timer.Reset(gatherSpan)
	}
	return true
}

// doubt takes note of a picture that did not come in one go.
func (g *gathering) doubt() {
	g.quick = min(g.quick, 0)
	if g.waited {
		g.quick, g.waited = -gatherDoubt, false
	}
}

// release ends the waiting, if there is any.
func (g *gathering) release() {
	if g.held.Swap(false) {
		g.timer.Stop()
		g.source.gathering.Add(-1)
	}
}

// expire is called by the timer; it may be that of the picture before, which
// came at the last moment, and then this one is not waited for.
func (g *gathering) expire() {
	if g.held.Swap(false) {
		g.source.gathering.Add(-1)
		g.source.wake()
	}
}

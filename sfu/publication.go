package sfu

import (
	"slices"
	"sync/atomic"
	"time"
)

// PublishOptions describe a publisher.
type PublishOptions struct {
	// Identity tells whose stream it is: who publishes with the same one
	// takes over from himself, others are refused.
	Identity string
	// Protocol is how the media come in: "whip", "rtmp".
	Protocol string
	// RequestKeyFrame asks the publisher for a key frame of a track. It is
	// called at most once a second a track, from any goroutine, and must not
	// wait. Nil when the publisher cannot be asked.
	RequestKeyFrame func(*Track)
	// Live, unless nil, is closed when the first packet has come. It is of one
	// publication.
	Live chan struct{}
}

// Publication is one session of a publisher.
//
//	pending ──first packet──▶ live ──Close, or a newer one goes live──▶ ended
//	   └────────────────────────────Close──────────────────────────────▶┘
type Publication struct {
	source  *Source
	options PublishOptions
	rival   rival // when it was made, until it is live; under router.mu

	state  atomic.Int32             // changed under router.mu
	tracks atomic.Pointer[[]*Track] // copy on write, under router.mu

	clock  atomic.Pointer[clock]
	report atomic.Pointer[Report]
	demand atomic.Pointer[Demand] // nil while nobody asks

	err  error // the cause of the end, set before done is closed
	done chan struct{}
}

const (
	pending int32 = iota
	live
	ended
)

// AddTrack adds a track. The error wraps ErrCodec when the codec is not one
// of Codecs.
func (p *Publication) AddTrack(info TrackInfo) (*Track, error) {
	t, err := newTrack(p, info)
	if err != nil {
		return nil, err
	}
	r := p.source.router
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.state.Load() == ended {
		return nil, p.err
	}
	next := append(slices.Clone(p.Tracks()), t)
	p.tracks.Store(&next)
	p.demand.Load().wake()
	if p.state.Load() == live {
		r.publishLocked(p.source, EventTracks)
	}
	return t, nil
}

// Tracks returns the tracks in the order in which they were added. The slice
// must not be changed.
func (p *Publication) Tracks() []*Track {
	if list := p.tracks.Load(); list != nil {
		return *list
	}
	return nil
}

// Done is closed when the publication has ended.
func (p *Publication) Done() <-chan struct{} { return p.done }

// Err is why the publication has ended, nil while it has not: the cause given
// to Close, or ErrReplaced.
func (p *Publication) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Close ends the publication for a cause, nil meaning ErrClosed. Writes to
// its tracks return the cause from then on. It may be called again.
func (p *Publication) Close(cause error) {
	r := p.source.router
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.state.Load() == ended {
		return
	}
	if cause == nil {
		cause = ErrClosed
	}
	p.endLocked(cause)
	if p.source.live.Load() == p {
		p.source.goWaitingLocked()
	}
	r.releaseLocked(p.source)
}

func (p *Publication) endLocked(cause error) {
	p.err = cause
	p.state.Store(ended)
	p.source.router.past.publication(p)
	close(p.done)
	p.source.publications = slices.DeleteFunc(p.source.publications, func(other *Publication) bool { return other == p })
}

// admit lets a packet in; the first one makes the publication live.
func (p *Publication) admit() error {
	switch p.state.Load() {
	case live:
		return nil
	case ended:
		return p.err
	}
	r := p.source.router
	r.mu.Lock()
	defer r.mu.Unlock()
	switch p.state.Load() {
	case pending:
		p.state.Store(live)
		p.source.goLiveLocked(p)
		if p.options.Live != nil {
			close(p.options.Live)
		}
	case ended:
		return p.err
	}
	return nil
}

// clock is the publisher's. The difference to ours is taken from the first
// sender report, whichever track it is for, so that the tracks keep one clock.
type clock struct{ offset time.Duration }

// clockStep is how far a report may be off before the publisher's clock has
// been set, and was not just late.
const clockStep = 2 * time.Second

// clockAt returns the clock by which a report says at, which arrived at
// arrival.
func (p *Publication) clockAt(at, arrival time.Time) *clock {
	for {
		c := p.clock.Load()
		if c != nil && arrival.Sub(at.Add(c.offset)).Abs() < clockStep {
			return c
		}
		if next := (&clock{arrival.Sub(at)}); p.clock.CompareAndSwap(c, next) {
			return next
		}
	}
}

package sfu

import "time"

// SetPaused stops what is forwarded, and lets it go on: with the key frame that
// is cached, or the next one. A viewer of sound alone pauses its picture. It may
// be called from any goroutine.
func (s *Subscription) SetPaused(paused bool) {
	if s.paused.Swap(paused) && !paused {
		s.viewer.worker.ask(request{subscription: s, resume: true})
	}
}

// rest is run by the worker for a subscription that is paused. What it has
// sent cannot be asked for again, and its next picture is a key frame.
func (s *Subscription) rest() {
	if s.wish != (wish{}) {
		s.wish.change(nil, nil)
	}
	if s.run == 0 {
		return
	}
	s.past, s.stretch, s.run = nil, nil, 0
	s.thinning.restart()
	s.starved.Store(false)
	s.wanted.Store(0)
	s.forwarded.Store(nil)
}

// resume begins with the past where that is short, so that nobody has to be
// asked for a key frame. Without it, the gate waits for the next one.
func (s *Subscription) resume(at time.Time) {
	p := s.viewer.source.live.Load()
	if s.failed || s.kind != Video || s.run != 0 || s.paused.Load() || p == nil {
		return
	}
	chosen := s.present(p.Tracks())
	if chosen == nil {
		return
	}
	key := chosen.cachedKey()
	if key == nil || at.Sub(key.Arrival) > catchUpFresh {
		chosen.RequestKeyFrame(at)
	}
	if bps := s.bitrate.Load(); key == nil || bps > 0 && bps < 2*chosen.stats.usual.Load() {
		return
	}
	s.start(chosen, key, at)
}

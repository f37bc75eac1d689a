package sfu

import (
	"cmp"
	"slices"
	"time"
)

// layerPause is how long a layer may be silent before another one is better.
const layerPause = 2 * time.Second

// rung is one of the encodings that can be chosen now.
type rung struct {
	track   *Track
	area    uint32 // of the picture
	usual   uint64 // bits a second, 0 while unknown
	thinned uint64 // the same without the highest temporal layer
}

// ladder appends the tracks of a kind that send, the largest picture last.
func ladder(tracks []*Track, kind Kind, into []rung) []rung {
	newest := newestArrival(tracks, kind)
	for _, t := range tracks {
		if t.Kind == kind && t.sends(newest) {
			into = append(into, rung{t, t.area(), t.stats.usual.Load(), t.stats.thinned.Load()})
		}
	}
	if len(into) > 1 {
		// Of two with one size, the first is the better one.
		slices.Reverse(into)
		slices.SortStableFunc(into, func(a, b rung) int { return cmp.Compare(a.area, b.area) })
	}
	return into
}

// best returns the track of a kind with the largest picture among those that
// send, nil when none does.
func best(tracks []*Track, kind Kind) *Track {
	newest := newestArrival(tracks, kind)
	var found *Track
	for _, t := range tracks {
		if t.Kind == kind && t.sends(newest) && (found == nil || t.area() > found.area()) {
			found = t
		}
	}
	return found
}

// newestArrival is when the last packet of any track of a kind came.
func newestArrival(tracks []*Track, kind Kind) (newest time.Time) {
	for _, t := range tracks {
		if p := t.newest.Load(); p != nil && t.Kind == kind && p.Arrival.After(newest) {
			newest = p.Arrival
		}
	}
	return newest
}

// decide returns the track that the viewer asked for, or else the best that
// its network carries.
func (s *Subscription) decide(rungs []rung, at time.Time) *Track {
	bitrate := s.bitrate.Load()
	chosen := -1
	if rid := s.layer.Load(); rid != nil {
		chosen = slices.IndexFunc(rungs, func(r rung) bool { return r.track.RID == *rid })
	}
	wanted := uint64(0)
	if chosen >= 0 {
		wanted = rungs[chosen].usual
	} else {
		chosen = s.climb.decide(rungs, bitrate, at)
		wanted = rungs[chosen].usual
		if chosen < len(rungs)-1 && (bitrate == 0 || bitrate >= wanted) {
			wanted = rungs[chosen+1].usual * climbMargin / 100
		}
	}
	if s.wanted.Load() != wanted {
		s.wanted.Store(wanted)
	}
	t := rungs[chosen].track
	if s.auto.Load() != t {
		s.auto.Store(t)
	}
	return t
}

// present returns the track that was decided on, or will be.
func (s *Subscription) present(tracks []*Track) *Track {
	newest := newestArrival(tracks, s.kind)
	rid, auto := s.layer.Load(), s.auto.Load()
	var found *Track
	for _, t := range tracks {
		switch {
		case t.Kind != s.kind || !t.sends(newest):
		case rid != nil && t.RID == *rid:
			return t
		case t == auto:
			found = t
		}
	}
	if found == nil {
		found = best(tracks, s.kind)
	}
	return found
}

const (
	// climbMargin is how much the network has to carry before a better layer is
	// taken, in parts of a hundred of what that needs.
	climbMargin = 110
	// climbWait is for how long it has to; after a fall climbRest, twice as long
	// each time that a climb was followed by a fall within climbTrial, and up to
	// climbMost: so that on a network between two layers there are no more than
	// two changes a minute.
	climbWait  = time.Second
	climbRest  = 4 * time.Second
	climbTrial = 20 * time.Second
	climbMost  = time.Minute
	// thinTime is for how long the highest temporal layer of a picture is left
	// out before a smaller picture is better.
	thinTime = 500 * time.Millisecond
)

// climb chooses a layer. It thinks with the time as an argument.
type climb struct {
	current *Track
	fits    time.Time // since when a better one does; zero while none does
	tight   time.Time // since when the current one does not
	climbed time.Time
	fell    time.Time
	rest    time.Duration
}

// decide returns which of the rungs, of which there is at least one, is the
// best for a network that carries so many bits a second; 0 is no limit.
func (c *climb) decide(rungs []rung, bitrate uint64, at time.Time) int {
	now := slices.IndexFunc(rungs, func(r rung) bool { return r.track == c.current })
	top := len(rungs) - 1
	switch {
	case bitrate == 0 || top == 0:
		c.current, c.fits = rungs[top].track, time.Time{}
		return top
	case now < 0:
		now = below(rungs, bitrate, 100)
		c.current, c.fits = rungs[now].track, time.Time{}
		return now
	}
	if rungs[now].usual <= bitrate {
		c.tight = time.Time{}
	} else if c.tight.IsZero() {
		c.tight = at
	}
	if now > 0 && (rungs[now].thinned > bitrate || !c.tight.IsZero() && at.Sub(c.tight) >= thinTime) {
		c.fall(at)
		now = below(rungs[:now], bitrate, 100)
		c.current = rungs[now].track
		return now
	}
	better := below(rungs, bitrate, climbMargin)
	if better <= now {
		c.fits = time.Time{}
		return now
	}
	if c.fits.IsZero() {
		c.fits = at
	}
	if at.Sub(c.fits) < climbWait || at.Sub(c.fell) < c.rest {
		return now
	}
	c.current, c.fits, c.climbed = rungs[better].track, time.Time{}, at
	return better
}

func (c *climb) fall(at time.Time) {
	if !c.climbed.IsZero() && at.Sub(c.climbed) < climbTrial {
		c.rest = min(max(2*c.rest, climbRest), climbMost)
	} else {
		c.rest = climbRest
	}
	c.fell, c.fits, c.tight = at, time.Time{}, time.Time{}
}

// below returns the highest rung whose rate is known and, with a margin in
// parts of a hundred, not above the bitrate; the lowest when there is none.
func below(rungs []rung, bitrate, margin uint64) int {
	for i := len(rungs) - 1; i > 0; i-- {
		if need := rungs[i].usual * margin / 100; need > 0 && need <= bitrate {
			return i
		}
	}
	return 0
}

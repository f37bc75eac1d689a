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

// ladder appends the tracks of a kind that send, the largest picture last; with
// those that rest because nobody wants them, if that is asked for.
func ladder(tracks []*Track, kind Kind, resting bool, into []rung) []rung {
	newest := newestArrival(tracks, kind)
	for _, t := range tracks {
		if t.Kind == kind && (t.sends(newest) || resting && t.resting.Load() && !t.retired.Load()) {
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
// its network carries. all are the rungs, and those that rest.
func (s *Subscription) decide(rungs, all []rung, at time.Time) *Track {
	bitrate, area := s.bitrate.Load(), s.area.Load()
	if len(all) == 0 { // they have fallen silent since rungs was made
		all = rungs
	}
	rungs, all = enough(rungs, area), enough(all, area)
	chosen := -1
	rid := s.layer.Load()
	if rid != nil {
		chosen = slices.IndexFunc(rungs, func(r rung) bool { return r.track.RID == *rid })
	}
	wanted := uint64(0)
	if chosen >= 0 {
		wanted = rungs[chosen].usual
	} else {
		chosen = s.climb.decide(rungs, bitrate, at)
		wanted = rungs[chosen].usual
		if next := above(all, rungs[chosen].track); next != nil && (bitrate == 0 || bitrate >= wanted) {
			wanted = next.usual * climbMargin / 100
		}
	}
	if s.wanted.Load() != wanted {
		s.wanted.Store(wanted)
	}
	s.wish.of(all, rid, rungs[chosen].track, bitrate)
	t := rungs[chosen].track
	if s.auto.Load() != t {
		s.auto.Store(t)
	}
	return t
}

// above returns the rung behind that of a track, nil when there is none.
func above(rungs []rung, t *Track) *rung {
	for i := range rungs[:len(rungs)-1] {
		if rungs[i].track == t {
			return &rungs[i+1]
		}
	}
	return nil
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
	// fallTime is for how long the network carries not even that before. An
	// estimate that something on a busy machine has lowered is taken back sooner,
	// and a change of layer costs a key frame, and then the way up again.
	fallTime = 200 * time.Millisecond
)

// climb chooses a layer. It thinks with the time as an argument.
type climb struct {
	current *Track
	fits    time.Time // since when a better one does; zero while none does
	tight   time.Time // since when the current one does not
	short   time.Time // since when not even without its highest temporal layer
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
		c.turn(rungs[top].track)
		return top
	case now < 0:
		now = below(rungs, bitrate, 100)
		c.turn(rungs[now].track)
		return now
	}
	since(&c.tight, rungs[now].usual > bitrate, at)
	since(&c.short, rungs[now].thinned > bitrate, at)
	if now > 0 && (lasts(c.short, fallTime, at) || lasts(c.tight, thinTime, at)) {
		c.fall(at)
		now = below(rungs[:now], bitrate, 100)
		c.turn(rungs[now].track)
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
	c.turn(rungs[better].track)
	c.climbed = at
	return better
}

// turn makes a layer the current one: what was seen of another means nothing.
func (c *climb) turn(to *Track) {
	c.current, c.fits, c.tight, c.short = to, time.Time{}, time.Time{}, time.Time{}
}

func (c *climb) fall(at time.Time) {
	if !c.climbed.IsZero() && at.Sub(c.climbed) < climbTrial {
		c.rest = min(max(2*c.rest, climbRest), climbMost)
	} else {
		c.rest = climbRest
	}
	c.fell = at
}

// since keeps the moment from which on something holds.
func since(begin *time.Time, holds bool, at time.Time) {
	if !holds {
		*begin = time.Time{}
	} else if begin.IsZero() {
		*begin = at
	}
}

// lasts says whether something has held for so long.
func lasts(begin time.Time, long time.Duration, at time.Time) bool {
	return !begin.IsZero() && at.Sub(begin) >= long
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

package sfu

import "time"

const (
	// A viewer may get what its network carries in thinSaved at once, and owe as
	// much as it carries in thinOwed before another picture begins. What is owed
	// stands in a queue on the way, and the sound behind it. Of a layer whose lowest
	// temporal layer fits, but for key frames and quick scenes, that is thinLent.
	thinSaved = 150 * time.Millisecond
	thinOwed  = 150 * time.Millisecond
	thinLent  = 1500 * time.Millisecond
	// thinAsk is the least time between two requests for a key frame by a
	// viewer whose pictures had to be left out: other viewers' get worse by it.
	thinAsk = 2 * time.Second
)

// thinning leaves out pictures that the network to a viewer does not carry:
// the highest temporal layers first, then all up to the next key frame. A
// picture goes out whole or not at all. It thinks with the time as an argument.
type thinning struct {
	credit    float64 // bytes
	at        time.Time
	started   bool
	first     bool   // the next packet begins a picture, whatever it says
	timestamp uint32 // of the present picture,
	passes    bool   // which goes out
	highest   uint64 // index
	allowed   uint8  // the highest temporal layer that goes out,
	seen      uint8  // of those seen
	waiting   bool   // for a key frame
	last      uint32 // timestamp of the last picture that went out
	asked     time.Time
}

// restart is called when another run of numbers begins, with a key frame.
func (g *thinning) restart() { g.first, g.waiting, g.highest, g.allowed, g.seen = true, false, 0, 7, 0 }

// earn is what the time since the last packet is worth, in bytes.
func (g *thinning) earn(bps uint64, at time.Time) {
	rate := float64(bps) / 8
	if !g.started || bps == 0 {
		g.started, g.credit = true, thinSaved.Seconds()*rate
	} else if d := at.Sub(g.at); d > 0 {
		g.credit += d.Seconds() * rate
	}
	g.credit = min(g.credit, thinSaved.Seconds()*rate)
	g.at = at
}

// begin decides on a picture, by its first packet.
func (g *thinning) begin(p *Packet, bps uint64) (passes bool) {
	owed := -g.credit / (float64(bps)/8 + 1) // seconds
	if p.frame.Temporal == 0 {
		switch {
		case owed > 0 && g.seen > 0:
			g.allowed = max(min(g.allowed, g.seen), 1) - 1
		case owed < -thinSaved.Seconds()/2:
			g.allowed = min(g.allowed+1, 7)
		}
		g.seen = 0
	}
	g.seen = max(g.seen, p.frame.Temporal)
	most := thinLent
	if p.track.stats.least.Load() > bps {
		most = thinOwed
	}
	switch {
	case bps == 0:
		return true
	case p.frame.Temporal > g.allowed, p.frame.Discardable && owed > 0:
		return false
	case owed > most.Seconds():
		g.waiting = true
		return false
	}
	return true
}

// pay is for a packet that goes out.
func (g *thinning) pay(p *Packet) {
	g.credit -= float64(len(p.Payload))
	g.last = p.Header.Timestamp
}

// fits says whether a packet of the present run goes out. What does not leaves
// no gap in the numbers that the viewer sees. chosen is the track that it is to
// get, of which this one may be the predecessor.
func (s *Subscription) fits(p *Packet, chosen *Track) bool {
	g, bps := &s.thinning, s.bitrate.Load()
	if bps == 0 && !g.waiting {
		g.started = false
		g.timestamp, g.passes, g.first, g.last = p.Header.Timestamp, true, false, p.Header.Timestamp
		g.highest = max(g.highest, p.index)
		return true
	}
	g.earn(bps, p.Arrival)
	if g.waiting {
		return s.resumes(p, chosen, bps)
	}
	if p.index < g.highest && !g.first {
		return true // late: its place tells
	}
	g.highest = p.index
	if g.first || p.Header.Timestamp != g.timestamp {
		g.timestamp = p.Header.Timestamp
		g.passes = g.first || g.begin(p, bps)
		g.first = false
	}
	switch {
	case g.waiting:
		if !s.stretches(p, chosen, bps) {
			s.starved.Store(true)
		}
		return false
	case !g.passes:
		s.rewrite.Skip(p.index)
		return false
	}
	g.pay(p)
	return true
}

// resumes says whether a packet is that of a key frame with which a viewer can
// go on that has been waiting for it.
func (s *Subscription) resumes(p *Packet, chosen *Track, bps uint64) bool {
	g := &s.thinning
	switch {
	case g.credit < 0:
		return false
	case !p.frame.Key || p.index < g.highest:
		if p.track == chosen && g.credit >= thinSaved.Seconds()*float64(bps)/16 && p.Arrival.Sub(g.asked) >= thinAsk {
			g.asked = p.Arrival
			p.track.RequestKeyFrame(p.Arrival)
		}
		return false
	}
	s.starved.Store(false)
	s.rewrite.Switch(p.run, p.index, p.Header.Timestamp, p.Header.Timestamp-g.last)
	g.waiting, g.passes, g.timestamp, g.highest = false, true, p.Header.Timestamp, p.index
	g.allowed, g.seen = 7, 0
	if bps > 0 && s.stretches(p, chosen, bps) {
		return false
	}
	g.pay(p)
	return true
}

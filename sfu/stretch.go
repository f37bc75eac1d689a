package sfu

import "time"

const (
	// stretchLag is how far behind its sound the picture of a viewer may fall
	// whose network carries only a part of the pictures.
	stretchLag = time.Second
	// stretchShare is the part of what the network carries, in parts of a
	// hundred, that is sent meanwhile: no queue grows.
	stretchShare = 95
)

// stretch is the way of a viewer whose network does not carry the pictures as
// they come, when none can be left out but all up to the next key frame. They
// leave the cache as the network carries them, later and later, so that after
// each key frame as many as can be are seen; when they are too late, that is
// over, and a newer key frame takes the place of what was before it. Nothing stands in a queue on the way, so that the
// sound is not late.
type stretch struct {
	next   uint64 // index of the next packet
	at     time.Time
	credit float64 // bytes that may be sent by now
}

// stretches begins with a packet, the first of a picture for which there was no
// room, or of a key frame. It says false where something else has to help.
func (s *Subscription) stretches(p *Packet, chosen *Track, bps uint64) bool {
	if p.track != chosen || p.track.stats.least.Load() <= bps {
		return false
	}
	s.thinning.waiting = false
	s.stretch = &stretch{next: p.index, at: p.Arrival, credit: s.thinning.credit}
	return true
}

// stretched sends what the network carries by now.
func (s *Subscription) stretched(at time.Time) {
	c, g, newest := s.stretch, &s.thinning, s.track.newest.Load()
	if newest.run != s.run {
		s.leaveStretch(c.next)
		return
	}
	rate := float64(catchUpMost)
	if bps := s.bitrate.Load(); bps > 0 {
		rate = float64(bps) / 8 * stretchShare / 100
	}
	c.credit += max(at.Sub(c.at).Seconds(), 0) * rate
	c.at = at
	out := s.out[:0]
	for c.credit > 0 && c.next <= newest.index {
		p := s.track.byNumber.Get(c.next)
		if p != nil && p.Header.Timestamp != g.last {
			if s.leaps() {
				continue
			}
			if at.Sub(p.Arrival) > stretchLag {
				s.leaveStretch(newest.index + 1)
				break
			}
		}
		out = s.stretchOn(p, out)
	}
	if s.stretch != nil && c.next > newest.index { // in time again
		g.credit, g.at, g.started = min(c.credit, 0), at, true
		g.timestamp, g.passes = g.last, true
		s.stretch = nil
	}
	s.send(out, at)
}

// leaps goes on with a newer key frame, if there is one, in place of what was
// before it. It is called between two pictures.
func (s *Subscription) leaps() bool {
	c, key := s.stretch, s.track.lastKey.Load()
	if key == nil || key.run != s.run || key.index <= c.next {
		return false
	}
	s.dropped[DropBitrate].Add(key.index - c.next)
	c.next = key.index
	s.rewrite.Switch(key.run, key.index, key.Header.Timestamp, key.Header.Timestamp-s.thinning.last)
	s.thinning.last, s.thinning.highest = key.Header.Timestamp, key.index
	return true
}

// stretchOn appends the next packet, unless it was lost on the way in, or can be
// left out alone.
func (s *Subscription) stretchOn(p *Packet, out []Forwarded) []Forwarded {
	c, g := s.stretch, &s.thinning
	c.next++
	if p == nil {
		return out
	}
	s.caughtUp = max(s.caughtUp, p.arrival+1)
	if p.frame.Temporal > 0 || p.frame.Discardable {
		s.rewrite.Skip(p.index)
		s.dropped[DropBitrate].Add(1)
		return out
	}
	g.last, g.highest = p.Header.Timestamp, max(g.highest, p.index)
	if seq, ts, ok := s.renumber(p); ok {
		out = append(out, Forwarded{Packet: p, SequenceNumber: seq, Timestamp: ts})
		c.credit -= float64(len(p.Payload))
	}
	return out
}

// cutShort says whether the stretch is over, because another track is wanted: the
// feed brings it. The present picture goes out whole.
func (s *Subscription) cutShort(chosen *Track, at time.Time) bool {
	if chosen == s.track {
		return false
	}
	out := s.out[:0]
	for {
		p := s.track.byNumber.Get(s.stretch.next)
		if p == nil || p.run != s.run || p.Header.Timestamp != s.thinning.last {
			break
		}
		out = s.stretchOn(p, out)
	}
	s.leaveStretch(s.stretch.next)
	s.send(out, at)
	return true
}

// leaveStretch waits for a key frame from now on. The packets up to an index are
// dropped.
func (s *Subscription) leaveStretch(until uint64) {
	g, c := &s.thinning, s.stretch
	if until > c.next {
		s.dropped[DropBitrate].Add(until - c.next)
	}
	g.waiting, g.credit, g.at, g.started = true, max(c.credit, 0), c.at, true
	s.starved.Store(true)
	s.stretch = nil
}

// behind says whether the subscription gets its packets from the cache, a part
// at a time.
func (s *Subscription) behind() bool { return s.past != nil || s.stretch != nil }

// catch sends the next part.
func (s *Subscription) catch(at time.Time) {
	if s.past != nil {
		s.instalment(at)
	} else {
		s.stretched(at)
	}
}

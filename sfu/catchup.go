package sfu

import "time"

const (
	// A viewer that joins is sent the past at catchUpRate, in bytes a second (25
	// Mbit/s), and twice as fast after each catchUpRamp, up to catchUpMost: the
	// sooner it is over, the sooner a browser shows the present. When packets are
	// lost on the way, it goes on at catchUpLeast.
	catchUpRate  = 25_000_000 / 8
	catchUpMost  = 100_000_000 / 8
	catchUpLeast = 8_000_000 / 8
	catchUpRamp  = 50 * time.Millisecond
	// catchUpInterval is the time between two instalments, of which the first
	// is about a dozen packets: what the queue of a slow link can hold.
	catchUpInterval = 5 * time.Millisecond
	// catchUpSpan is how long the past takes by its timestamps, whatever it was:
	// a browser then decodes it as fast as it can and shows the present.
	catchUpSpan = 50 * time.Millisecond
	// catchUpFresh is how old the last key frame may be so that the past alone
	// will do. With an older one the publisher is asked for a new one besides,
	// and the viewer gets what is there first.
	catchUpFresh = time.Second
	// replayStart is how long after its start a viewer that cannot decode is
	// sent the past again at once: browsers lose what comes before they are
	// ready. Later on it has to wait replayWait for the publisher's key frame,
	// and only then, if none has come, it gets the past.
	replayStart = 2 * time.Second
	replayWait  = time.Second
	// replayPause is the least time between two replays; it doubles each time.
	replayPause = 100 * time.Millisecond
)

// catchUp is the way of a viewer that has just come from the last key frame
// to the present: it sees a picture at once, and need not wait for the next
// key frame, which some publishers cannot be asked for.
type catchUp struct {
	next      uint64    // index of the next packet
	then      uint64    // index of the newest packet at the start
	timestamp uint32    // of that packet: behind it time passes as it does
	at        time.Time // of the last instalment
	rate      float64   // bytes a second
	faster    time.Time // when the rate is doubled; zero when it is not any more
	credit    int       // bytes that may be sent by now
}

// earn is what the time since the last instalment is worth. It says whether
// the rate is another one from now on.
func (c *catchUp) earn(at time.Time) bool {
	was := c.rate
	if !c.faster.IsZero() && at.After(c.faster) {
		c.rate = min(2*c.rate, catchUpMost)
		c.faster = at.Add(catchUpRamp)
	}
	c.credit += int(at.Sub(c.at).Seconds() * c.rate)
	c.at = at
	return c.rate != was
}

// takes returns how long that much takes to send as fast as it goes now.
func (c *catchUp) takes(bytes int) time.Duration {
	return time.Duration(float64(bytes) / c.rate * float64(time.Second))
}

// slow is called when the viewer has lost something. It says whether that
// changes anything.
func (c *catchUp) slow() bool {
	was := c.rate
	c.rate, c.faster = catchUpLeast, time.Time{}
	return c.rate != was
}

// join starts a viewer of video with what is cached since the last key frame
// of a track, if there is such a thing. Of the track, so many packets had
// arrived when the viewer came; later ones, it gets from the feed.
func (s *Subscription) join(chosen *Track, arrived uint64, at time.Time) {
	if key := chosen.lastKey.Load(); s.failed || s.track != nil || key != nil && key.arrival >= arrived {
		return
	}
	cached := chosen.cachedKey()
	if cached == nil || at.Sub(cached.Arrival) > catchUpFresh {
		chosen.RequestKeyFrame(at)
	}
	if cached == nil {
		return
	}
	s.joined = at
	s.start(chosen, cached, at)
}

// cachedKey returns the first packet of the last key frame, nil when it, and so
// what follows it, is not there any more.
func (t *Track) cachedKey() *Packet {
	key, newest := t.lastKey.Load(), t.newest.Load()
	if key == nil || key.run != newest.run || t.byNumber.Get(key.index) != key {
		return nil
	}
	return key
}

// replay sends the past again to a viewer that has lost its way in it.
func (s *Subscription) replay(at time.Time) {
	if s.failed || s.track == nil || s.kind != Video {
		return
	}
	if bps := s.bitrate.Load(); bps > 0 && bps < 2*s.track.stats.usual.Load() {
		return // its network has no room for the past
	}
	key := s.track.cachedKey()
	if key == nil || at.Before(s.replayed.Add(replayPause<<min(s.replays, 6))) {
		return
	}
	if at.Sub(s.joined) > replayStart {
		if s.lostAt.Before(key.Arrival) || at.Sub(s.lostAt) > 3*replayWait {
			s.lostAt = at // the publisher is given its time
		}
		if at.Sub(s.lostAt) < replayWait {
			return
		}
	}
	s.replays++
	s.replayed = at
	s.start(s.track, key, at)
	if s.past != nil && s.replays > 1 {
		s.past.faster = time.Time{} // something was too much for it
		s.pacePast(catchUpInterval)
	}
}

// start turns to the past of a track.
func (s *Subscription) start(chosen *Track, key *Packet, at time.Time) {
	newest := chosen.newest.Load()
	var elapsed uint32
	if !s.last.IsZero() {
		elapsed = chosen.ticks(at.Sub(s.last))
	}
	s.track, s.run, s.caughtUp = chosen, key.run, 0
	s.forwarded.Store(chosen)
	s.thinning.restart()
	s.starved.Store(false)
	s.stretch = nil
	s.past = &catchUp{
		next:      key.index,
		then:      newest.index,
		timestamp: newest.Header.Timestamp,
		at:        at.Add(-catchUpInterval),
		rate:      catchUpRate,
		faster:    at.Add(catchUpRamp),
	}
	s.rewrite.Switch(key.run, key.index, key.Header.Timestamp, elapsed)
	s.pacePast(catchUpSpan)
	s.instalment(at)
}

// pacePast lets the timestamps of what is left of the past go on as its
// packets leave at the present rate, and take so long at the least.
func (s *Subscription) pacePast(least time.Duration) {
	c := s.past
	var first *Packet
	bytes := 0
	for i := c.next; i <= c.then; i++ {
		if p := s.track.byNumber.Get(i); p != nil {
			bytes += len(p.Payload)
			if first == nil {
				first = p
			}
		}
	}
	if first == nil {
		return
	}
	span := s.track.ticks(max(c.takes(bytes), least))
	s.rewrite.Pace(first.index, first.Header.Timestamp, max((c.timestamp-first.Header.Timestamp)/span, 1))
}

// instalment sends the next part of the past, as much as the rate allows, and
// ends the catching up when there is none left.
func (s *Subscription) instalment(at time.Time) {
	c, newest := s.past, s.track.newest.Load()
	if newest.run != s.run || s.track.lastKey.Load() == nil { // the numbers have jumped, or will: the gate waits for the new key frame
		s.leavePast(c.then + 1)
		return
	}
	if c.earn(at) {
		s.pacePast(catchUpInterval)
	}
	out := s.out[:0]
	for ; c.credit > 0 && c.next <= newest.index; c.next++ {
		p := s.track.byNumber.Get(c.next)
		if p == nil {
			continue // lost on the way in
		}
		if c.next > c.then {
			s.presentTime()
		}
		if seq, ts, ok := s.renumber(p); ok {
			out = append(out, Forwarded{Packet: p, SequenceNumber: seq, Timestamp: ts})
			c.credit -= len(p.Payload)
		}
		s.caughtUp = max(s.caughtUp, p.arrival+1)
	}
	if c.next > newest.index {
		s.presentTime()
		s.past = nil
	}
	s.send(out, at)
}

// presentTime lets timestamps go on as they come in. More than once is once.
func (s *Subscription) presentTime() {
	if c := s.past; c.then != 0 {
		s.rewrite.Pace(c.next, c.timestamp, 1)
		c.then = 0
	}
}

// overtaken says whether the past has become needless, because there is
// another publication or a newer key frame, which the feed brings.
func (s *Subscription) overtaken(chosen *Track) bool {
	key := s.track.lastKey.Load()
	if s.track.publication == chosen.publication && key != nil {
		if key.index <= s.past.next && key.run == s.run {
			return false
		}
		s.leavePast(key.index)
	} else {
		s.leavePast(0)
	}
	return true
}

// leavePast ends the catching up before its time. The packets from there up to
// an index are dropped.
func (s *Subscription) leavePast(until uint64) {
	if until > s.past.next {
		s.dropped[DropPast].Add(until - s.past.next)
	}
	s.past, s.run = nil, 0
}

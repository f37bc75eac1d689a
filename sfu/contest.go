package sfu

import "time"

const (
	// contestTakeovers of one source within contestTime are a contest. An encoder
	// that was replaced comes back after two to ten seconds, so that two of them
	// get there in half a minute; a person who starts one anew does not.
	contestTakeovers = 3
	contestTime      = time.Minute
)

// contest notices that publishers of one identity take a source from each other
// for ever: two encoders with one key. Who comes back after the connection was
// lost takes over from himself, too, but from one that had fallen silent.
type contest struct {
	takeovers [contestTakeovers]time.Time // the newest, in turn
	count     int
	last      time.Time // when it was seen last to be one
	told      time.Time
}

// takeover counts one. It says that there is a contest once in contestTime.
func (c *contest) takeover(at time.Time) (tell bool) {
	c.takeovers[c.count%contestTakeovers] = at
	c.count++
	first := c.takeovers[c.count%contestTakeovers]
	if c.count < contestTakeovers || at.Sub(first) > contestTime {
		return false
	}
	c.last = at
	if !c.told.IsZero() && at.Sub(c.told) < contestTime {
		return false
	}
	c.told = at
	return true
}

// on says whether there is a contest now.
func (c *contest) on(at time.Time) bool { return !c.last.IsZero() && at.Sub(c.last) < contestTime }

// rival is the publication that was live when another one was made, and how
// many packets had come of it.
type rival struct {
	*Publication
	packets uint64
}

func (s *Source) rivalLocked() rival {
	p := s.live.Load()
	return rival{p, p.packets()}
}

// sends says whether a publication that is live was not silent since: it is
// another one than then, or more has come of it.
func (r rival) sends(p *Publication) bool { return p != r.Publication || p.packets() > r.packets }

// packets is how many have come. Of no publication none have.
func (p *Publication) packets() (n uint64) {
	if p == nil {
		return 0
	}
	for _, t := range p.Tracks() {
		n += t.arrived.Load()
	}
	return n
}

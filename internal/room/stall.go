package room

import "time"

// Stalled says that nothing has come for a seat for a while, or that it comes
// again, by the same connection.
type Stalled struct {
	Seat  int
	Epoch int
	On    bool
}

// Sends says whether a medium of a member's arrives, whenever that changes.
type Sends struct {
	Member MemberID
	Medium Medium
	On     bool
}

// Refresh asks what is on a seat for a key frame: what went before was lost.
type Refresh struct{ Seat int }

func (Stalled) needs() Cap { return capSystem }
func (Sends) needs() Cap   { return capSystem }

// frozenAfter is how long pictures have to be missing, while sound comes, until
// everybody is told: cameras pause for a moment when they are changed.
const frozenAfter = 2 * time.Second

// unheardAfter is how long no sound has to come of an open microphone, silent or
// not, until everybody is told: what sends a second late is told of as Sends.
const unheardAfter = 3 * time.Second

func (c Stalled) do(t *turn) error {
	if c.Seat < 0 || c.Seat >= len(t.Seats) {
		return invalid("seat", "there is no such seat")
	}
	s := &t.Seats[c.Seat]
	if s.State == SeatFree || s.Epoch != c.Epoch || s.Stalled == c.On {
		return refuse(CodeNotFound, "nothing of this epoch stalls or goes on")
	}
	s.Stalled, t.stageChanged = c.On, true
	if c.On {
		if s.State == SeatLive {
			s.State, s.At = SeatReconnecting, t.at
		}
		return nil
	}
	if m := t.Members[s.Member]; s.Stream != "" || m != nil && m.Up {
		t.goLive(c.Seat)
		t.effect(Refresh{Seat: c.Seat})
	}
	return nil
}

func (c Sends) do(t *turn) error {
	m := t.Members[c.Member]
	if m != nil && c.Medium == Mic {
		m.MicSends = c.On
		t.listen(m)
		return nil
	}
	if m == nil || m.Seat == 0 || c.Medium != Camera { // a still screen may send nothing for long
		return refuse(CodeNotFound, "%s sends nothing that is missed", c.Member)
	}
	switch {
	case c.On:
		t.stageChanged = t.stageChanged || m.Frozen
		m.StoppedAt, m.Frozen = time.Time{}, false
	case m.gates()[1]:
		m.StoppedAt = t.at
	}
	return nil
}

// freeze notices pictures that have not come again, and microphones of which nothing comes.
func (t *turn) freeze() {
	for n := 1; n < len(t.Seats); n++ {
		m := t.Members[t.Seats[n].Member]
		if m == nil {
			continue
		}
		if !m.StoppedAt.IsZero() && !m.Frozen && t.at.Sub(m.StoppedAt) >= frozenAfter {
			m.Frozen, t.stageChanged = true, true
		}
		t.listen(m)
	}
}

// listen looks whether a microphone sends that should. Unlike a camera it counts
// from when it was opened: who has never been heard does not know it, either.
func (t *turn) listen(m *member) {
	switch {
	case m.MicSends || !m.Up || !m.gates()[0]:
		t.stageChanged = t.stageChanged || m.Unheard
		m.SilentAt, m.Unheard = time.Time{}, false
	case m.SilentAt.IsZero():
		m.SilentAt = t.at
	case !m.Unheard && t.at.Sub(m.SilentAt) >= unheardAfter:
		m.Unheard, t.stageChanged = true, true
	}
}

// stalls says whether what a seat shows is not how it is now.
func (r *Room) stalls(v Seat) bool {
	s := r.Seats[v.Seat]
	m := r.Members[s.Member]
	return s.State != SeatFree && (s.Stalled || m != nil && v.Seat > 0 && v.Video && m.Frozen)
}

// unheard says whether no sound comes of a seat that is to be heard, while the
// rest of it goes on.
func (r *Room) unheard(v Seat) bool {
	s := r.Seats[v.Seat]
	m := r.Members[s.Member]
	return m != nil && v.Seat > 0 && v.Audio && s.State == SeatLive && m.Unheard
}

package classroom

import (
	"time"

	"lectern/internal/limit"
	"lectern/internal/room"
)

// effectLocked sees to what a room wants done outside. What concerns the
// connections is done at once, the rest in its order by run.
func (c *class) effectLocked(at time.Time, e room.Event, q *question) {
	switch d := e.Data.(type) {
	case room.Joined:
		q.joined = &d
	case room.Offer, room.FetchChat:
		q.outside = d
	case room.Close:
		c.closeLocked(d)
	case room.Admitted:
		c.admittedLocked(at, d.Member)
	case room.Over:
		c.endLocked(Close{CloseGone, d.Reason})
	case room.Gate:
		c.gateLocked(d)
	case room.Sit:
		c.laterLocked(func() { c.stage.Assign(d.Seat, occupant(d)) })
	case room.Stand:
		c.standLocked(d)
	case room.Bring:
		c.laterLocked(func() { c.stage.Assign(d.Seat, Occupant{Stream: d.Stream, Epoch: uint64(d.Epoch)}) })
	case room.Unbring:
		c.laterLocked(func() { c.stage.Assign(d.Seat, Occupant{}) })
	case room.Refresh:
		c.laterLocked(func() { c.stage.Request(d.Seat) })
	case room.Unkept:
		c.rooms.limits.Add(limit.RoomGuests)
	case room.Forward:
		c.forwardLocked(d)
	default:
		c.keepLocked(d)
	}
}

// occupant says which media go with a seat.
func occupant(s room.Sit) Occupant {
	o := Occupant{Member: string(s.Member), Audio: Mic, Video: Camera, Epoch: uint64(s.Epoch)}
	if s.Seat == 0 {
		o.Audio, o.Video = ScreenSound, Screen
	}
	return o
}

func (c *class) gateLocked(g room.Gate) {
	member := string(g.Member)
	c.laterLocked(func() { c.stage.Gate(member, Medium(g.Medium), g.Open) })
	if g.Medium == room.Screen {
		c.laterLocked(func() { c.stage.Gate(member, ScreenSound, g.Open) })
	}
}

func (c *class) standLocked(s room.Stand) {
	c.laterLocked(func() { c.stage.Assign(s.Seat, Occupant{}) })
	if s.Seat != 0 {
		c.laterLocked(func() { c.stage.Hangup(string(s.Member), Pub) })
	}
}

// closeLocked ends a member's connections. With CloseMoved he goes on
// elsewhere. Whose place was given up may still come back as himself, for as
// long as his hand is remembered. Otherwise nothing of him is left.
func (c *class) closeLocked(d room.Close) {
	member := string(d.Member)
	if d.Status == room.StatusLost {
		c.laterLocked(func() { c.stage.Leave(member) })
		return
	}
	if s := c.members[d.Member]; s != nil {
		if d.Status == room.StatusRemoved {
			c.hideLocked(s.join.Identity)
		}
		if d.Status == room.StatusGone && c.number != Newest && c.mayLocked(s, room.CapTeach) {
			c.rooms.after.remember(s, c.definition.ID, c.number, c.now())
		}
		if s.line != nil {
			s.line.End(Close{d.Status, d.Reason})
			s.line = nil
		}
		c.forgetLocked(s)
	}
	if d.Status == room.StatusMoved {
		c.laterLocked(func() {
			c.stage.Hangup(member, Sub)
			c.stage.Hangup(member, Pub)
		})
		return
	}
	c.laterLocked(func() { c.stage.Leave(member) })
}

// admittedLocked tells somebody who waited what there is.
func (c *class) admittedLocked(at time.Time, id room.MemberID) {
	s := c.members[id]
	if s == nil {
		return
	}
	c.seq++
	m := &Message{Class: Needed, Seq: c.seq}
	m.Text = encode(envelope{m.Seq, "lobby.admitted", c.welcomeLocked(s, at, "")})
	s.tell(m, at)
}

// forwardLocked passes on what the rules allow and do not look into.
func (c *class) forwardLocked(f room.Forward) {
	member := string(f.Member)
	switch d := f.Command.(type) {
	case room.RTCICE:
		candidate := ""
		if d.Candidate != nil {
			candidate = d.Candidate.Candidate
		}
		c.laterLocked(func() { c.stage.Trickle(member, Connection(d.PC), candidate) })
	case room.RTCClose:
		c.laterLocked(func() { c.stage.Hangup(member, Connection(d.PC)) })
	case room.SubPrefs:
		c.laterLocked(func() { c.stage.Prefer(member, wishes(d)) })
	case room.StatsReport:
		c.log.Debug("stats", "member", member, "rtt_ms", d.RTTMS, "loss", d.Loss, "freeze_ms", d.FreezeMS, "fps", d.FPS)
	}
}

func wishes(p room.SubPrefs) []Wish {
	list := make([]Wish, len(p.Seats))
	for i, s := range p.Seats {
		list[i] = Wish{Seat: s.Seat, Video: s.Video.Layer, Width: s.Video.W, Height: s.Video.H, Audio: s.Audio}
	}
	return list
}

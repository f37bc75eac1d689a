package classroom

import (
	"time"

	"lectern/internal/event"
	"lectern/internal/room"
)

// onSeat is what is on a seat, as it was told last.
type onSeat struct {
	member room.MemberID
	stream string
}

// observeLocked tells Options.Observe of what concerns others than those in the
// room, but for the begin.
func (c *class) observeLocked(at time.Time, e room.Event) {
	if c.rooms.options.Observe == nil {
		return
	}
	switch d := e.Data.(type) {
	case room.Over:
		c.happenedLocked(at, event.RoomEnded, event.Room{Reason: d.Reason})
	case room.Came:
		c.happenedLocked(at, event.PersonJoined, event.Room{Person: personOf(d.Who)})
	case room.Went:
		c.happenedLocked(at, event.PersonLeft, event.Room{Person: personOf(d.Who)})
	case room.Became:
		c.happenedLocked(at, event.PersonChanged, event.Room{Person: personOf(d.Who)})
	case room.Seat:
		c.seatChangedLocked(at, d)
	}
}

// observeBeginLocked tells that a class has begun before all that comes of the
// same command: whoever makes it begin, by coming, joins a class that is on.
func (c *class) observeBeginLocked(at time.Time, events []room.Event) {
	if c.rooms.options.Observe == nil {
		return
	}
	for _, e := range events {
		if _, began := e.Data.(room.SaveBegan); began {
			c.happenedLocked(at, event.RoomStarted, event.Room{})
		}
	}
}

// seatChangedLocked tells who is on a seat when that is another than before: not
// that he is muted, or reconnects.
func (c *class) seatChangedLocked(at time.Time, s room.Seat) {
	now, seat := onSeat{stream: s.Stream}, &event.Seat{Number: s.Seat, Stream: s.Stream}
	if s.Member != nil {
		now.member = s.Member.ID
		seat.Person = &event.Person{Member: string(s.Member.ID), Name: s.Member.Name, Role: string(s.Member.Role)}
		if of := c.members[s.Member.ID]; of != nil {
			seat.Person.Identity = of.join.Identity
		}
	}
	if c.onSeats[s.Seat] == now {
		return
	}
	c.onSeats[s.Seat] = now
	c.happenedLocked(at, event.StageChanged, event.Room{Seat: seat})
}

func (c *class) happenedLocked(at time.Time, typ event.Type, what event.Room) {
	what.ID = c.definition.ID
	c.rooms.options.Observe(event.Event{Type: typ, At: at.UTC(), Room: &what})
}

func personOf(who room.Someone) *event.Person {
	return &event.Person{Member: string(who.Member), Identity: who.Identity, Name: who.Name, Role: string(who.Role)}
}

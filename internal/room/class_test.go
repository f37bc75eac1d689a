package room

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"
)

// nine is when classes begin in tests.
var nine = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// class is a room with a clock and with the clients' view of it.
type class struct {
	t  testing.TB
	r  *Room
	at time.Time
	// pages are what clients know, by member.
	pages map[MemberID]*client
	// open is which media the owner was told to forward.
	open map[MemberID]map[Medium]bool
	// effects are those since they were last asked for.
	effects []any
	events  []Event
}

func newClass(t testing.TB, s Settings) *class {
	if s.ID == "" {
		s.ID = "algebra"
	}
	return &class{t: t, r: New(s), at: nine, pages: make(map[MemberID]*client), open: make(map[MemberID]map[Medium]bool)}
}

// take hands events to those whom they reach, as the owner of a room does.
func (c *class) take(events []Event) {
	c.t.Helper()
	for _, e := range events {
		c.events = append(c.events, e)
		if e.To.Kind == ToSystem {
			c.obey(e)
			continue
		}
		if !e.Reply && !catalogued(e) {
			c.t.Errorf("%s with %T is not in the catalog", e.Type, e.Data)
		}
		if e.Durable == (e.Class == ClassEphemeral) && e.Type != "seat.live" && !e.Reply {
			c.t.Errorf("%s is durable: %v, of class %d", e.Type, e.Durable, e.Class)
		}
		for id, p := range c.pages {
			if c.r.Reaches(e.To, id) {
				p.apply(c.t, e)
			}
		}
	}
}

// catalogued reports whether the catalog knows an event.
func catalogued(e Event) bool {
	want := reflect.TypeOf(e.Data)
	if want.Kind() == reflect.Pointer {
		want = want.Elem()
	}
	return slices.ContainsFunc(Events(), func(m MessageType) bool { return m.Type == e.Type && reflect.TypeOf(m.Data) == want })
}

// obey does an effect.
func (c *class) obey(e Event) {
	c.effects = append(c.effects, e.Data)
	switch effect := e.Data.(type) {
	case Gate:
		if c.open[effect.Member] == nil {
			c.open[effect.Member] = make(map[Medium]bool)
		}
		c.open[effect.Member][effect.Medium] = effect.Open
	case Close:
		delete(c.pages, effect.Member)
	case Admitted:
		c.welcome(effect.Member)
	}
}

// try carries out a command and returns its reply.
func (c *class) try(actor MemberID, cmd Command) (any, error) {
	c.t.Helper()
	events, err := c.r.Do(c.at, actor, cmd)
	if err != nil {
		if _, ok := errors.AsType[*Error](err); !ok || len(events) > 0 {
			c.t.Fatalf("%T: %d events and %v, want none and an *Error", cmd, len(events), err)
		}
		return nil, err
	}
	var reply any
	replies := 0
	for _, e := range events {
		if e.Reply {
			reply = e.Data
			replies++
		}
	}
	if replies != 1 {
		c.t.Fatalf("%T: %d replies, want one", cmd, replies)
	}
	c.take(events)
	return reply, nil
}

func (c *class) do(actor MemberID, cmd Command) any {
	c.t.Helper()
	reply, err := c.try(actor, cmd)
	if err != nil {
		c.t.Fatalf("%T: %v", cmd, err)
	}
	return reply
}

// refused carries out a command that must be refused with a code.
func (c *class) refused(code Code, actor MemberID, cmd Command) *Error {
	c.t.Helper()
	_, err := c.try(actor, cmd)
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Code != code {
		c.t.Fatalf("%T: %v, want %s", cmd, err, code)
	}
	return e
}

// join brings somebody in whose identity and name are one.
func (c *class) join(name string, role Role) MemberID {
	c.t.Helper()
	return c.enter(Join{Identity: name, Name: name, Role: role})
}

func (c *class) enter(j Join) MemberID {
	c.t.Helper()
	id := c.do(System, j).(Joined).Member
	c.welcome(id)
	return id
}

func (c *class) welcome(id MemberID) {
	if s, l := c.r.Snapshot(id, c.at); s != nil || l != nil {
		c.pages[id] = newPage(c.t, id, s, l)
	}
}

// pass lets time pass as it does: tick by tick.
func (c *class) pass(d time.Duration) {
	c.t.Helper()
	for end := c.at.Add(d); c.at.Before(end); {
		c.at = c.at.Add(TickEvery)
		c.take(c.r.Tick(c.at))
	}
}

// jump lets time pass at once.
func (c *class) jump(d time.Duration) {
	c.t.Helper()
	c.at = c.at.Add(d)
	c.take(c.r.Tick(c.at))
}

// stage brings a member on stage, invited by the staff, with media on.
func (c *class) stage(by, id MemberID, media ...string) int {
	c.t.Helper()
	c.do(by, StageInvite{Member: id, Media: media})
	seat := c.do(id, StageAccept{}).(StageAcceptReply).Seat
	c.do(System, MediaUp{id})
	c.do(id, MediaState{Mic: true, Camera: true})
	return seat
}

// since forgets the events and effects so far.
func (c *class) since() { c.events, c.effects = nil, nil }

// sentTo counts the events of a type that reached somebody, since since.
func (c *class) sentTo(id MemberID, typ string) int {
	n := 0
	for _, e := range c.events {
		if e.Type == typ && c.r.Reaches(e.To, id) {
			n++
		}
	}
	return n
}

// effect returns the effects of a kind since since.
func effectsOf[T any](c *class) []T {
	var list []T
	for _, e := range c.effects {
		if one, ok := e.(T); ok {
			list = append(list, one)
		}
	}
	return list
}

func (c *class) opened(id MemberID, m Medium) bool { return c.open[id][m] }

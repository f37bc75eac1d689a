package room

import (
	"slices"
	"time"
)

// turn is one command or tick being carried out.
type turn struct {
	*Room
	at      time.Time
	actor   *member // nil for the system
	events  []Event
	replied bool

	// What has to be compared with what was sent, when all is done.
	stageChanged   bool // seats, and what those on stage send
	infoChanged    bool
	invitesChanged bool
	capsChanged    bool // of everybody
}

// sent is what people were last told, to tell them only of changes.
type sent struct {
	info     Info
	seats    []Seat
	speakers Speakers
}

func (t *turn) effect(data any) {
	t.events = append(t.events, Event{Type: "effect", Data: data})
}

func (t *turn) emit(typ string, to Audience, class Class, data any) {
	t.events = append(t.events, Event{Type: typ, Data: data, To: to, Durable: true, Class: class})
}

// pass sends what is worth nothing a moment later.
func (t *turn) pass(typ string, to Audience, key string, data any) {
	t.events = append(t.events, Event{Type: typ, Data: data, To: to, Class: ClassEphemeral, Key: key})
}

func (t *turn) reply(data any) {
	t.replied = true
	e := Event{Type: "reply", Data: data, Reply: true, Class: ClassVital}
	if t.actor != nil {
		e.To = only(t.actor.ID)
	}
	t.events = append(t.events, e)
}

// hand over to the owner, who replies.
func (t *turn) ask(data any) {
	t.replied = true
	t.events = append(t.events, Event{Type: "effect", Data: data, Reply: true})
}

// settle tells everybody what has changed. Rules change the state alone; that
// people hear of it is here, so that what they know and what is true cannot part.
func (t *turn) settle() {
	if t.capsChanged {
		for _, id := range t.Order {
			t.dropUnable(t.Members[id])
		}
		t.watchStaff()
		t.pollsDirty()
	}
	if t.stageChanged {
		t.shutAndOpen()
		t.sendSeats()
	}
	if t.capsChanged || t.stageChanged {
		for _, id := range t.Order {
			t.sendSelf(t.Members[id])
		}
	}
	if t.infoChanged {
		t.sendInfo()
	}
	if t.invitesChanged {
		t.emit("stage.invites", staff, ClassVital, StageInvites{Invites: t.invitations(t.at)})
	}
	t.stageChanged, t.infoChanged, t.invitesChanged, t.capsChanged = false, false, false, false
	t.flush()
}

// dropUnable ends what somebody may no longer go on with.
func (t *turn) dropUnable(m *member) {
	caps := t.caps(m)
	if m.Hand != nil && !caps.has(CapHand) {
		t.lowerHand(m)
	}
	if m.Where != here {
		return
	}
	if m.Role == Observer {
		t.uninvite(m.ID, "cancelled")
		if m.Seat > 0 {
			t.vacate(m.Seat)
		}
	}
	if m.Media.Screen && !caps.has(CapScreen) {
		t.stopScreen(m)
	}
}

// shutAndOpen moves the gates of everybody's media to where the rules have them.
func (t *turn) shutAndOpen() {
	for _, id := range t.Order {
		m := t.Members[id]
		want := m.gates()
		for i, medium := range media {
			if m.Open[i] != want[i] {
				m.Open[i] = want[i]
				if medium == Camera && !want[i] {
					m.StoppedAt, m.Frozen = time.Time{}, false
				}
				if medium == Mic {
					m.SilentAt, m.Unheard = time.Time{}, false
				}
				t.effect(Gate{Member: m.ID, Medium: medium, Open: want[i]})
			}
		}
	}
}

func (t *turn) sendSeats() {
	for n, now := range t.seatViews() {
		if !now.equal(t.sent.seats[n]) {
			t.sent.seats[n] = now
			t.emit("seat.set", everyone, ClassVital, now)
		}
	}
}

func (t *turn) sendSelf(m *member) {
	if m.Where != here {
		return
	}
	now := selfSent{caps: t.caps(m), role: m.Role, name: m.Name, seat: m.Seat}
	if now != m.sent.self {
		if (now.caps ^ m.sent.self.caps).has(CapBoard) {
			t.announce(m)
		}
		m.sent.self = now
		t.emit("self.update", only(m.ID), ClassVital, t.self(m))
	}
}

func (t *turn) sendInfo() {
	now, was := t.info(), t.sent.info
	var p Patch
	if now.Title != was.Title {
		p.Title = &now.Title
	}
	if now.State != was.State {
		p.State, p.Since = &now.State, &now.Since
	}
	if now.Locked != was.Locked {
		p.Locked = &now.Locked
	}
	if now.Policy != was.Policy {
		p.Policy = &now.Policy
	}
	if l := now.Layout; l.Mode != was.Layout.Mode || l.Spotlight != was.Layout.Spotlight || !slices.Equal(l.Keep, was.Layout.Keep) {
		p.Layout = &l
	}
	if p != (Patch{}) {
		t.sent.info = now
		t.emit("room.update", everyone, ClassVital, p)
	}
}

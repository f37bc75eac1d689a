package room

import (
	"strings"
	"time"
)

// extraStaff of the staff get into a full room.
const extraStaff = 16

func (c Join) do(t *turn) error {
	m := t.Members[t.identities[c.Identity]]
	known := m != nil
	switch {
	case c.Identity == "":
		return invalid("identity", "a person has an identity")
	case t.banned(c.Identity, c.Cookie) != nil:
		b := t.banned(c.Identity, c.Cookie)
		return &Error{Code: CodeForbidden, Hint: "banned", Message: "you were sent away from this class", RetryAfter: b.left(t.at)}
	case known && m.Where != gone:
		return t.moveHere(m, c)
	}
	role := c.Role.Known()
	if known && m.RoleSet {
		role = m.Role
	}
	plus, minus := delta(c.Caps)
	isStaff := (roleCaps[role]&^minus | plus).has(CapModerate)
	admitted := known && m.Admitted
	if err := t.room(isStaff, admitted); err != nil {
		return err
	}
	if !isStaff && c.Guest && c.Origin != "" {
		if err := t.roomFrom(c.Origin); err != nil {
			return err
		}
	}

	if !known {
		m = t.newMember(c.Identity)
	}
	m.Role, m.Plus, m.Minus = role, plus, minus
	m.Reserve, m.Knocks = c.Reserve, c.Lobby != nil && *c.Lobby
	t.dress(m, c)
	if !isStaff && !admitted && t.waits(c.Lobby) {
		t.knock(m)
	} else {
		t.enter(m)
	}
	t.reply(Joined{Member: m.ID, Waiting: m.Where == waiting, Again: known})
	return nil
}

// room says whether there is room for one more.
func (t *turn) room(isStaff, admitted bool) error {
	if t.Locked && !isStaff && !admitted {
		return refuse(CodeRoomLocked, "the room is locked")
	}
	most := t.maxPeople
	if isStaff {
		most += extraStaff
	}
	people := t.count().People
	if people >= most || !isStaff && people+len(t.Lobby) >= 2*t.maxPeople {
		return refuse(CodeRoomFull, "the room is full")
	}
	return nil
}

// fromOne is how many guests one origin may have in the room and its lobby: a
// link that somebody plays with from one place leaves a fifth for the others.
func (r *Room) fromOne() int { return max(1, r.maxPeople*4/5) }

// roomFrom says whether there is room for one more of an origin. Who has been lost
// for longest, and is not on stage and has no hand up, gives way.
func (t *turn) roomFrom(origin string) error {
	n := 0
	var lost *member
	for _, id := range t.Order {
		m := t.Members[id]
		if !m.Guest || m.Origin != origin || m.Where == gone {
			continue
		}
		n++
		if m.lost() && m.Seat == 0 && m.Hand == nil && (lost == nil || m.LostAt.Before(lost.LostAt)) {
			lost = m
		}
	}
	switch {
	case n < t.fromOne():
		return nil
	case lost == nil:
		return &Error{Code: CodeRoomFull, Hint: "origin", Message: "too many have come in this way from where you are"}
	}
	t.effect(Close{Member: lost.ID, Status: StatusLost, Reason: "lost"})
	t.leave(lost, "lost")
	return nil
}

// waits reports whether a newcomer waits in the lobby. Without staff in the room
// nobody is let in, whatever a token says.
func (r *Room) waits(override *bool) bool {
	if r.State != Live {
		return true
	}
	if override != nil {
		return *override
	}
	return r.Policy.Lobby
}

// dress puts on what may differ from visit to visit.
func (t *turn) dress(m *member, c Join) {
	m.Name = line(c.Name, maxName)
	if m.Name == "" {
		m.Name = string(m.Role)
	}
	m.Device = ""
	if c.Device == "desktop" || c.Device == "mobile" {
		m.Device = c.Device
	}
	m.Cookie, m.Guest, m.Origin = c.Cookie, c.Guest, c.Origin
}

// moveHere is the second arrival of somebody who has not left.
func (t *turn) moveHere(m *member, c Join) error {
	if !m.lost() {
		if !c.Takeover {
			return &Error{Code: CodeConflict, Hint: m.Device, Message: "you are in the room from somewhere else since " +
				m.Since.UTC().Format(time.RFC3339)}
		}
		t.effect(Close{Member: m.ID, Status: StatusMoved, Reason: "moved to another window or device"})
	}
	t.dress(m, c)
	if !m.RoleSet {
		m.Role = c.Role.Known()
		m.Plus, m.Minus = delta(c.Caps)
		m.Reserve = c.Reserve
	}
	t.mediaDown(m)
	m.Offered = false
	t.lost(m, time.Time{})
	t.capsChanged, t.stageChanged = true, true
	if m.Where == waiting && t.isStaff(m) {
		t.Lobby = without(t.Lobby, m.ID)
		t.gathered.lobby.dirty, t.gathered.count.dirty = true, true
		t.enter(m)
	}
	t.reply(Joined{Member: m.ID, Waiting: m.Where == waiting, Again: true})
	return nil
}

// enter brings somebody into the room.
func (t *turn) enter(m *member) {
	m.Where, m.Since, m.LostAt, m.Admitted = here, t.at, time.Time{}, true
	m.MicSends = false
	m.arrive(t.at, t.grace)
	t.effect(Came{m.someone()})
	t.announceJoined(m)
	if t.isStaff(m) {
		if t.State == Unattended || t.State == Idle && !t.manual {
			t.start()
		}
	}
	if n := t.freeSeat(); n > 0 && m.Seat == 0 && (m.Role == Teacher || m.Reserve && m.Role != Observer) {
		t.sit(m, n)
		m.MayScreen = true
	}
	// The welcome says who one is and where.
	m.sent.self = selfSent{caps: t.caps(m), role: m.Role, name: m.Name, seat: m.Seat}
	if m.Hand != nil {
		t.gathered.hands.dirty = true
	}
	t.pollsDirty()
}

// lost says since when a member's connection is lost; the zero time is not.
func (t *turn) lost(m *member, since time.Time) {
	m.LostAt = since
	switch {
	case m.Where == waiting:
		t.gathered.lobby.dirty = true
	case m.Hand != nil:
		t.gathered.hands.dirty = true
	}
	t.announce(m)
}

func (c Lost) do(t *turn) error {
	m := t.Members[c.Member]
	if m == nil || m.Where == gone || m.lost() {
		return refuse(CodeNotFound, "%s is not connected", c.Member)
	}
	t.lost(m, t.at)
	return nil
}

func (c Back) do(t *turn) error {
	m := t.Members[c.Member]
	if m == nil || m.Where == gone || !m.lost() {
		return refuse(CodeNotFound, "%s was not lost", c.Member)
	}
	t.lost(m, time.Time{})
	return nil
}

func (c Leave) do(t *turn) error {
	m := t.Members[c.Member]
	if m == nil || m.Where == gone {
		return refuse(CodeNotFound, "%s is not here", c.Member)
	}
	if m.Hand != nil {
		t.lowerHand(m)
	}
	t.leave(m, "left")
	return nil
}

// leave takes somebody out of the room, or out of the lobby. The hand stays.
func (t *turn) leave(m *member, reason string) {
	wasStaff := m.Where == here && t.isStaff(m)
	if m.Where == waiting {
		t.Lobby = without(t.Lobby, m.ID)
		t.gathered.lobby.dirty, t.gathered.count.dirty = true, true
		m.Where, m.Since = gone, t.at
		return
	}
	until := t.at
	if m.lost() {
		until = m.LostAt
	}
	t.uninvite(m.ID, "left")
	if m.Seat > 0 {
		t.vacate(m.Seat)
	}
	t.closePublisher(m)
	m.Where, m.Since = gone, t.at
	m.depart(until)
	m.Quality = qualityOf{}
	t.effect(Went{m.someone()})
	t.announceLeft(m, reason)
	t.saveAttendance(m)
	t.unspot(m.ID)
	t.pollsDirty()
	if wasStaff {
		t.watchStaff()
	}
}

// watchStaff notices that the last of the staff has gone, or the first come back.
func (t *turn) watchStaff() {
	switch attended := t.attended(); {
	case t.State == Live && !attended:
		t.State, t.Since = Unattended, t.at
		t.infoChanged = true
	case t.State == Unattended && attended:
		t.start()
	}
}

// attended reports whether any of the staff is in the room.
func (r *Room) attended() bool {
	for _, m := range r.Members {
		if m.Where == here && r.isStaff(m) {
			return true
		}
	}
	return false
}

// expirePlaces gives up the places of those who did not come back.
func (t *turn) expirePlaces() {
	for i := len(t.Order) - 1; i >= 0; i-- { // from the end: leaving does not move what is before
		m := t.Members[t.Order[i]]
		if !m.lost() {
			continue
		}
		away := t.at.Sub(m.LostAt)
		if m.Where != gone && away >= t.grace {
			t.effect(Close{Member: m.ID, Status: StatusLost, Reason: "lost"})
			t.leave(m, "lost")
		}
		if m.Where == gone && (m.Hand == nil || away >= handGrace) {
			if m.Hand != nil {
				t.lowerHand(m)
			}
			m.LostAt = time.Time{}
		}
	}
}

// delta reads a token's changes of a role's capabilities. What is not known is
// not given; CapPublish comes from a seat alone.
func delta(changes []string) (plus, minus capSet) {
	for _, c := range changes {
		if name, ok := strings.CutPrefix(c, "-"); ok {
			minus |= capsOf(Cap(name))
			continue
		}
		plus |= capsOf(Cap(strings.TrimPrefix(c, "+")))
	}
	return plus &^ capsOf(CapPublish), minus
}

func (c Forget) do(t *turn) error {
	m := t.Members[t.identities[c.Identity]]
	if m == nil {
		return refuse(CodeNotFound, "nobody of this identity is known")
	}
	if m.Where != gone {
		return refuse(CodeBadState, "the person is still in the room")
	}
	for i := len(t.Chat) - 1; i >= 0; i-- {
		if t.Chat[i].Member == m.ID {
			t.deleteMessage(t.Chat[i].Msg, Ref{})
		}
	}
	for _, p := range t.Asked {
		p.forget(m)
	}
	t.gathered.polls.dirty = true
	t.forget(m)
	return nil
}

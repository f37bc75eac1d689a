package room

import (
	"strconv"
	"time"
)

// place is where a member is.
type place string

const (
	waiting place = "waiting" // in the lobby
	here    place = "here"    // in the room, also while the connection is lost
	gone    place = "gone"    // was here; comes back as the same member
)

// maxKnown times as many people as fit are remembered, so that they come back
// as themselves; of more, those who went first are forgotten.
const maxKnown = 4

// member is a person in this class.
type member struct {
	ID          MemberID
	Identity    string
	Name        string
	Role        Role
	RoleSet     bool // by a teacher: what a later token says does not count
	Plus, Minus capSet
	Device      string
	Cookie      string
	Guest       bool
	Origin      string
	Reserve     bool
	Knocks      bool // the token wants the lobby for this person

	Where    place
	Since    time.Time // of Where
	LostAt   time.Time // when the connection broke; zero while it is there
	Admitted bool      // was let in: does not wait again

	Hand *hand
	stageLife
	MicSends bool // sound arrives of the microphone, whether the gate is open or not
	Drawing  bool // was granted the board
	Quality  qualityOf
	presence

	sent    memberSent
	buckets buckets
	nonces  []nonce
	wrote   wrote
}

type qualityOf struct{ Up, Down string }

// memberSent is what this member was last told of itself.
type memberSent struct {
	self     selfSent
	handPos  int
	lobbyPos int
}

type selfSent struct {
	caps capSet
	role Role
	name string
	seat int
}

func (m *member) ref() Ref { return Ref{ID: m.ID, Name: m.Name, Role: m.Role} }

func (m *member) lost() bool { return !m.LostAt.IsZero() }

// caps are what somebody may now: the role's, changed by the token, the policy and the stage.
func (r *Room) caps(m *member) capSet {
	caps := roleCaps[m.Role]&^m.Minus | m.Plus
	if caps.has(CapModerate) {
		if m.Seat > 0 {
			caps |= capsOf(CapPublish)
		}
		return caps
	}
	if r.Policy.Chat == "off" {
		caps &^= capsOf(CapChat)
	}
	if !r.Policy.Danmaku {
		caps &^= capsOf(CapDanmaku)
	}
	if m.Role == Observer {
		return caps
	}
	if r.Policy.Stage == "free" {
		caps |= capsOf(CapStage)
	}
	if m.Seat > 0 {
		caps |= capsOf(CapPublish)
		if m.MayScreen {
			caps |= capsOf(CapScreen)
		}
	}
	if m.Drawing || r.Policy.Board == "all" || r.Policy.Board == "stage" && m.Seat > 0 {
		caps |= capsOf(CapBoard)
	}
	return caps
}

func (r *Room) isStaff(m *member) bool { return r.caps(m).has(CapModerate) }

// outranks reports whether one may act upon the other: not upwards.
func (m *member) outranks(other *member) bool { return m.Role.rank() >= other.Role.rank() }

// present returns a member who is in the room.
func (t *turn) present(id MemberID, field string) (*member, error) {
	m := t.Members[id]
	if m == nil || m.Where != here {
		return nil, &Error{Code: CodeNotFound, Field: field, Message: "there is no such member in the room"}
	}
	return m, nil
}

// subject is a present member upon whom the actor may act.
func (t *turn) subject(id MemberID) (*member, error) {
	m, err := t.present(id, "member")
	if err != nil {
		return nil, err
	}
	if !t.actor.outranks(m) {
		return nil, &Error{Code: CodeForbidden, Field: "member", Hint: "rank", Message: "this member's role is above yours"}
	}
	return m, nil
}

func (t *turn) newMember(identity string) *member {
	t.forgetOldest()
	m := &member{ID: MemberID("p_" + strconv.FormatInt(t.nextID(), 36)), Identity: identity}
	t.Members[m.ID] = m
	t.Order = append(t.Order, m.ID)
	t.identities[identity] = m.ID
	return m
}

func (t *turn) forgetOldest() {
	if len(t.Members) < maxKnown*t.maxPeople {
		return
	}
	for _, id := range t.Order {
		if m := t.Members[id]; m.Where == gone {
			t.forget(m)
			return
		}
	}
}

func (t *turn) forget(m *member) {
	if m.Hand != nil {
		t.lowerHand(m)
	}
	delete(t.Members, m.ID)
	delete(t.identities, m.Identity)
	t.Order = without(t.Order, m.ID)
}

// self is what a member is told about itself.
func (r *Room) self(m *member) Self {
	return Self{Member: m.ID, Name: m.Name, Role: m.Role, Caps: r.caps(m).list(), Seat: m.Seat}
}

// person is a member as the staff sees one.
func (r *Room) person(m *member) Person {
	return Person{
		Member: m.ID, Name: m.Name, Role: m.Role, Since: m.Since, Hand: m.Hand != nil, Seat: m.Seat,
		Lost: m.lost(), Quality: m.Quality.worst(), Device: m.Device, Guest: m.Guest,
		Blocked: kindsOf(m.Blocked), Board: r.caps(m).has(CapBoard),
	}
}

// worst is "" when both ways are good.
func (q qualityOf) worst() string {
	for _, score := range []string{"lost", "poor", "fair"} {
		if q.Up == score || q.Down == score {
			return score
		}
	}
	return ""
}

// without returns the list without an element, in its own memory.
func without[T comparable](list []T, x T) []T {
	kept := list[:0]
	for _, y := range list {
		if y != x {
			kept = append(kept, y)
		}
	}
	clear(list[len(kept):])
	return kept
}

// newest returns a copy of the last n.
func newest[T any](list []T, n int) []T {
	return append([]T(nil), list[max(0, len(list)-n):]...)
}

package room

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Person is a member as the staff sees one; to peers only Member, Name, Role, Since and Seat are given.
type Person struct {
	Member  MemberID  `json:"member"`
	Name    string    `json:"name"`
	Role    Role      `json:"role"`
	Since   time.Time `json:"since"`
	Hand    bool      `json:"hand,omitempty"`
	Seat    int       `json:"seat,omitempty"` // from 1; 0 is none
	Lost    bool      `json:"lost,omitempty"` // the connection is gone, the place is kept
	Quality string    `json:"quality,omitempty"`
	Device  string    `json:"device,omitempty"`
	Guest   bool      `json:"guest,omitempty"`   // nobody vouches for the name
	Blocked []string  `json:"blocked,omitempty"` // kinds of media
	Board   bool      `json:"board,omitempty"`   // may draw
}

// PeopleList asks who is there (people.list).
type PeopleList struct {
	Q      string `json:"q,omitempty"`      // part of a name
	Cursor string `json:"cursor,omitempty"` // of the page before
	Limit  int    `json:"limit,omitempty"`  // 1 to 200; 0 is 100
}

// PeoplePage is its reply, in the order of first arrival.
type PeoplePage struct {
	People []Person `json:"people"`
	Cursor string   `json:"cursor,omitempty"` // of the next page; absent on the last
	Total  int      `json:"total"`            // in the room, whatever was asked for
}

// PeopleEvent is who came, went and changed (people.event), for the staff, at most every 500 ms.
type PeopleEvent struct {
	Joined  []Person `json:"joined,omitempty"`
	Left    []Left   `json:"left,omitempty"`
	Changed []Person `json:"changed,omitempty"`
}

// Left is somebody who is no longer there.
type Left struct {
	Member MemberID `json:"member"`
	Reason string   `json:"reason"` // "left", "lost", "kicked", "moved" or "ended"
}

// PeopleKick sends somebody away (people.kick).
type PeopleKick struct {
	Member MemberID `json:"member"`
	Reason string   `json:"reason,omitempty"` // for the person, at most 200 characters
	Ban    string   `json:"ban,omitempty"`    // "none" (or ""), "class" or "24h"
}

// PeopleRole changes a role for this class (people.role).
type PeopleRole struct {
	Member MemberID `json:"member"`
	Role   Role     `json:"role"`
}

// Self is what a member is told about itself (self.update).
type Self struct {
	Member MemberID `json:"member"`
	Name   string   `json:"name"`
	Role   Role     `json:"role"`
	Caps   []Cap    `json:"caps"`
	Seat   int      `json:"seat,omitempty"` // from 1; 0 is none
}

// Ban keeps somebody out.
type Ban struct {
	Identity string    `json:"identity"`
	Device   string    `json:"device,omitempty"` // a cookie of the browser, when there was one
	Name     string    `json:"name"`
	By       string    `json:"by"`
	Reason   string    `json:"reason,omitempty"`
	Until    time.Time `json:"until,omitzero"` // zero: until the class ends
}

// Notice is a sentence of the server (sys.notice).
type Notice struct {
	Level string `json:"level"` // "info" or "warn"
	Code  string `json:"code"`  // what pages key their own text by
	Text  string `json:"text"`
}

func (PeopleList) needs() Cap { return capAny } // CapModerate, or the policy's roster is "all"
func (PeopleKick) needs() Cap { return CapModerate }
func (PeopleRole) needs() Cap { return CapTeach }

const (
	maxBans    = 1000
	peopleMost = 200 // on a page
	peoplePage = 100
)

func (c PeopleList) do(t *turn) error {
	staffAsks := t.isStaff(t.actor)
	if !staffAsks && t.Policy.Roster != "all" {
		return &Error{Code: CodeForbidden, Hint: "roster", Message: "the list is for the staff"}
	}
	if c.Limit < 0 || c.Limit > peopleMost {
		return invalid("limit", "it is from 1 to %d", peopleMost)
	}
	if err := t.actor.buckets.list.take(t.at, listRate); err != nil {
		return err
	}
	limit := cmp.Or(c.Limit, peoplePage)
	q := strings.ToLower(line(c.Q, maxName))
	page := PeoplePage{People: []Person{}}
	for _, id := range t.Order {
		m := t.Members[id]
		if m.Where != here || !staffAsks && m.Role == Observer {
			continue
		}
		page.Total++
		if !after(id, MemberID(c.Cursor)) || !strings.Contains(strings.ToLower(m.Name), q) {
			continue
		}
		if len(page.People) == limit {
			page.Cursor = string(page.People[limit-1].Member)
			continue
		}
		p := t.person(m)
		if !staffAsks {
			p = Person{Member: p.Member, Name: p.Name, Role: p.Role, Since: p.Since, Seat: p.Seat}
		}
		page.People = append(page.People, p)
	}
	t.reply(page)
	return nil
}

// after orders members by first arrival: ids are numbers that grow.
func after(id, cursor MemberID) bool {
	if len(id) != len(cursor) {
		return len(id) > len(cursor)
	}
	return id > cursor
}

func (c PeopleKick) do(t *turn) error {
	ban := cmp.Or(c.Ban, "none")
	if err := oneOf("ban", ban, "none", "class", "24h"); err != nil {
		return err
	}
	m := t.Members[c.Member]
	switch {
	case m == nil:
		return &Error{Code: CodeNotFound, Field: "member", Message: "nobody of this name was here"}
	case m == t.actor:
		return refuse(CodeBadState, "you cannot send yourself away")
	case !t.actor.outranks(m):
		return &Error{Code: CodeForbidden, Field: "member", Hint: "rank", Message: "this member's role is above yours"}
	case m.Where == gone && ban == "none":
		return refuse(CodeBadState, "%s has left", m.Name)
	}
	reason := line(c.Reason, maxReason)
	if ban != "none" {
		t.ban(m, ban, reason)
	}
	m.Admitted = false
	if m.Hand != nil {
		t.lowerHand(m)
	}
	if m.Where != gone {
		t.effect(Close{Member: m.ID, Status: StatusRemoved, Reason: reason})
		t.leave(m, "kicked")
	}
	return nil
}

func (t *turn) ban(m *member, kind, reason string) {
	b := Ban{Identity: m.Identity, Device: m.Cookie, Name: m.Name, By: t.actor.Name, Reason: reason}
	if kind == "24h" {
		b.Until = t.at.Add(24 * time.Hour)
		t.effect(SaveBan{b})
	}
	t.Bans = append(newest(t.Bans, maxBans-1), b)
}

// banned returns the ban that keeps somebody out, or nil.
func (r *Room) banned(identity, device string) *Ban {
	for i := range r.Bans {
		if b := &r.Bans[i]; b.Identity == identity || device != "" && b.Device == device {
			return b
		}
	}
	return nil
}

// left is how long a ban lasts; 0 is to the end of the class.
func (b *Ban) left(at time.Time) time.Duration {
	if b.Until.IsZero() {
		return 0
	}
	return max(0, b.Until.Sub(at))
}

func (t *turn) expireBans() {
	over := func(b Ban) bool { return !b.Until.IsZero() && !t.at.Before(b.Until) }
	if slices.ContainsFunc(t.Bans, over) {
		t.Bans = slices.DeleteFunc(t.Bans, over)
	}
}

func (c PeopleRole) do(t *turn) error {
	if c.Role.Known() != c.Role {
		return invalid("role", "there is no such role")
	}
	m, err := t.present(c.Member, "member")
	if err != nil {
		return err
	}
	if m == t.actor {
		return refuse(CodeBadState, "another teacher changes your role")
	}
	wasStaff := t.isStaff(m)
	// The token's changes were of the role that it gave.
	m.Role, m.RoleSet, m.Plus, m.Minus = c.Role, true, 0, 0
	t.capsChanged, t.stageChanged = true, true
	t.announce(m)
	t.effect(Became{m.someone()})
	t.pollsDirty()
	if t.isStaff(m) != wasStaff { // much of what one sees is another's from now on
		t.settle()
		t.emit("room.snapshot", only(m.ID), ClassVital, t.snapshot(m, t.at))
	}
	return nil
}

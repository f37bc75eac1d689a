package room

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
)

// client is what a client knows: a welcome, and what events made of it.
type client struct {
	id      MemberID
	waiting *LobbyUpdate
	Snapshot
	people map[MemberID]Person // of the staff
}

// copied is what arrives at the other end of a wire.
func copied[T any](t testing.TB, v T) T {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var c T
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	return c
}

func newPage(t testing.TB, id MemberID, s *Snapshot, l *LobbyUpdate) *client {
	p := &client{id: id, waiting: l}
	if s != nil {
		p.Snapshot = copied(t, *s)
	}
	return p
}

// apply is a whole client's handling of events.
func (p *client) apply(t testing.TB, e Event) {
	t.Helper()
	switch d := e.Data.(type) {
	case LobbyUpdate:
		p.waiting = &d
		return
	}
	if p.waiting != nil {
		t.Errorf("%s in the lobby gets %s", p.id, e.Type)
		return
	}
	switch d := e.Data.(type) {
	case Self:
		p.Self = copied(t, d)
		if d.Seat > 0 {
			p.Stage.Invited = nil
		}
	case Snapshot:
		t.Error("a snapshot is sent by value")
	case *Snapshot:
		p.Snapshot = copied(t, *d)
		p.people = nil
	case Patch:
		p.patch(copied(t, d))
	case Seat:
		p.Seats[d.Seat] = copied(t, d)
	case HandOwn:
		p.Hand.HandOwn = d
	case HandQueue:
		p.Hand.Queue = copied(t, d.Queue)
	case LobbyList:
		l := copied(t, d)
		p.Lobby = &l
	case Count:
		p.Count = &d
	case StageInvited:
		p.Stage.Invited = &d
	case StageInvites:
		p.Stage.Invites = copied(t, d.Invites)
	case StageCancelled:
		if d.Member == p.id {
			p.Stage.Invited = nil
		}
	case Message:
		if !d.visible(p.id, slices.Contains(p.Self.Caps, CapModerate)) {
			t.Errorf("%s reads what is for %q: %+v", p.id, d.To, d)
		}
		p.Chat.Messages = append(p.Chat.Messages, copied(t, d))
	case ChatDeleted:
		p.Chat.Messages = slices.DeleteFunc(p.Chat.Messages, func(m Message) bool { return d.All || m.Msg == d.Msg })
	case ChatPinned:
		p.Chat.Pinned = copied(t, d.Message)
	case Poll:
		d = copied(t, d)
		if i := slices.IndexFunc(p.Polls, func(old Poll) bool { return old.Poll == d.Poll }); i >= 0 {
			p.Polls[i] = d
		} else {
			p.Polls = append(p.Polls, d)
		}
	case BoardOps:
		b := &p.Boards[slices.IndexFunc(p.Boards, func(b Board) bool { return b.ID == d.Board })]
		b.Ver = d.Ver
		for _, op := range d.Ops {
			if op.T == "page" {
				b.Page, b.Pages = op.Page, max(b.Pages, op.Page+1)
			}
		}
	case PeopleEvent:
		if p.people == nil {
			return
		}
		for _, left := range d.Left {
			delete(p.people, left.Member)
		}
		for _, person := range slices.Concat(d.Joined, d.Changed) {
			p.people[person.Member] = copied(t, person)
		}
	}
}

func (p *client) patch(d Patch) {
	if d.Title != nil {
		p.Room.Title = *d.Title
	}
	if d.State != nil {
		p.Room.State, p.Room.Since = *d.State, *d.Since
	}
	if d.Locked != nil {
		p.Room.Locked = *d.Locked
	}
	if d.Policy != nil {
		p.Room.Policy = *d.Policy
	}
	if d.Layout != nil {
		p.Room.Layout = *d.Layout
	}
}

// compare says where what a client knows differs from what it would be told now.
func (p *client) compare(t testing.TB, now *Snapshot) {
	t.Helper()
	n, is := len(p.Chat.Messages), now.Chat.Messages
	if n < len(is) {
		t.Errorf("%s has %d messages of %d", p.id, n, len(is))
		return
	}
	// A client keeps what the room no longer does; what one did oneself, one knows.
	p.Chat.Messages = p.Chat.Messages[n-len(is):]
	p.Chat.More = now.Chat.More
	p.Media, p.Hand.Waiting, p.Room.People = now.Media, now.Hand.Waiting, now.Room.People
	p.Polls = slices.DeleteFunc(p.Polls, func(old Poll) bool {
		return !slices.ContainsFunc(now.Polls, func(is Poll) bool { return is.Poll == old.Poll })
	})
	for i := range min(len(p.Polls), len(now.Polls)) {
		p.Polls[i].Mine = now.Polls[i].Mine
	}
	if p.Stage.Invited != nil && now.Stage.Invited != nil {
		p.Stage.Invited.ExpiresMS = now.Stage.Invited.ExpiresMS
	}
	for i := range min(len(p.Stage.Invites), len(now.Stage.Invites)) {
		p.Stage.Invites[i].ExpiresMS = now.Stage.Invites[i].ExpiresMS
	}
	same(t, string(p.id)+" knows", p.Snapshot, *now)
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	g, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(g, w) {
		i := 0
		for i < min(len(g), len(w)) && g[i] == w[i] {
			i++
		}
		from := max(0, i-120)
		t.Errorf("%s\n  …%s\nbut it is\n  …%s", what, g[from:min(len(g), i+200)], w[from:min(len(w), i+200)])
	}
}

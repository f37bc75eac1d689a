package room

import "time"

// LobbyAdmit lets people in (lobby.admit), "*" for all.
type LobbyAdmit struct {
	Members []MemberID `json:"members"`
}

// LobbyDeny sends somebody who waits away (lobby.deny).
type LobbyDeny struct {
	Member MemberID `json:"member"`
	Reason string   `json:"reason,omitempty"`
}

// LobbySay changes what waiting people read (lobby.say).
type LobbySay struct {
	Text string `json:"text"` // at most 500 characters
}

// LobbyList is who waits (lobby.list), for the staff, in the order of arrival.
type LobbyList struct {
	Members []LobbyMember `json:"members"`
	Text    string        `json:"text"`
}

// LobbyMember is one who waits.
type LobbyMember struct {
	Member MemberID  `json:"member"`
	Name   string    `json:"name"`
	Since  time.Time `json:"since"`
	Guest  bool      `json:"guest,omitempty"`
	Lost   bool      `json:"lost,omitempty"`
}

// LobbyUpdate is what one who waits sees (lobby.update).
type LobbyUpdate struct {
	Pos     int    `json:"pos"` // from 1
	Message string `json:"message,omitempty"`
}

func (LobbyAdmit) needs() Cap { return CapModerate }
func (LobbyDeny) needs() Cap  { return CapModerate }
func (LobbySay) needs() Cap   { return CapModerate }

// knock puts somebody into the lobby.
func (t *turn) knock(m *member) {
	m.Where, m.Since, m.LostAt = waiting, t.at, time.Time{}
	t.Lobby = append(t.Lobby, m.ID)
	m.sent.lobbyPos = len(t.Lobby)
	t.gathered.lobby.dirty, t.gathered.count.dirty = true, true
}

// admit lets somebody in who waits.
func (t *turn) admit(m *member) {
	t.Lobby = without(t.Lobby, m.ID)
	t.gathered.lobby.dirty, t.gathered.count.dirty = true, true
	lost := m.LostAt
	t.enter(m)
	m.LostAt = lost
	t.effect(Admitted{Member: m.ID})
}

func (t *turn) knocking(id MemberID) (*member, error) {
	m := t.Members[id]
	if m == nil || m.Where != waiting {
		return nil, &Error{Code: CodeNotFound, Field: "member", Message: "nobody of this name waits"}
	}
	return m, nil
}

func (c LobbyAdmit) do(t *turn) error {
	ids := c.Members
	if len(ids) == 1 && ids[0] == "*" {
		ids = newest(t.Lobby, len(t.Lobby))
	} else if len(ids) == 0 {
		return invalid("members", "nobody is named")
	}
	for _, id := range ids {
		if _, err := t.knocking(id); err != nil {
			return err
		}
	}
	if t.count().People+len(ids) > t.maxPeople+extraStaff {
		return refuse(CodeRoomFull, "so many do not fit")
	}
	for _, id := range ids {
		if m, err := t.knocking(id); err == nil { // named twice is admitted once
			t.admit(m)
		}
	}
	return nil
}

func (c LobbyDeny) do(t *turn) error {
	m, err := t.knocking(c.Member)
	if err != nil {
		return err
	}
	t.effect(Close{Member: m.ID, Status: StatusRemoved, Reason: line(c.Reason, maxReason)})
	t.leave(m, "denied")
	return nil
}

func (c LobbySay) do(t *turn) error {
	t.LobbyText = cut(prose(c.Text), maxText)
	for _, id := range t.Lobby {
		t.Members[id].sent.lobbyPos = 0
	}
	t.gathered.lobby.dirty = true
	return nil
}

func (r *Room) lobbyList() LobbyList {
	l := LobbyList{Members: make([]LobbyMember, 0, len(r.Lobby)), Text: r.LobbyText}
	for _, id := range r.Lobby {
		m := r.Members[id]
		l.Members = append(l.Members, LobbyMember{Member: id, Name: m.Name, Since: m.Since, Guest: m.Guest, Lost: m.lost()})
	}
	return l
}

func (t *turn) sendLobby() {
	for i, id := range t.Lobby {
		if m := t.Members[id]; m.sent.lobbyPos != i+1 {
			m.sent.lobbyPos = i + 1
			t.emit("lobby.update", only(id), ClassState, LobbyUpdate{Pos: i + 1, Message: t.LobbyText})
		}
	}
	t.emit("lobby.list", staff, ClassState, t.lobbyList())
}

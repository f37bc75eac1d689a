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

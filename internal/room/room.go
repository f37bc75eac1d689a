package room

import (
	"cmp"
	"time"
)

// Room is one class. It is not safe for concurrent use.
type Room struct {
	id                    string
	codec                 string
	manual                bool
	maxPeople             int
	grace                 time.Duration
	chatRate, danmakuRate Rate

	state

	// What follows is how things are sent, not what is true.
	identities map[string]MemberID
	sent       sent
	gathered   gathered
	apps       bucket // bytes of peers' programs
}

// state is all that is true of a room. It is plain data, so that Save is its JSON.
type state struct {
	Title     string
	State     State
	Since     time.Time // of State
	Began     time.Time // when it was first live
	Locked    bool
	Policy    Policy
	Layout    RoomLayout
	LobbyText string
	LastID    int64

	Members map[MemberID]*member
	Order   []MemberID // of first arrival
	Lobby   []MemberID // of knocking
	Queue   []MemberID // of raising hands
	Seats   []seat
	Invites []invite
	Chat    []Message
	More    bool // there were messages before Chat
	Pinned  *Message
	Asked   []*poll
	Bans    []Ban
	// GuestsKept are the guests of whom something outlasts the class.
	GuestsKept int
	Boards     []*board `json:"-"` // what is drawn is kept operation by operation
}

// New returns an idle room in which nobody is.
func New(s Settings) *Room {
	r := &Room{
		id:          s.ID,
		codec:       cmp.Or(s.Codec, "vp8"),
		manual:      s.Manual,
		maxPeople:   min(cmp.Or(max(s.MaxPeople, 0), defaultPeople), maxPeople),
		grace:       cmp.Or(max(s.Grace, 0), DefaultGrace),
		chatRate:    cmp.Or(s.ChatRate, defaultChat),
		danmakuRate: cmp.Or(s.DanmakuRate, defaultDanmaku),
		identities:  make(map[string]MemberID),
		state: state{
			Title:     cmp.Or(line(s.Title, maxTitle), s.ID),
			State:     Idle,
			Policy:    s.Policy.whole(),
			Layout:    RoomLayout{Mode: "content", Keep: []MemberID{}},
			LobbyText: s.LobbyText,
			Members:   make(map[MemberID]*member),
			Seats:     make([]seat, 1+min(cmp.Or(max(s.Seats, 0), defaultSeats), maxSeats)),
		},
	}
	for n := range r.Seats {
		r.Seats[n].State = SeatFree
	}
	r.Bans = newest(s.Bans, maxBans)
	r.keepChat(s.Chat)
	r.Boards = restoreBoards(s.Boards)
	r.sent.seats = r.seatViews()
	r.sent.info = r.info()
	return r
}

// Do carries out a command of a member, or of the System. Times of successive
// calls, and of Tick's, must not go back. An error is an *Error, and then nothing
// has changed.
func (r *Room) Do(at time.Time, actor MemberID, c Command) ([]Event, error) {
	t := &turn{Room: r, at: at}
	if err := t.allow(actor, c); err != nil {
		return nil, err
	}
	if err := c.do(t); err != nil {
		return nil, err
	}
	if !t.replied {
		t.reply(Empty{})
	}
	t.settle()
	return t.events, nil
}

// allow decides who may. Whoever is not in the room may nothing, and a command of the system's
// is nobody's else.
func (t *turn) allow(actor MemberID, c Command) error {
	need := c.needs()
	if actor == System {
		if need != capSystem {
			return refuse(CodeForbidden, "the system has no part in the class")
		}
		if _, ok := c.(Forget); !ok && t.State == Ended {
			return refuse(CodeRoomEnded, "the class is over")
		}
		return nil
	}
	if t.State == Ended {
		return refuse(CodeRoomEnded, "the class is over")
	}
	m := t.Members[actor]
	switch {
	case m == nil || m.Where == gone:
		return refuse(CodeUnauthorized, "%s is not in the room", actor)
	case m.Where == waiting:
		return refuse(CodeWaiting, "wait until you are let in")
	case !t.caps(m).has(need):
		return &Error{Code: CodeForbidden, Hint: string(need), Message: "you may not do this here"}
	}
	t.actor = m
	return nil
}

// Tick does what time does: ends invitations, places, polls and bans, and sends
// what was gathered to be sent together. The owner calls it every TickEvery while
// somebody is in the room; rarer calls only make things later.
func (r *Room) Tick(at time.Time) []Event {
	t := &turn{Room: r, at: at}
	if r.State == Ended {
		return nil
	}
	t.expireInvites()
	t.expirePlaces()
	t.freeze()
	t.expireSeats()
	t.expirePolls()
	t.expireBans()
	t.endUnattended()
	t.settle()
	return t.events
}

// Reaches reports whether an event's audience holds a member. Ask right after
// the Do or Tick that gave the event: people come, go, and change roles.
func (r *Room) Reaches(a Audience, id MemberID) bool {
	if id == a.Except {
		return false
	}
	m := r.Members[id]
	if m == nil {
		return false
	}
	switch a.Kind {
	case ToEveryone:
		return m.Where == here
	case ToStaff:
		return m.Where == here && r.isStaff(m)
	case ToPeers:
		return m.Where == here && !r.isStaff(m)
	case ToMembers:
		return a.names(id)
	case ToStaffAnd:
		return a.names(id) || m.Where == here && r.isStaff(m)
	}
	return false
}

// nextID returns a number for the next member, message or poll. They grow, also
// over restarts, because they are not below the time in microseconds.
func (t *turn) nextID() int64 {
	t.LastID = max(t.LastID+1, t.at.UnixMicro())
	return t.LastID
}

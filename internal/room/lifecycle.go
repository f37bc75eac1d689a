package room

import "time"

// State is where a class stands:
//
//	idle ──staff, or room.start──▶ live ⇄ unattended ──too long──▶ ended
//	                                └─────────room.end────────────▶┘
type State string

// The states.
const (
	Idle       State = "idle"       // nobody of the staff has been here; others wait
	Live       State = "live"       //
	Unattended State = "unattended" // the staff is gone; newcomers wait, the chat is slow
	Ended      State = "ended"      // nothing is possible any more
)

// RoomStart begins the class (room.start).
type RoomStart struct{}

// RoomEnd ends it for everybody (room.end).
type RoomEnd struct{}

// RoomLock keeps newcomers out (room.lock). Whoever was in comes back in.
type RoomLock struct {
	Locked bool `json:"locked"`
}

// RoomLayout arranges the stage for everybody (room.layout).
type RoomLayout struct {
	Mode      string     `json:"mode"`      // "content" or "grid"
	Spotlight MemberID   `json:"spotlight"` // shown large, or ""
	Keep      []MemberID `json:"keep"`      // always visible, at most 4
}

// RoomTitle renames the room (room.title).
type RoomTitle struct {
	Title string `json:"title"`
}

// Info is what everybody in the room knows of it.
type Info struct {
	ID     string     `json:"id"`
	Title  string     `json:"title"`
	State  State      `json:"state"`
	Since  time.Time  `json:"since"` // of the state
	Locked bool       `json:"locked"`
	Policy Policy     `json:"policy"`
	Layout RoomLayout `json:"layout"`
	People int        `json:"people"`
}

// Patch is a change of Info (room.update): what is absent stays.
type Patch struct {
	Title  *string     `json:"title,omitempty"`
	State  *State      `json:"state,omitempty"`
	Since  *time.Time  `json:"since,omitempty"`
	Locked *bool       `json:"locked,omitempty"`
	Policy *Policy     `json:"policy,omitempty"`
	Layout *RoomLayout `json:"layout,omitempty"`
}

// Count says how many there are (room.count), at most once a second.
type Count struct {
	People  int `json:"people"`
	Stage   int `json:"stage"`
	Hands   int `json:"hands"`
	Waiting int `json:"waiting,omitempty"` // for the staff
}

// Facts is what anybody may know of a room without being in it.
type Facts struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	State  State  `json:"state"`
	Locked bool   `json:"locked"`
	Lobby  bool   `json:"lobby"`
	People int    `json:"people"`
	Seats  int    `json:"seats"`
}

func (RoomStart) needs() Cap  { return CapModerate }
func (RoomEnd) needs() Cap    { return CapTeach }
func (RoomLock) needs() Cap   { return CapModerate }
func (RoomLayout) needs() Cap { return CapModerate }
func (RoomTitle) needs() Cap  { return CapModerate }

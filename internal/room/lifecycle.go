package room

import (
	"slices"
	"time"
)

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

func (RoomStart) do(t *turn) error {
	if t.State == Live {
		return refuse(CodeBadState, "the class has begun")
	}
	t.start()
	return nil
}

// start opens the class, and lets in who waited for nothing else.
func (t *turn) start() {
	t.State, t.Since = Live, t.at
	if t.Began.IsZero() {
		t.Began = t.at
		t.effect(SaveBegan{At: t.at})
	}
	t.infoChanged = true
	if t.Policy.Lobby {
		return
	}
	for _, id := range newest(t.Lobby, len(t.Lobby)) {
		if m := t.Members[id]; !m.Knocks {
			t.admit(m)
		}
	}
}

func (RoomEnd) do(t *turn) error {
	t.reply(Empty{})
	t.end("ended")
	return nil
}

func (c Finish) do(t *turn) error {
	t.end(c.Reason)
	return nil
}

// end closes the class: everything that is counted is kept, and everybody goes.
func (t *turn) end(reason string) {
	for _, p := range t.Asked {
		if p.State == PollOpen {
			t.closePoll(p)
		}
	}
	t.State, t.Since = Ended, t.at
	t.infoChanged = true
	t.settle()
	for _, id := range t.Order {
		m := t.Members[id]
		if m.Where == here {
			m.depart(t.at)
			if m.Seat > 0 {
				m.StageFor += t.at.Sub(m.StageAt)
				m.StageAt = time.Time{}
			}
		}
		if len(m.Intervals) > 0 { // who has gone before too: of how long a class was he was there is known now
			t.saveAttendance(m)
		}
		if m.Where != gone {
			t.effect(Close{Member: id, Status: StatusGone, Reason: reason})
		}
	}
	t.effect(Over{Reason: reason})
}

// endUnattended ends a class that the staff did not come back to.
func (t *turn) endUnattended() {
	if t.State == Unattended && t.at.Sub(t.Since) >= time.Duration(t.Policy.UnattendedMin)*time.Minute {
		t.end("unattended")
	}
}

func (c RoomLock) do(t *turn) error {
	t.Locked, t.infoChanged = c.Locked, true
	return nil
}

func (c RoomTitle) do(t *turn) error {
	title := line(c.Title, maxTitle)
	if title == "" {
		return invalid("title", "a room has a title")
	}
	t.Title, t.infoChanged = title, true
	return nil
}

// maxKeep members are always visible.
const maxKeep = 4

func (c RoomLayout) do(t *turn) error {
	if err := oneOf("mode", c.Mode, "content", "grid"); err != nil {
		return err
	}
	if len(c.Keep) > maxKeep {
		return &Error{Code: CodeTooLarge, Field: "keep", Message: "so many do not fit"}
	}
	if c.Spotlight != "" {
		if _, err := t.present(c.Spotlight, "spotlight"); err != nil {
			return err
		}
	}
	keep := make([]MemberID, 0, len(c.Keep))
	for _, id := range c.Keep {
		if _, err := t.present(id, "keep"); err != nil {
			return err
		}
		keep = append(keep, id)
	}
	t.Layout = RoomLayout{Mode: c.Mode, Spotlight: c.Spotlight, Keep: keep}
	t.infoChanged = true
	return nil
}

// unspot takes somebody out of the layout.
func (t *turn) unspot(id MemberID) {
	if t.Layout.Spotlight == id {
		t.Layout.Spotlight, t.infoChanged = "", true
	}
	if slices.Contains(t.Layout.Keep, id) { // a new list: the old one was sent
		t.Layout.Keep = without(append(make([]MemberID, 0, maxKeep), t.Layout.Keep...), id)
		t.infoChanged = true
	}
}

// info is without People, which room.count tells.
func (r *Room) info() Info {
	return Info{ID: r.id, Title: r.Title, State: r.State, Since: r.Since, Locked: r.Locked, Policy: r.Policy, Layout: r.Layout}
}

func (r *Room) count() Count {
	c := Count{Hands: len(r.Queue), Waiting: len(r.Lobby)}
	for _, m := range r.Members {
		if m.Where == here {
			c.People++
			if m.Seat > 0 {
				c.Stage++
			}
		}
	}
	return c
}

// Facts are what anybody may know.
func (r *Room) Facts() Facts {
	return Facts{
		Name: r.id, Title: r.Title, State: r.State, Locked: r.Locked, Lobby: r.Policy.Lobby,
		People: r.count().People, Seats: len(r.Seats) - 1,
	}
}

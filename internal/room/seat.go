package room

import (
	"time"
)

// SeatState is where a seat stands:
//
//	free ──accept──▶ reserved ──media──▶ live ──media lost──▶ reconnecting
//	  ◀────────── removed, left, or too long without media ──────────┘
type SeatState string

// The states.
const (
	SeatFree         SeatState = "free"
	SeatReserved     SeatState = "reserved"     // somebody's, no media yet
	SeatLive         SeatState = "live"         // media flows
	SeatReconnecting SeatState = "reconnecting" // media stopped a moment ago
)

// Ref is what everybody may know of a member whom everybody sees.
type Ref struct {
	ID   MemberID `json:"id"`
	Name string   `json:"name"`
	Role Role     `json:"role"`
}

// Seat is one place on stage (seat.set). Seat 0 shows content: a screen, or a
// stream from outside; the others are people's, or streams'.
type Seat struct {
	Seat   int       `json:"seat"`
	Member *Ref      `json:"member"` // whose it is; null when free, and when a stream is on it
	Stream string    `json:"stream,omitempty"`
	Source string    `json:"source"` // "camera", "screen" or "stream"; "" when free
	Audio  bool      `json:"audio"`  // sound is being forwarded, as far as the rules go
	Video  bool      `json:"video"`
	Epoch  int       `json:"epoch"` // grows with everybody who takes the seat and every new connection on it
	State  SeatState `json:"state"`
	// Stalled says that what is shown has stopped, or its pictures have, although
	// they should come: the last one is not how it is now.
	Stalled bool `json:"stalled,omitempty"`
	// AudioStalled says that no sound comes of a microphone that is on, although
	// the connection is there: nobody hears who speaks. Sound that is silent comes.
	AudioStalled bool `json:"audio_stalled,omitempty"`
}

// SeatUp says that the first picture of an epoch went out (seat.live).
type SeatUp struct {
	Seat  int `json:"seat"`
	Epoch int `json:"epoch"`
}

// reserveFor is how long a seat waits for its member's media.
const reserveFor = 120 * time.Second

// seat is a place on stage as the room knows it.
type seat struct {
	Member MemberID // whose it is, or empty
	Stream string   // what is on it instead, or ""
	Epoch  int
	State  SeatState
	At     time.Time // of State
	// Stalled says that nothing comes of what is here.
	Stalled bool
}

func (r *Room) seatViews() []Seat {
	views := make([]Seat, len(r.Seats))
	for n := range r.Seats {
		views[n] = r.seatView(n)
		views[n].Stalled, views[n].AudioStalled = r.stalls(views[n]), r.unheard(views[n])
	}
	return views
}

func (r *Room) seatView(n int) Seat {
	s := r.Seats[n]
	v := Seat{Seat: n, Stream: s.Stream, Epoch: s.Epoch, State: s.State}
	if s.Stream != "" {
		v.Source, v.Audio, v.Video = "stream", true, true
	}
	m := r.Members[s.Member]
	if m == nil {
		return v
	}
	ref, gates := m.ref(), m.gates()
	v.Member = &ref
	if n == 0 {
		v.Source, v.Video, v.Audio = "screen", gates[2], gates[2] && m.ScreenSound
	} else {
		v.Source, v.Audio, v.Video = "camera", gates[0], gates[1]
	}
	return v
}

func (s Seat) equal(other Seat) bool {
	if s.Member != nil && other.Member != nil && *s.Member == *other.Member {
		s.Member, other.Member = nil, nil
	}
	return s == other
}

// freeSeat returns the first free seat that is promised to nobody, or 0.
func (t *turn) freeSeat() int {
	promised := 0
	for _, i := range t.Invites {
		if i.Swap == "" {
			promised++
		}
	}
	first, free := 0, 0
	for n, s := range t.Seats {
		if n > 0 && s.State == SeatFree {
			if free++; first == 0 {
				first = n
			}
		}
	}
	if free <= promised {
		return 0
	}
	return first
}

// sit gives a free seat to somebody who has none. Nothing is forwarded until the person says so.
func (t *turn) sit(m *member, n int) {
	s := &t.Seats[n]
	s.Member, s.Stream, s.At = m.ID, "", t.at
	s.Epoch++
	s.State, s.Stalled = SeatReserved, false
	if n > 0 {
		m.Seat = n
		m.stageLife = stageLife{Seat: n, Blocked: m.Blocked, Offered: m.Offered, Up: m.Up, ScreenSound: m.ScreenSound, Open: m.Open}
		m.StageAt = t.at
	}
	t.effect(Sit{Member: m.ID, Seat: n, Epoch: s.Epoch})
	if m.Up {
		t.goLive(n)
	}
	t.stageChanged = true
	t.gathered.count.dirty = true
	t.announce(m)
}

// goLive is media on a seat. Whoever is heard need not raise a hand any longer.
func (t *turn) goLive(n int) {
	s := &t.Seats[n]
	s.State, s.At, s.Stalled = SeatLive, t.at, false
	t.stageChanged = true
	if m := t.Members[s.Member]; m != nil && n > 0 && m.Hand != nil {
		t.lowerHand(m)
	}
}

// vacate frees a seat from whoever or whatever is on it.
func (t *turn) vacate(n int) {
	s := &t.Seats[n]
	m := t.Members[s.Member]
	if s.Stream != "" {
		t.effect(Unbring{Seat: n})
	}
	s.Member, s.Stream, s.State, s.At, s.Stalled = "", "", SeatFree, t.at, false
	t.stageChanged = true
	if m == nil {
		return
	}
	m.Media.Screen = false
	if n > 0 {
		if t.Seats[0].Member == m.ID {
			t.vacate(0)
		}
		m.StageFor += t.at.Sub(m.StageAt)
		m.StageAt = time.Time{}
		m.stageLife = stageLife{Blocked: m.Blocked, Open: m.Open}
		t.unspot(m.ID)
		t.gathered.count.dirty = true
		t.announce(m)
	}
	t.effect(Stand{Member: m.ID, Seat: n})
}

// expireSeats frees the seats whose media did not come, or not come back. The
// staff's stay reserved.
func (t *turn) expireSeats() {
	for n := range t.Seats {
		s := &t.Seats[n]
		if s.State != SeatReserved && s.State != SeatReconnecting || t.at.Sub(s.At) < reserveFor {
			continue
		}
		if m := t.Members[s.Member]; n > 0 && m != nil && (m.Role == Teacher || m.Reserve) {
			if s.State == SeatReconnecting {
				s.State, s.At, s.Stalled = SeatReserved, t.at, false
				t.stageChanged = true
			}
			continue
		}
		t.vacate(n)
	}
}

func (c MediaUp) do(t *turn) error {
	m := t.Members[c.Member]
	if m == nil || m.Where != here {
		return refuse(CodeNotFound, "%s is not in the room", c.Member)
	}
	m.Up = true
	for n := range t.Seats {
		s := &t.Seats[n]
		if s.Member != m.ID {
			continue
		}
		if s.State != SeatReserved {
			s.Epoch++
			t.effect(Sit{Member: m.ID, Seat: n, Epoch: s.Epoch})
		}
		t.goLive(n)
	}
	return nil
}

func (c MediaDown) do(t *turn) error {
	m := t.Members[c.Member]
	if m == nil || !m.Up {
		return refuse(CodeNotFound, "%s has no media", c.Member)
	}
	t.mediaDown(m)
	return nil
}

func (t *turn) mediaDown(m *member) {
	m.Up, m.MicSends = false, false
	for n := range t.Seats {
		if s := &t.Seats[n]; s.Member == m.ID && s.State == SeatLive {
			s.State, s.At = SeatReconnecting, t.at
			t.stageChanged = true
		}
	}
}

func (c Shown) do(t *turn) error {
	if c.Seat < 0 || c.Seat >= len(t.Seats) {
		return invalid("seat", "there is no such seat")
	}
	if s := t.Seats[c.Seat]; s.State != SeatFree && (c.Epoch == 0 || c.Epoch == s.Epoch) {
		t.events = append(t.events, Event{Type: "seat.live", Data: SeatUp{Seat: c.Seat, Epoch: s.Epoch}, To: everyone, Class: ClassVital})
	}
	return nil
}

func (c StreamUp) do(t *turn) error {
	if c.Seat < 0 || c.Seat >= len(t.Seats) || t.Seats[c.Seat].Stream == "" {
		return refuse(CodeNotFound, "no stream is on this seat")
	}
	if t.Seats[c.Seat].State == SeatReserved {
		t.goLive(c.Seat)
	}
	return nil
}

func (c StreamDown) do(t *turn) error {
	if c.Seat < 0 || c.Seat >= len(t.Seats) || t.Seats[c.Seat].Stream == "" {
		return refuse(CodeNotFound, "no stream is on this seat")
	}
	name := t.Seats[c.Seat].Stream
	t.vacate(c.Seat)
	text := name + " is no longer on stage"
	if c.Reason != "" {
		text += ": " + cut(c.Reason, maxReason)
	}
	t.emit("sys.notice", staff, ClassVital, Notice{Level: "warn", Code: "stream_ended", Text: text})
	return nil
}

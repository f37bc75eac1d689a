package room

import (
	"encoding/json"
	"fmt"
	"time"
)

// Save returns all that the room knows, for Restore after a restart, without
// what is drawn: boards are kept operation by operation. It is a megabyte for a
// few hundred people.
func (r *Room) Save() ([]byte, error) {
	saved, err := json.Marshal(&r.state)
	if err != nil {
		return nil, fmt.Errorf("save room %s: %w", r.id, err)
	}
	return saved, nil
}

// Restore returns the room that was saved. Everybody who was there is lost as of
// at and has the grace to come back; nobody's media is forwarded until it is
// offered again. Of the settings, Chat counts when it is not nil, and not what
// was saved; Bans are added to the saved ones; title, policy, the lobby's text and
// the number of seats are the saved ones.
func Restore(s Settings, saved []byte, at time.Time) (*Room, error) {
	r := New(s)
	var was state
	if err := json.Unmarshal(saved, &was); err != nil {
		return nil, fmt.Errorf("restore room %s: %w", s.ID, err)
	}
	if err := was.check(); err != nil {
		return nil, fmt.Errorf("restore room %s: %w", s.ID, err)
	}
	fresh := r.state
	r.state = was
	r.Boards = fresh.Boards
	r.LastID = max(was.LastID, fresh.LastID)
	r.Bans = fresh.Bans
	for _, b := range was.Bans {
		if r.banned(b.Identity, "") == nil {
			r.Bans = append(r.Bans, b)
		}
	}
	r.Bans = newest(r.Bans, maxBans)
	if s.Chat != nil {
		r.keepChat(s.Chat)
	} else {
		r.keepChat(was.Chat)
	}
	for n := range r.Seats {
		seat := &r.Seats[n]
		seat.Stalled = false
		switch {
		case seat.Stream != "" || seat.State == SeatFree:
			*seat = seatAfterRestart(*seat, at)
		case seat.State == SeatLive:
			seat.State, seat.At = SeatReconnecting, at
		}
	}
	for _, id := range r.Order {
		m := r.Members[id]
		r.identities[m.Identity] = id
		m.Offered, m.Up, m.Open = false, false, [3]bool{}
		m.StoppedAt, m.Frozen = time.Time{}, false
		m.SilentAt, m.Unheard, m.MicSends = time.Time{}, false, false
		if m.Where != gone && !m.lost() {
			m.LostAt = at
		}
		m.sent.self = selfSent{caps: r.caps(m), role: m.Role, name: m.Name, seat: m.Seat}
	}
	r.sent.seats, r.sent.info = r.seatViews(), r.info()
	return r, nil
}

// SeatCount is how many seats for people there are.
func (r *Room) SeatCount() int { return len(r.Seats) - 1 }

// seatAfterRestart is a seat that nobody has: what was brought has to be brought again.
func seatAfterRestart(s seat, at time.Time) seat {
	return seat{State: SeatFree, Epoch: s.Epoch, At: at}
}

// check refuses a state that no room was ever in, so that a damaged file is an error and not a panic.
func (s *state) check() error {
	seats := len(s.Seats)
	if seats < 2 || seats > 1+maxSeats {
		return fmt.Errorf("it was saved with %d seats", seats-1)
	}
	if len(s.Order) != len(s.Members) || s.Members == nil {
		return fmt.Errorf("it was saved with %d members of %d", len(s.Order), len(s.Members))
	}
	lists := []struct {
		name string
		ids  []MemberID
		ok   func(*member) bool
	}{
		{"members", s.Order, func(*member) bool { return true }},
		{"lobby", s.Lobby, func(m *member) bool { return m.Where == waiting }},
		{"hands", s.Queue, func(m *member) bool { return m.Hand != nil }},
	}
	for _, list := range lists {
		seen := make(map[MemberID]bool, len(list.ids))
		for _, id := range list.ids {
			if m := s.Members[id]; m == nil || m.ID != id || seen[id] || !list.ok(m) {
				return fmt.Errorf("its %s are damaged at %q", list.name, id)
			}
			seen[id] = true
		}
	}
	for n, seat := range s.Seats {
		if seat.Member == "" {
			continue
		}
		if m := s.Members[seat.Member]; m == nil || n > 0 && m.Seat != n || n == 0 && m.Seat == 0 {
			return fmt.Errorf("its seat %d is damaged", n)
		}
	}
	for _, id := range s.Order {
		if m := s.Members[id]; m.Seat < 0 || m.Seat >= seats || m.Seat > 0 && s.Seats[m.Seat].Member != id {
			return fmt.Errorf("its member %q is damaged", id)
		}
	}
	for _, p := range s.Asked {
		if p == nil || len(p.Tally) != len(p.Options) || p.Votes == nil || p.Voted == nil || p.Words == nil {
			return fmt.Errorf("its polls are damaged")
		}
	}
	return nil
}

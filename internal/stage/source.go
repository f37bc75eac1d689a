package stage

import (
	"lectern/internal/classroom"
	"lectern/sfu"
)

var _ classroom.SeatSource = (*stage)(nil)

// Seat implements classroom.SeatSource.
func (s *stage) Seat(number int) (r *sfu.Router, name string, ok bool) {
	if number < 0 || number >= len(s.names) {
		return nil, "", false
	}
	return s.router, s.names[number], true
}

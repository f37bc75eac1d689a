package stage

import (
	"testing"

	"lectern/internal/classroom"
)

func TestOfWhoHasLeftNothingIsKept(t *testing.T) {
	s := newSchool(t)
	for range 100 {
		s.stage.Gate("eve", classroom.Mic, true)
		s.stage.Leave("eve")
		s.stage.Gate("eve", classroom.Mic, false) // what a room says last of who was on stage
	}
	if n := len(s.stage.(*stage).members); n != 0 {
		t.Errorf("%d members", n)
	}
}

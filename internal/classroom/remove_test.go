package classroom

import (
	"errors"
	"testing"
)

// stuck is a Media that takes long to close.
type stuck struct {
	*scene
	closing, closed chan struct{}
}

func (s *stuck) OpenStage(o StageOptions) (Stage, error) {
	s.events = o.Events
	return s, nil
}

func (s *stuck) Close() {
	close(s.closing)
	<-s.closed
}

func TestARoomThatIsRemovedHoldsUpNoOther(t *testing.T) {
	s := &stuck{&scene{notes: newNotes()}, make(chan struct{}), make(chan struct{})}
	r, teacher := newRoom(t, Options{Media: s})
	_, line := enter(t, r, "math", teacher)
	removed := make(chan error)
	go func() { removed <- r.Remove(t.Context(), "math") }()
	<-s.closing
	line.until(t, "the close", func() bool { return line.ended != nil && line.ended.Code == CloseGone })
	if err := r.Make(t.Context(), r.Fresh("physics")); err != nil {
		t.Errorf("another room: %v", err)
	}
	if err := r.Make(t.Context(), r.Fresh("math")); !errors.Is(err, ErrTaken) {
		t.Errorf("a room of the name, while its last class ends: %v", err)
	}
	if err := r.Remove(t.Context(), "math"); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed again: %v", err)
	}
	close(s.closed)
	if err := <-removed; err != nil {
		t.Error(err)
	}
	if err := r.Make(t.Context(), r.Fresh("math")); err != nil {
		t.Errorf("a room of the name, later: %v", err)
	}
}

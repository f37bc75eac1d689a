package classroom

import (
	"errors"

	"lectern/internal/room"
	"lectern/sfu"
)

// ErrNobody says that no class is in a room at the moment.
var ErrNobody = errors.New("nobody is in this room at the moment")

// SeatSource is a Stage whose seats can be watched by themselves.
type SeatSource interface {
	// Seat returns the source of a seat, and the router that it has; false when
	// there is no such seat.
	Seat(number int) (r *sfu.Router, name string, ok bool)
}

// View is somebody who watches one seat without being in the room. End it.
type View struct {
	// Router and Source are where the seat is.
	Router *sfu.Router
	Source string

	class    *class
	identity string
	gone     chan struct{}
	over     bool // gone is closed; class.mu guards it
}

// Gone is closed when the class is over, or whoever watches was sent away.
func (v *View) Gone() <-chan struct{} { return v.gone }

// End says that nobody watches any more. It may be called again.
func (v *View) End() {
	v.class.mu.Lock()
	defer v.class.mu.Unlock()
	delete(v.class.views, v)
}

func (v *View) endLocked() {
	if !v.over {
		v.over = true
		close(v.gone)
	}
}

// View lets somebody watch a seat who may come into the room; of who, only
// Identity, Role, Caps and Lobby count. The error is ErrNotFound, ErrNobody, or a
// *room.Error that says why he may not.
func (r *Rooms) View(name string, seat int, who room.Join) (*View, error) {
	if _, err := r.Definition(name); err != nil {
		return nil, err
	}
	c := r.class(name)
	if c == nil {
		return nil, ErrNobody
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over != nil {
		return nil, ErrNobody
	}
	if err := c.room.MayWatch(who); err != nil {
		return nil, err
	}
	stage, ok := c.stage.(SeatSource)
	if !ok {
		return nil, ErrNotFound
	}
	v := &View{class: c, identity: who.Identity, gone: make(chan struct{})}
	if v.Router, v.Source, ok = stage.Seat(seat); !ok {
		return nil, ErrNotFound
	}
	c.views[v] = struct{}{}
	return v, nil
}

// hideLocked ends what somebody watches.
func (c *class) hideLocked(identity string) {
	for v := range c.views {
		if v.identity == identity {
			v.endLocked()
		}
	}
}

// lookAwayLocked ends what those watch who were sent away meanwhile.
func (c *class) lookAwayLocked() {
	for v := range c.views {
		if !v.over && c.room.Banned(v.identity) {
			v.endLocked()
		}
	}
}

package classroom

import (
	"context"
	"errors"

	"lectern/internal/room"
	"lectern/internal/store"
)

// ErrPresent says that somebody is in a class now.
var ErrPresent = errors.New("this person is in a class now, which goes on to keep what happens")

// Known returns everybody with an identity or a name of whom something is
// kept; nobody where nothing is kept at all.
func (r *Rooms) Known(ctx context.Context, idOrName string) ([]store.Person, error) {
	if r.options.Store == nil {
		return []store.Person{}, nil
	}
	return r.options.Store.People(ctx, idOrName)
}

// Forget deletes what is kept of a person, in all rooms and in the classes
// that go on. The error is ErrPresent while it is in one of them, and
// ErrUnknown when nothing is kept.
func (r *Rooms) Forget(ctx context.Context, identity string) error {
	known := false
	for _, c := range r.all() {
		err := c.forget(identity)
		if refused, ok := errors.AsType[*room.Error](err); ok && refused.Code != room.CodeNotFound {
			return ErrPresent
		}
		known = known || err == nil
	}
	if r.options.Store == nil {
		return found(known)
	}
	people, err := r.options.Store.People(ctx, identity)
	if err != nil {
		return err
	}
	for _, p := range people {
		if p.Identity == identity {
			known = true
		}
	}
	if err := r.options.Store.DeletePerson(ctx, identity); err != nil {
		return err
	}
	if err := r.options.Store.Checkpoint(ctx); err != nil {
		return err
	}
	return found(known)
}

func found(known bool) error {
	if !known {
		return ErrUnknown
	}
	return nil
}

// forget has the class forget somebody who has left.
func (c *class) forget(identity string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over != nil {
		return nil
	}
	at := c.now()
	events, err := c.room.Do(at, room.System, room.Forget{Identity: identity})
	if err == nil {
		c.routeLocked(at, events, nil)
	}
	return err
}

package classroom

import (
	"context"
	"errors"
	"fmt"

	"lectern/internal/room"
	"lectern/internal/store"
)

// Live is how many classes there are, and how many people are connected to them.
func (r *Rooms) Live() (classes, people int) {
	all := r.all()
	for _, c := range all {
		c.mu.Lock()
		for _, s := range c.sessions {
			if s.line != nil {
				people++
			}
		}
		c.mu.Unlock()
	}
	return len(all), people
}

// all are the classes that have begun.
func (r *Rooms) all() []*class {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*class, 0, len(r.classes))
	for _, c := range r.classes {
		if c.begun() {
			all = append(all, c)
		}
	}
	return all
}

// class returns the class of a room, nil when there is none.
func (r *Rooms) class(name string) *class {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.classes[name]; c != nil && c.begun() {
		return c
	}
	return nil
}

// goesOn says whether somebody can come back to a room: a stranger who says so
// begins no class.
func (r *Rooms) goesOn(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, open := r.open[name]
	return open || r.classes[name] != nil
}

// begun says whether there is more of a class than its place.
func (c *class) begun() bool {
	select {
	case <-c.ready:
		return c.failed == nil
	default:
		return false
	}
}

// live returns the class of a room, and begins one when there is none.
func (r *Rooms) live(ctx context.Context, name string) (*class, error) {
	for {
		c, err := r.take(ctx, name)
		if err != nil {
			return nil, err
		}
		select {
		case <-c.ready:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if c.failed != nil {
			return nil, c.failed
		}
		c.mu.Lock()
		over := c.over != nil
		c.mu.Unlock()
		if !over {
			return c, nil
		}
		select {
		case <-c.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// take returns the class of a room, which may be beginning or ending.
func (r *Rooms) take(ctx context.Context, name string) (*class, error) {
	r.mu.Lock()
	if c := r.classes[name]; c != nil {
		r.mu.Unlock()
		return c, nil
	}
	d, ok := r.definitions[name]
	var err error
	switch {
	case r.closed:
		err = ErrClosed
	case !ok:
		err = ErrNotFound
	case len(r.classes) >= r.options.MaxLive:
		err = ErrTooMany
	}
	if err != nil {
		r.mu.Unlock()
		return nil, err
	}
	c := r.newClass(d)
	r.classes[name] = c
	var before *store.OpenClass
	if open, ok := r.open[name]; ok {
		before = &open
		delete(r.open, name)
	}
	r.mu.Unlock()

	defer close(c.ready)
	if c.failed = c.started(context.WithoutCancel(ctx), before); c.failed != nil {
		r.options.Log.Error("a class does not begin", "room", name, "error", c.failed)
		r.drop(c)
		close(c.done)
		return c, nil
	}
	go c.run()
	return c, nil
}

func (r *Rooms) newClass(d Definition) *class {
	c := &class{
		rooms:      r,
		definition: d,
		log:        r.options.Log.With("room", d.ID),
		stage:      noMedia{},
		ready:      make(chan struct{}),
		done:       make(chan struct{}),
		sessions:   map[string]*session{},
		members:    map[room.MemberID]*session{},
		views:      map[*View]struct{}{},
		onSeats:    map[int]onSeat{},
	}
	c.effects.init(c.panicked)
	c.keeps.init(c.panicked)
	return c
}

// errPanicked is why a class does not begin whose state is damaged in a way that
// nobody has thought of: who comes again begins another one.
var errPanicked = errors.New("panicked")

func (c *class) started(ctx context.Context, before *store.OpenClass) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			c.panicked(cause)
			err = errPanicked
		}
	}()
	return c.start(ctx, before)
}

// start makes the rules and the stage of a class.
func (c *class) start(ctx context.Context, before *store.OpenClass) error {
	if err := c.begin(ctx, before); err != nil {
		return fmt.Errorf("begin a class: %w", err)
	}
	media := c.rooms.options.Media
	if media == nil {
		return nil
	}
	stage, err := media.OpenStage(StageOptions{Room: c.definition.ID, Seats: c.definition.Seats, Codec: c.definition.Codec, Events: c})
	if err != nil {
		return fmt.Errorf("open the stage: %w", err)
	}
	c.stage = stage
	return nil
}

// drop forgets a class that is over.
func (r *Rooms) drop(c *class) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.classes[c.definition.ID] == c {
		delete(r.classes, c.definition.ID)
	}
}

// Close ends all classes, whose clients come back when there is a server
// again, and returns when nothing of them is left. It may be called again.
func (r *Rooms) Close() {
	r.mu.Lock()
	r.closed = true
	var all []*class
	for _, c := range r.classes {
		all = append(all, c)
	}
	r.mu.Unlock()
	for _, c := range all {
		<-c.ready
		if c.failed == nil {
			c.suspend()
		}
	}
	for _, c := range all {
		<-c.done
	}
}

// suspend ends the class here; it goes on when there is a server again.
func (c *class) suspend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over == nil {
		c.resumes = true
		c.endLocked(Close{CloseGoingAway, "the server is shutting down: resume"})
	}
}

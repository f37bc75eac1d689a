package classroom

import (
	"context"
	"slices"

	"lectern/internal/room"
	"lectern/internal/store"
)

// SessionPrefix begins the ID of every session.
const SessionPrefix = "s_"

// Holds says whether a session of a room, given with its key, has a capability
// there.
func (r *Rooms) Holds(name, id, key string, needed room.Cap) bool {
	c := r.class(name)
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.sessions[id]
	return s != nil && s.opens(key) && c.mayLocked(s, needed)
}

// may says whether a session's member has a capability at the moment.
func (c *class) may(s *session, needed room.Cap) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mayLocked(s, needed)
}

func (c *class) mayLocked(s *session, needed room.Cap) bool {
	snapshot, _ := c.room.Snapshot(s.member, c.now())
	return snapshot != nil && slices.Contains(snapshot.Self.Caps, needed)
}

// People lists who is in a room. The error is ErrNotFound.
func (r *Rooms) People(name string) (room.PeoplePage, error) {
	if _, err := r.Definition(name); err != nil {
		return room.PeoplePage{}, err
	}
	page := room.PeoplePage{People: []room.Person{}}
	if c := r.class(name); c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		page.People = c.room.People()
		page.Total = len(page.People)
	}
	return page, nil
}

// Attendance lists who was in a class of a room. The error is ErrNotFound, or the
// store's.
func (r *Rooms) Attendance(ctx context.Context, name string, number int64) ([]room.Attendance, error) {
	return report(ctx, r, name, number, func(c *class) []room.Attendance { return c.room.Attendance(c.now()) }, (*store.Store).Attendance)
}

// Polls lists the polls of a class with their answers, as Attendance does.
func (r *Rooms) Polls(ctx context.Context, name string, number int64) ([]room.PollResult, error) {
	return report(ctx, r, name, number, func(c *class) []room.PollResult { return c.room.Polls() }, (*store.Store).Polls)
}

// report asks a class that goes on, or what is kept of one.
func report[T any](ctx context.Context, r *Rooms, name string, number int64, live func(*class) []T, kept func(*store.Store, context.Context, int64) ([]T, error)) ([]T, error) {
	if _, err := r.Definition(name); err != nil {
		return nil, err
	}
	if c := r.goingOn(name, number); c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		return append([]T{}, live(c)...), nil
	}
	was, err := r.keptClass(ctx, name, number)
	if err != nil || was.ID == 0 {
		return []T{}, err
	}
	list, err := kept(r.options.Store, ctx, was.ID)
	return append([]T{}, list...), err
}

// goingOn returns the class with a number, nil when it does not go on.
func (r *Rooms) goingOn(name string, number int64) *class {
	c := r.class(name)
	if c == nil || number != Newest && number != c.number {
		return nil
	}
	return c
}

// keptClass is what is kept of a room's class with a number; the zero Class is
// nothing.
func (r *Rooms) keptClass(ctx context.Context, name string, number int64) (store.Class, error) {
	if r.options.Store == nil {
		return store.Class{}, nil
	}
	classes, err := r.options.Store.Classes(ctx, name)
	for _, c := range classes {
		if number == Newest || c.ID == number {
			return c, err
		}
	}
	return store.Class{}, err
}

// Chat lists what was written in a class, to whomever. The error is ErrNotFound,
// or the store's.
func (r *Rooms) Chat(ctx context.Context, name string, number int64) ([]room.Message, error) {
	if _, err := r.Definition(name); err != nil {
		return nil, err
	}
	was, err := r.keptClass(ctx, name, number)
	if err != nil || was.ID == 0 {
		return []room.Message{}, err
	}
	if c := r.class(name); c != nil {
		c.keeps.wait() // for what has just been written
	}
	list, err := r.options.Store.Chat(ctx, was.ID, 0, true)
	return append([]room.Message{}, list...), err
}

// history answers for what a class does not remember itself.
func (r *Rooms) history(ctx context.Context, c *class, q room.FetchChat) (any, error) {
	if r.options.Store == nil {
		return room.ChatPage{Messages: []room.Message{}}, nil
	}
	c.keeps.wait()
	page, err := r.options.Store.History(ctx, c.number, q)
	if page.Messages == nil {
		page.Messages = []room.Message{}
	}
	return page, err
}

package classroom

import (
	"slices"

	"lectern/internal/room"
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
	if s == nil || !s.opens(key) {
		return false
	}
	snapshot, _ := c.room.Snapshot(s.member, c.now())
	return snapshot != nil && slices.Contains(snapshot.Self.Caps, needed)
}

// class returns the class of a room, nil when there is none.
func (r *Rooms) class(name string) *class {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.classes[name]
}

// People lists who is in a room. The error is ErrNotFound.
func (r *Rooms) People(name string) (room.PeoplePage, error) {
	if _, err := r.Definition(name); err != nil {
		return room.PeoplePage{}, err
	}
	page := room.PeoplePage{People: []room.Person{}}
	c := r.class(name)
	if c == nil {
		return page, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	page.People = c.room.People()
	page.Total = len(page.People)
	return page, nil
}

// Attendance lists who was in a room's class. The error is ErrNotFound.
func (r *Rooms) Attendance(name string) ([]room.Attendance, error) {
	if _, err := r.Definition(name); err != nil {
		return nil, err
	}
	list := []room.Attendance{}
	if c := r.class(name); c != nil {
		c.mu.Lock()
		list = append(list, c.room.Attendance(c.now())...)
		c.mu.Unlock()
	}
	return list, nil
}

// Polls lists the polls of a room's class with their answers. The error is ErrNotFound.
func (r *Rooms) Polls(name string) ([]room.PollResult, error) {
	if _, err := r.Definition(name); err != nil {
		return nil, err
	}
	list := []room.PollResult{}
	if c := r.class(name); c != nil {
		c.mu.Lock()
		list = append(list, c.room.Polls()...)
		c.mu.Unlock()
	}
	return list, nil
}

// Chat lists what was written for all in a room's class. The error is ErrNotFound.
func (r *Rooms) Chat(name string) ([]room.Message, error) {
	if _, err := r.Definition(name); err != nil {
		return nil, err
	}
	return []room.Message{}, nil
}

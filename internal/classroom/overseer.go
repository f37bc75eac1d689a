package classroom

import "lectern/internal/room"

// End ends the class in a room, for whoever answers for the server. The room
// stays. The error is ErrNoClass, or ErrNotFound when there is no room.
func (r *Rooms) End(name, reason string) error {
	return r.oversee(name, room.Finish{Reason: reason})
}

// Lock keeps newcomers out of the class in a room, or lets them in again. The
// error is as End's.
func (r *Rooms) Lock(name string, locked bool) error {
	return r.oversee(name, room.Shut{Locked: locked})
}

func (r *Rooms) oversee(name string, command room.Command) error {
	c := r.class(name)
	if c != nil && c.system(command) { // one that has ended is there until it is put away
		return nil
	}
	if _, err := r.Definition(name); err != nil {
		return err
	}
	return ErrNoClass
}

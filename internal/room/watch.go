package room

// MayWatch says why somebody may not see the class without being in it, as a
// program does that takes one seat: by the rules of coming in, but that nobody
// can be let in who does not knock. Of a Join only Identity, Role, Caps and Lobby
// count. The error is an *Error, or nil.
func (r *Room) MayWatch(j Join) error {
	m := r.Members[r.identities[j.Identity]]
	known := m != nil
	role := j.Role.Known()
	if known && m.RoleSet {
		role = m.Role
	}
	plus, minus := delta(j.Caps)
	isStaff := (roleCaps[role]&^minus | plus).has(CapModerate)
	admitted := known && m.Admitted
	switch {
	case r.State == Ended:
		return refuse(CodeRoomEnded, "the class is over")
	case r.Banned(j.Identity):
		return &Error{Code: CodeForbidden, Hint: "banned", Message: "you were sent away from this class"}
	case known && m.Where == here:
		return nil
	case r.Locked && !isStaff && !admitted:
		return refuse(CodeRoomLocked, "the room is locked")
	case !isStaff && !admitted && r.waits(j.Lobby):
		return refuse(CodeWaiting, "whoever is not staff is let in from the lobby first")
	}
	return nil
}

// Banned says whether an identity was sent away from this class.
func (r *Room) Banned(identity string) bool { return r.banned(identity, "") != nil }

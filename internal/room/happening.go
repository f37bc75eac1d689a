package room

// What the owner may tell others of, besides SaveBegan, Over and the seats.

// Someone is a person, for who is told outside the room.
type Someone struct {
	Member   MemberID
	Identity string
	Name     string
	Role     Role
}

// Came says that somebody is in the room, Went that he is not any more, and
// Became that he has another role.
type (
	Came   struct{ Who Someone }
	Went   struct{ Who Someone }
	Became struct{ Who Someone }
)

func (m *member) someone() Someone {
	return Someone{Member: m.ID, Identity: m.Identity, Name: m.Name, Role: m.Role}
}

package room

// MemberID names a person in one room, for as long as its class lasts: whoever
// leaves and comes back under the same identity is the same member. The empty
// one is the system, the room's owner.
type MemberID string

// System is the actor of the commands that no person can send.
const System MemberID = ""

// Class says what the owner may do with an event that a slow connection does not take.
type Class int

// The classes.
const (
	ClassEffect    Class = iota // to the system; never sent
	ClassVital                  // never dropped: replies, self, seats, stage, media
	ClassState                  // dropped only by closing the connection, which then resumes: chat, people, polls, boards
	ClassEphemeral              // dropped first; only the latest of a Key matters
)

// Event is one consequence of a command or of time.
type Event struct {
	Type    string // as room.v1 names it; for the system's own, a name for logs
	Data    any    // a wire type of this package; for the system, one of the effects
	To      Audience
	Durable bool   // it has a sequence number and is repeated after a resume
	Class   Class  //
	Key     string // of an ephemeral event: a later one with the same key replaces it; "" replaces none
	// Reply marks the answer to the command. Every command that succeeds has exactly
	// one. Addressed to the system it means that the owner has to answer: the
	// answer comes from where the room cannot look.
	Reply bool
}

// Audience says who gets an event. It is comparable, and no longer for three
// hundred than for three. The zero value reaches nobody but the system.
type Audience struct {
	Kind    AudienceKind
	Members [2]MemberID // for ToMembers and ToStaffAnd; empty ones are nobody
	Except  MemberID    // somebody left out, or empty
}

// AudienceKind is what an Audience selects by. Whoever waits in the lobby is
// reached by name only.
type AudienceKind int

// The kinds.
const (
	ToSystem   AudienceKind = iota
	ToEveryone              // whoever is in the room
	ToStaff                 // with CapModerate
	ToPeers                 // everyone without
	ToMembers               // Members, wherever they are
	ToStaffAnd              // the staff and Members
)

var (
	everyone = Audience{Kind: ToEveryone}
	staff    = Audience{Kind: ToStaff}
	peers    = Audience{Kind: ToPeers}
)

func only(ids ...MemberID) Audience {
	a := Audience{Kind: ToMembers}
	copy(a.Members[:], ids)
	return a
}

func staffAnd(id MemberID) Audience {
	return Audience{Kind: ToStaffAnd, Members: [2]MemberID{id}}
}

// names reports whether the audience holds the member by name.
func (a Audience) names(id MemberID) bool {
	return id != System && (a.Members[0] == id || a.Members[1] == id)
}

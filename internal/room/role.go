package room

// Role is what a person is in a room. It belongs to the identity, never to the order of arrival.
type Role string

// The roles. Whatever else a token says, or says not, is an observer.
const (
	Teacher   Role = "teacher"
	Assistant Role = "assistant"
	Student   Role = "student"
	Observer  Role = "observer"
)

// Known returns the role itself when it is one of the four, and Observer otherwise.
func (r Role) Known() Role {
	if _, ok := roleCaps[r]; !ok {
		return Observer
	}
	return r
}

// rank orders roles: who acts on whom.
func (r Role) rank() int {
	switch r {
	case Teacher:
		return 3
	case Assistant:
		return 2
	case Student:
		return 1
	}
	return 0
}

// Cap names a capability.
type Cap string

// The capabilities.
const (
	CapHand     Cap = "hand"     // raise a hand
	CapChat     Cap = "chat"     // write in the chat
	CapDanmaku  Cap = "danmaku"  // write over the stage
	CapReact    Cap = "react"    // clap
	CapVote     Cap = "vote"     // answer polls
	CapStage    Cap = "stage"    // take a free seat without an invitation
	CapPublish  Cap = "publish"  // send microphone and camera: has a seat
	CapScreen   Cap = "screen"   // share a screen on seat 0 while on stage
	CapBoard    Cap = "board"    // draw
	CapCaption  Cap = "caption"  // send captions
	CapApp      Cap = "app"      // send messages of third parties' programs
	CapModerate Cap = "moderate" // staff: invite, mute, kick, lobby, lock, layout, polls
	CapTeach    Cap = "teach"    // change roles, end the class, take the attendance home

	capAny    Cap = "any"    // whoever is in the room
	capSystem Cap = "system" // the room's owner; nobody else ever has it
)

// capOrder is the order in which capabilities are listed, and each one's bit.
var capOrder = []Cap{CapHand, CapChat, CapDanmaku, CapReact, CapVote, CapStage, CapPublish,
	CapScreen, CapBoard, CapCaption, CapApp, CapModerate, CapTeach}

// capSet is a set of capabilities.
type capSet uint16

func capsOf(caps ...Cap) capSet {
	var s capSet
	for _, c := range caps {
		for i, known := range capOrder {
			if c == known {
				s |= 1 << i
			}
		}
	}
	return s
}

func (s capSet) has(c Cap) bool {
	if c == capAny {
		return true
	}
	one := capsOf(c)
	return one != 0 && s&one == one
}

// list is never nil: in JSON no capability is [], not null.
func (s capSet) list() []Cap {
	caps := make([]Cap, 0, len(capOrder))
	for i, c := range capOrder {
		if s&(1<<i) != 0 {
			caps = append(caps, c)
		}
	}
	return caps
}

// roleCaps is what a role may before the token's changes, the room's policy and the stage.
var roleCaps = map[Role]capSet{
	Teacher: capsOf(CapHand, CapChat, CapDanmaku, CapReact, CapVote, CapStage, CapScreen, CapBoard,
		CapApp, CapModerate, CapTeach),
	Assistant: capsOf(CapHand, CapChat, CapDanmaku, CapReact, CapVote, CapStage, CapScreen, CapBoard,
		CapApp, CapModerate),
	Student:  capsOf(CapHand, CapChat, CapDanmaku, CapReact, CapVote, CapApp),
	Observer: 0,
}

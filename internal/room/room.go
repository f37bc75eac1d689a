package room

import "time"

// Room is one class. It is not safe for concurrent use.
type Room struct {
	settings Settings
}

// New returns an idle room in which nobody is.
func New(s Settings) *Room { return &Room{settings: s} }

// Do carries out a command of a member, or of the System. Times of successive
// calls, and of Tick's, must not go back. An error is an *Error, and then nothing
// has changed.
func (r *Room) Do(at time.Time, actor MemberID, c Command) ([]Event, error) {
	return nil, refuse(CodeUnavailable, "the rules of %T are not here yet", c)
}

// Tick does what time does: ends invitations, places, polls and bans, and sends
// what was gathered to be sent together. The owner calls it every TickEvery while
// somebody is in the room; rarer calls only make things later.
func (r *Room) Tick(at time.Time) []Event { return nil }

// Snapshot is what a member's welcome needs. Of somebody in the lobby it is nil, and so is
// the update of everybody else.
func (r *Room) Snapshot(of MemberID, at time.Time) (*Snapshot, *LobbyUpdate) { return nil, nil }

// Reaches reports whether an event's audience holds a member.
func (r *Room) Reaches(a Audience, id MemberID) bool { return false }

// Facts are what anybody may know.
func (r *Room) Facts() Facts { return Facts{} }

// Attendance is everybody's presence so far.
func (r *Room) Attendance(at time.Time) []Attendance { return nil }

// Polls are all polls of the class with their answers.
func (r *Room) Polls() []PollResult { return nil }

// Save returns all that the room knows, for Restore after a restart.
func (r *Room) Save() ([]byte, error) { return nil, refuse(CodeUnavailable, "not yet") }

// Restore returns the room that was saved. Everybody who was there is lost as of
// at, and has the grace to come back.
func Restore(s Settings, saved []byte, at time.Time) (*Room, error) {
	return nil, refuse(CodeUnavailable, "not yet")
}

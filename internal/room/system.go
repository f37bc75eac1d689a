package room

import "time"

// The commands of the system: what the room's owner sees happen outside. Decode never returns them.

// Join brings a person in, or back. Its reply is a Joined.
type Join struct {
	Identity string   // a token's subject, or a guest's session: who it is, whatever the name
	Name     string   // cleaned and cut to 64 characters
	Role     Role     // unknown ones are observers
	Caps     []string // changes of the role's: "+screen", "-danmaku"
	Device   string   // "desktop" or "mobile"
	Cookie   string   // of the browser, for bans
	Guest    bool     // nobody vouches for the name
	Origin   string   // by what and from where a guest comes; one origin cannot fill a room. "" is not counted
	Reserve  bool     // keeps a seat, as a teacher has it
	Lobby    *bool    // overrides the room's lobby for this person
	Takeover bool     // moves the person here from wherever it is
}

// Joined is what came of a Join.
type Joined struct {
	Member  MemberID
	Waiting bool // in the lobby
	Again   bool // known from earlier in this class
}

// Lost says that a member's connection broke. Place, seat and hand are kept for a while.
type Lost struct{ Member MemberID }

// Back says that it is there again.
type Back struct{ Member MemberID }

// Leave says that a member has gone for good: closed the page, or its session was ended.
type Leave struct{ Member MemberID }

// MediaUp says that a publisher's connection carries media. A new one begins a new epoch.
type MediaUp struct{ Member MemberID }

// MediaDown says that it broke or was closed.
type MediaDown struct{ Member MemberID }

// Shown says that the first key frame of an epoch went out to the viewers.
type Shown struct {
	Seat  int
	Epoch int
}

// StreamUp says that a brought stream flows.
type StreamUp struct{ Seat int }

// StreamDown says that a brought stream ended or could not be brought.
type StreamDown struct {
	Seat   int
	Reason string
}

// Heard passes on who speaks.
type Heard struct{ Speakers Speakers }

// Measured passes on how a connection does; Score is "good" again when it is.
type Measured struct{ Quality MemberQuality }

// Forget removes what the room knows of a person who has left: a person's right.
type Forget struct{ Identity string }

// Finish ends the class from outside, as room.end does.
type Finish struct{ Reason string }

func (Join) needs() Cap       { return capSystem }
func (Lost) needs() Cap       { return capSystem }
func (Back) needs() Cap       { return capSystem }
func (Leave) needs() Cap      { return capSystem }
func (MediaUp) needs() Cap    { return capSystem }
func (MediaDown) needs() Cap  { return capSystem }
func (Shown) needs() Cap      { return capSystem }
func (StreamUp) needs() Cap   { return capSystem }
func (StreamDown) needs() Cap { return capSystem }
func (Heard) needs() Cap      { return capSystem }
func (Measured) needs() Cap   { return capSystem }
func (Forget) needs() Cap     { return capSystem }
func (Finish) needs() Cap     { return capSystem }

// The effects: what the owner does because of an event to the system.

// Medium is a kind of what a publisher sends.
type Medium string

// The media. The sound of a screen is opened and shut with the screen.
const (
	Mic    Medium = "mic"
	Camera Medium = "camera"
	Screen Medium = "screen"
)

// Gate opens or shuts a member's medium. Every medium is shut until a Gate opens
// it, and then stays as it is, also when the member's connection is replaced.
type Gate struct {
	Member MemberID
	Medium Medium
	Open   bool
}

// Sit gives a seat to a member: 0 for the screen, else microphone and camera. It
// comes again with the next epoch when the member's connection was replaced.
type Sit struct {
	Member MemberID
	Seat   int
	Epoch  int
}

// Stand takes a seat from a member. When it is not seat 0, the publisher's connection is closed.
type Stand struct {
	Member MemberID
	Seat   int
}

// Bring starts a stream on a seat.
type Bring struct {
	Stream string
	Seat   int
	Epoch  int
}

// Unbring ends it.
type Unbring struct{ Seat int }

// Close ends a member's connections, or with CodeMoved those there were before
// the Join. Reason is for the person.
type Close struct {
	Member MemberID
	Status int
	Reason string
}

// The WebSocket close codes that a Close carries.
const (
	StatusRemoved = 4403
	StatusGone    = 4404
	StatusLost    = 4408 // nobody is connected: the session is over
	StatusMoved   = 4409
)

// Admitted lets somebody in who waited: the owner sends lobby.admitted with a welcome.
type Admitted struct{ Member MemberID }

// Offer is an rtc.offer that the rules allow. The owner answers with an RTCAnswer.
type Offer struct {
	Member MemberID
	Seat   int // the member's, 0 when it has none ("sub")
	Offer  RTCOffer
}

// Forward is a message for the media engine that the rules allow: an RTCICE,
// RTCClose, SubPrefs or StatsReport.
type Forward struct {
	Member  MemberID
	Command Command
}

// FetchChat asks the owner to answer a chat.history with a ChatPage: what is
// older than the room remembers. What the member may see: messages to everybody,
// those from and to it, and to "staff" if Staff.
type FetchChat struct {
	Member MemberID
	Staff  bool
	Before string // exclusive; "" is the newest
	Limit  int
}

// SaveChat keeps a message of somebody's.
type SaveChat struct {
	Identity string
	Message  Message
}

// DropChat forgets one message, or all with "".
type DropChat struct{ Msg string }

// SaveBegan keeps when the class was live for the first time.
type SaveBegan struct{ At time.Time }

// SaveAttendance keeps what is known of a person's presence, in place of what was kept before.
type SaveAttendance struct{ Attendance Attendance }

// Unkept says that a guest's presence is not kept, because so many are.
type Unkept struct{}

// SavePoll keeps a poll that has closed, in place of what was kept before.
type SavePoll struct{ Result PollResult }

// SaveBoard keeps operations.
type SaveBoard struct{ Ops BoardOps }

// SaveBan keeps a ban that outlasts the class.
type SaveBan struct{ Ban Ban }

// Over says that the class is over: the owner drops the room after doing the rest.
type Over struct{ Reason string }

// Attendance is one person's presence in one class.
type Attendance struct {
	Identity  string     `json:"identity"`
	Member    MemberID   `json:"member"`
	Name      string     `json:"name"`
	Role      Role       `json:"role"`
	Guest     bool       `json:"unverified"`
	Intervals []Interval `json:"intervals"`
	Seconds   int        `json:"seconds"` // there, without the time away
	Minutes   float64    `json:"minutes"`
	Percent   float64    `json:"percent"` // of the class so far
	StageS    int        `json:"stage_seconds"`
	Stage     float64    `json:"stage_minutes"`
	Hands     int        `json:"hands"`
	Messages  int        `json:"messages"`
	Answers   int        `json:"answers"`
}

// Interval is a time of presence; a lost connection that came back does not end it.
type Interval struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// PollResult is a poll with its answers, for files and the store.
type PollResult struct {
	Poll    Poll         `json:"poll"` // as the staff sees it
	Answers []PollAnswer `json:"answers,omitempty"`
}

// PollAnswer is who answered what; an anonymous poll has none.
type PollAnswer struct {
	Identity string `json:"identity"`
	Name     string `json:"name"`
	Choice   []int  `json:"choice,omitempty"`
	Text     string `json:"text,omitempty"`
}

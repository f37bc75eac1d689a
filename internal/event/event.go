package event

import (
	"strings"
	"time"

	"lectern/sfu"
)

// Type says what has happened, as "stream.live". The part before the dot says
// to what.
type Type string

// What happens to streams is told by the names that package sfu has.
const (
	StreamLive    = Type(sfu.EventLive)
	StreamTracks  = Type(sfu.EventTracks)
	StreamWaiting = Type(sfu.EventWaiting)
	StreamEnded   = Type(sfu.EventEnded)
	StreamViewers = Type(sfu.EventViewers)

	StreamContested = Type(sfu.EventContested)
)

// What happens in rooms.
const (
	RoomStarted   Type = "room.started"   // a class has begun
	RoomEnded     Type = "room.ended"     // and is over: Reason says why
	PersonJoined  Type = "person.joined"  // somebody is in the room
	PersonLeft    Type = "person.left"    // and is not any more
	PersonChanged Type = "person.changed" // has another role
	StageChanged  Type = "stage.changed"  // somebody else, or nobody, is on Seat
)

// Gap stands for events that are missing, Missed of them at the least. It is in
// no Log: whoever reads one and has missed something tells it by this name.
const Gap Type = "events.gap"

// Types are those of all events, but Gap.
func Types() []Type {
	return []Type{
		StreamLive, StreamTracks, StreamWaiting, StreamEnded, StreamViewers, StreamContested,
		RoomStarted, RoomEnded, PersonJoined, PersonLeft, PersonChanged, StageChanged,
	}
}

// Matches says whether a pattern is for the type: its name, the beginning of
// one and a * ("room.*"), or * for all.
func (t Type) Matches(pattern string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(string(t), prefix)
	}
	return string(t) == pattern
}

// Event is one thing that has happened. It is immutable once it is in a Log.
// As JSON, it is what webhooks are sent.
type Event struct {
	// ID is unique among all events of all servers: the Log's name, a dash, and
	// the Number.
	ID string `json:"id"`
	// Number is 1 for the first event of a Log, and grows by one.
	Number uint64    `json:"-"`
	Type   Type      `json:"type"`
	At     time.Time `json:"at"`
	// One of them is there, as the type says.
	*Stream
	*Room
}

// Stream is what an event of a stream says.
type Stream struct {
	Name    string `json:"stream"` // "live/cam1"
	Viewers int    `json:"viewers"`
}

// Room is what an event of a room says.
type Room struct {
	ID     string  `json:"room"`
	Person *Person `json:"person,omitempty"`
	Seat   *Seat   `json:"seat,omitempty"`
	Reason string  `json:"reason,omitempty"` // of room.ended
}

// Person is somebody in a room.
type Person struct {
	Member   string `json:"member"`             // in this class
	Identity string `json:"identity,omitempty"` // beyond it: the token's sub, or of a guest
	Name     string `json:"name"`
	Role     string `json:"role"`
}

// Seat is a place on stage, with whoever is on it now: one person, one stream,
// or nobody.
type Seat struct {
	Number int     `json:"number"` // 0 is for what is shared
	Person *Person `json:"person"`
	Stream string  `json:"stream,omitempty"`
}

// Subject is what the event is about: the name of a stream or room.
func (e Event) Subject() string {
	switch {
	case e.Stream != nil:
		return e.Stream.Name
	case e.Room != nil:
		return e.Room.ID
	}
	return ""
}

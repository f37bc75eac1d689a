package classroom

import (
	"context"
	"net/netip"
)

// Media moves the sound and pictures of rooms.
type Media interface {
	// OpenStage makes the seats of a room, all of them free. The error says
	// why this server cannot serve the room's media at all.
	OpenStage(o StageOptions) (Stage, error)
}

// StageOptions describe the seats of one room.
type StageOptions struct {
	// Room is the room's name. Seats may go by names that are made of it.
	Room string
	// Seats are the seats for people, 1 to Seats. Seat 0, for what is shared
	// with all, is there besides.
	Seats int
	// Codec is the one for pictures in this room, "vp8" or "h264".
	Codec string
	// Events hears what happens. Its methods are called from goroutines of the
	// stage's own, never from within a method of the Stage and never while the
	// stage holds a lock that one of its methods needs.
	Events StageEvents
}

// Stage is the media of one room. Its methods may be called from any goroutine.
//
// All but Offer return at once, without waiting for the network: the room
// calls them one after the other, in the order of what was decided. A member
// of whom nothing is known yet is one all the same: what is said about gates,
// seats and wishes counts for the connections that he makes later.
type Stage interface {
	// Offer answers an offer for one of a member's two connections. A second
	// offer for the same connection replaces the first as a whole, once it can
	// be answered; one that cannot leaves the first as it is. The error is a
	// *MediaError, or ctx's.
	Offer(ctx context.Context, o Offer) (Answer, error)
	// Trickle adds a candidate of the client's, "" being the last. What cannot
	// be used is ignored.
	Trickle(member string, c Connection, candidate string)
	// Hangup closes a member's connection, if there is one.
	Hangup(member string, c Connection)
	// Leave closes what a member has, and forgets his gates and wishes.
	Leave(member string)

	// Assign says who is on a seat from now on; the zero Occupant frees it.
	// Events.Live tells when the first key frame of its Epoch has gone out.
	// The same occupant with another Epoch begins anew with a key frame.
	Assign(seat int, o Occupant)
	// Gate opens or closes the way of one of a member's media, which is closed
	// at first. Nothing of a medium whose gate is closed reaches anybody,
	// whatever the client sends. A gate that opens asks for a key frame.
	Gate(member string, m Medium, open bool)
	// Prefer says what a member's layout shows of the seats; seats that are
	// not named stay as they were. At first everything is wanted.
	Prefer(member string, wishes []Wish)
	// Request asks for a key frame of what is on a seat.
	Request(seat int)

	// Close ends everything and returns when nothing of it is left. It may be
	// called again; Events hears nothing after it has returned.
	Close()
}

// StageEvents are what a Stage tells. The calls may come in any order and
// concern members and epochs that are gone by now.
type StageEvents interface {
	// Connected says that a member's connection carries media.
	Connected(member string, c Connection)
	// Lost says that a member's connection has ended, unless Hangup, Leave or
	// a newer Offer has ended it. The error is a *MediaError.
	Lost(member string, c Connection, err error)
	// Sending says which of a member's media arrive, whenever that changes.
	// A gate does not matter here: it is what the client sends.
	Sending(member string, m Medium, sends bool)
	// Live says that a seat's first key frame of an epoch has gone out, or, of
	// an occupant without pictures, its first sound.
	Live(seat int, epoch uint64)
	// Stalled says that nothing has come for a seat for a while, or that it
	// comes again.
	Stalled(seat int, epoch uint64, stalled bool)
	// Ended says that a stream that was brought to a seat is over or cannot be
	// shown: a *MediaError.
	Ended(seat int, epoch uint64, err error)
	// Speaking says who speaks, at most four times a second and only when it
	// has changed. Dominant is "" when nobody is.
	Speaking(active []Level, dominant string)
	// Layer says which layer of a seat a member is sent, "" being none, and
	// why: "wanted", "bandwidth", "publisher", or "codec" where the viewer has not
	// offered the one of what is on the seat.
	Layer(member string, seat int, layer, why string)
	// Quality says how well a member's media travel in one direction, when that
	// has changed: direction is "up" or "down", score "good", "fair", "poor" or
	// "lost", and hint a word about what would help, or "".
	Quality(member, direction, score, hint string)
}

// Connection is one of the two PeerConnections that a member may have.
type Connection string

// The connections.
const (
	Sub Connection = "sub" // takes the seats
	Pub Connection = "pub" // gives what the member publishes
)

// Medium is something that a member publishes.
type Medium string

// The media.
const (
	Mic         Medium = "mic"
	Camera      Medium = "camera"
	Screen      Medium = "screen"
	ScreenSound Medium = "screen_audio"
)

// Offer is a client's offer for one of its connections.
type Offer struct {
	Member     string
	Connection Connection
	// SDP is a stranger's text.
	SDP string
	// Tracks say what the sections of a Pub are. A section that is not named
	// is refused.
	Tracks []Track
	// Reached is the address by which the client reached this server, when it
	// is known: the first candidate of the answer.
	Reached netip.Addr
}

// Track says which medium a section of an offer carries.
type Track struct {
	MID    string
	Medium Medium
}

// Answer is the answer to an Offer.
type Answer struct {
	SDP string
	// Seats are a Sub's sections by seat.
	Seats []SeatSections
}

// SeatSections names the sections (a=mid) by which a seat comes; "" is none.
type SeatSections struct {
	Seat         int
	Audio, Video string
}

// Occupant is who or what is on a seat.
type Occupant struct {
	// Member is whose media they are; "" with a Stream, or when the seat is free.
	Member string
	// Audio and Video are which of the member's media; "" is none of that kind.
	Audio, Video Medium
	// Stream is the canonical name of a live stream that is brought to the
	// seat, sound and pictures; "" is none.
	Stream string
	// Epoch counts the occupants of the seat.
	Epoch uint64
}

// Wish is what a member's layout shows of a seat.
type Wish struct {
	Seat int
	// Video is "off", or the layer that is enough: "l", "m" or "h".
	Video string
	// Width and Height are what is enough, in pixels, where Video is "".
	Width, Height int
	// Audio says whether sound is wanted.
	Audio bool
}

// Level is how loud somebody is, from 0, loud, to 127, silent (RFC 6464 §3).
type Level struct {
	Member string
	Level  int
}

// MediaError is why media do not work, for a client to read.
type MediaError struct {
	// Code is one of "codec_unsupported", "sdp_rejected", "ice_failed",
	// "dtls_failed", "not_found", "unavailable" and "internal".
	Code string
	// Err is what has happened.
	Err error
}

// Error says what has happened.
func (e *MediaError) Error() string { return e.Err.Error() }

// Unwrap returns what has happened.
func (e *MediaError) Unwrap() error { return e.Err }

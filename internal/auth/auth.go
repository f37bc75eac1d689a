// Package auth turns a token into a Grant: who somebody is, and what they may
// do with which streams.
//
// A token that is given decides alone. One that is wrong is refused even where
// no token would have been let in; only watching an open server ignores it.
// Everything that no rule allows is refused.
//
// The package knows nothing of HTTP: callers hand it a token, and translate
// ErrNoToken and ErrInvalidToken to 401 and ErrDenied to 403 (RFC 6750 §3.1).
package auth

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// Action is something that a Grant can allow.
type Action string

// The actions. Join is about a room; what somebody may do in it is a matter of
// Grant.Role and Grant.Caps.
const (
	Publish Action = "publish"
	Watch   Action = "watch"
	Join    Action = "join"
	// Admin is the owner's right: to make and take back keys, and to end
	// sessions. It always needs a key or token, on this machine too, where any
	// page in a browser could ask otherwise.
	Admin Action = "admin"
)

// What a refusal is. Errors of Decide wrap exactly one of them; their text
// names a reason and never a part of the token.
var (
	// ErrNoToken says that a token is needed and none was given.
	ErrNoToken = errors.New("a token is needed")
	// ErrInvalidToken says that the token is unknown, malformed, expired or not signed by a configured key.
	ErrInvalidToken = errors.New("the token is not valid")
	// ErrDenied says that the token is good, but does not allow this.
	ErrDenied = errors.New("the token does not allow this")
)

// ErrPast is ErrInvalidToken of a token that was good once.
var ErrPast error = past{}

type past struct{}

func (past) Error() string        { return ErrInvalidToken.Error() + ": expired" }
func (past) Is(target error) bool { return target == ErrInvalidToken }

// ErrUnavailable says that whoever is asked about this gives no answer, so
// that nothing is decided. It is no refusal: the same request may do later.
var ErrUnavailable = errors.New("there is nobody to decide about this at the moment")

// Causes of the end of a session that a decision let begin. Both are ErrDenied.
var (
	// ErrRevoked says that the permission was taken back.
	ErrRevoked error = ended("the permission was taken back")
	// ErrExpired says that the token's time is over.
	ErrExpired error = ended("the token has expired")
)

// ended is a permission that was there.
type ended string

func (e ended) Error() string        { return string(e) }
func (e ended) Is(target error) bool { return target == ErrDenied }

// Request asks whether somebody may do something with a stream.
type Request struct {
	Action Action
	// Stream is the canonical name, app/name; "" where Action is Join.
	Stream string
	// Room is the room to Join.
	Room string
	// Token is what the client presented, without a scheme; "" is none.
	Token string
	// Loopback says that the client is on this machine: its connection comes
	// from a loopback address and carries no forwarding header.
	Loopback bool
	// Remote is the client's address, for deciders that ask somebody else.
	Remote netip.Addr
	// Session identifies the session that begins when the answer is yes; ""
	// when nothing does, as with a list of streams.
	Session string
	// Protocol is how the session's media would travel: "whip", "whep", "rtmp".
	Protocol string
	// Args are what else the client put into the query of its URL or stream
	// key, without the token.
	Args url.Values
	// Agent is what the client calls itself, URL what it asked for and Page
	// the page that made it ask, without tokens; each "" when it is not known.
	// They are the client's own words, to show and never to decide by.
	Agent, URL, Page string
}

// Grant is what a decision allows. The zero Grant allows nothing.
type Grant struct {
	// Identity says whose a stream is: the same identity may take its stream
	// over, another may not. It is "loopback" and "open" for the nameless,
	// "sub:NAME" where a key or token has a subject, and otherwise stands for
	// the key ("key:first", "key:1") or the single token ("token:…").
	Identity string
	// Sub is the subject as the key or token names it; data to show, unchecked.
	Sub string
	// Stream lists patterns of canonical names: exact, or a prefix and *.
	Stream []string
	// Can lists what is allowed with the streams that Stream matches.
	Can []Action
	// Room is a room that may be joined, and Rooms are patterns of such: a
	// name, the beginning of one and a *, or * for all.
	Room  string
	Rooms []string
	// Role is what somebody is in these rooms; "" is the least that there is.
	Role string
	// Caps change what the role may do, as +screen and -chat.
	Caps []string
	// Name is what to call somebody in a room; data to show, unchecked.
	Name string
	// Lobby says whether to wait before a room; nil is what the room says.
	Lobby *bool
	// Expires is when the grant ends; zero is never.
	Expires time.Time
	// Rename is the canonical name of the stream to use instead of the one
	// asked for; "" is none.
	Rename string
	// Proof is what the grant rests on besides its Expires.
	Proof Proof
	// Revoked is closed when the permission is taken back from the session
	// that the request began; nil is never. Whoever runs the session ends it
	// then, with ErrRevoked as the cause.
	Revoked <-chan struct{}
}

// Allows reports whether the grant covers an action on a stream, given by its
// canonical name. It does not look at Expires.
func (g Grant) Allows(a Action, stream string) bool {
	if a == Admin { // is about no stream
		return slices.Contains(g.Can, Admin)
	}
	return slices.Contains(g.Can, a) &&
		slices.ContainsFunc(g.Stream, func(pattern string) bool { return matches(pattern, stream) })
}

// Joins reports whether the grant is good for a room. It does not look at Expires.
func (g Grant) Joins(room string) bool {
	return g.Room != "" && g.Room == room ||
		slices.ContainsFunc(g.Rooms, func(pattern string) bool { return matchesRoom(pattern, room) })
}

// Until is when a session that the grant let begin ends at the latest: when the
// token expires, by clocks that differ as much as they may. Zero is never.
func (g Grant) Until() time.Time {
	if g.Expires.IsZero() {
		return time.Time{}
	}
	return g.Expires.Add(leeway)
}

// Decider decides about requests. The error wraps ErrNoToken, ErrInvalidToken
// or ErrDenied, or is a failure to decide, such as ErrUnavailable.
type Decider interface {
	Decide(ctx context.Context, r Request) (Grant, error)
}

// Ender is a Decider that wants to hear when the sessions that it let begin
// have ended. End gets the request that the session began with, and is called
// once a session, from any goroutine; it must not wait.
type Ender interface {
	End(r Request)
}

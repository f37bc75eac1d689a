package classroom

import (
	"time"

	"lectern/internal/auth"
	"lectern/internal/room"
)

// right is what a session rests on. The zero right is an invite's or a guest's,
// who is in as long as he likes.
type right struct {
	token   string     // by which it came, or ""; it is not kept over a restart
	byToken bool       // also after one
	sub     string     // whose token it is, "" is nobody's in particular
	proof   auth.Proof // to ask about while the session lasts
	expires time.Time  // when the token does; zero is never
}

func rightOf(token string, g auth.Grant) right {
	return right{token: token, byToken: true, sub: g.Sub, proof: g.Proof, expires: g.Expires}
}

// until is when the session ends at the latest; zero is never.
func (r right) until() time.Time { return auth.Grant{Expires: r.expires}.Until() }

// told is when it does, as clients are told.
func (r right) told() *time.Time {
	if r.expires.IsZero() {
		return nil
	}
	at := r.expires.UTC()
	return &at
}

// Pass is a session in a room, for whoever keeps sessions in mind.
type Pass struct {
	Session  string // its ID, which opens nothing
	Room     string
	Identity string
	Sub      string // of the token, or ""
	Name     string // in the room
	Proof    auth.Proof
}

// registerLocked lets the transport keep a session in mind, in the place of what
// it knew of it.
func (c *class) registerLocked(s *session, v Visitor) {
	if v.Begin == nil {
		return
	}
	s.revoked, s.end = v.Begin(Pass{
		Session: s.id, Room: c.definition.ID, Identity: s.join.Identity, Sub: s.right.sub, Name: s.join.Name, Proof: s.right.proof,
	})
}

// unregister says that a session is over. It may be called again.
func (s *session) unregister() {
	if s.end != nil {
		s.end()
	}
	s.end, s.revoked = nil, nil
}

// ending is why a session ends that its member has not ended.
type ending struct {
	code    string // of session.ended
	status  int
	message string
}

var (
	expired = ending{"token_expired", room.StatusToken, "the token has expired"}
	revoked = ending{"revoked", room.StatusRemoved, "the permission was taken back"}
)

// due says whether a session has to end, and why.
func (s *session) due(at time.Time) (ending, bool) {
	select {
	case <-s.revoked:
		return revoked, true
	default:
	}
	if until := s.right.until(); !until.IsZero() && at.After(until) {
		return expired, true
	}
	return ending{}, false
}

// expelLocked ends a session and all that its member has: seat, place and media.
func (c *class) expelLocked(s *session, why ending) {
	c.log.Info("session ended", "member", s.member, "cause", why.code)
	c.toldLocked(s.member, room.Event{
		Type: "session.ended", Class: room.ClassVital, Data: SessionEnded{Code: why.code, Message: why.message},
	})
	c.systemLocked(room.Expel{Member: s.member, Status: why.status, Reason: why.message})
	if c.sessions[s.id] == s { // his place was given up before
		c.leaveLocked(s)
	}
}

package classroom

import (
	"time"

	"lectern/internal/auth"
	"lectern/internal/room"
)

// right is what a session rests on. It goes on until that is taken back, also
// past the token's time, which bounds coming in. The zero right is an invite's or
// a guest's.
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

// told is until when the token lets somebody come in, as clients are told; nil
// is for ever.
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

// takenBack says whether a session has to end because what it rests on is good
// no longer, or the owner of the server has ended it.
func (s *session) takenBack() bool {
	select {
	case <-s.revoked:
		return true
	default:
		return false
	}
}

// expelLocked ends a session and all that its member has: seat, place and media.
func (c *class) expelLocked(s *session) {
	why := SessionEnded{Code: "revoked", Message: auth.ErrRevoked.Error()}
	c.log.Info("session ended", "member", s.member, "cause", why.Code)
	c.toldLocked(s.member, room.Event{Type: "session.ended", Class: room.ClassVital, Data: why})
	c.systemLocked(room.Expel{Member: s.member, Reason: why.Message})
	if c.sessions[s.id] == s { // his place was given up before
		c.leaveLocked(s)
	}
}

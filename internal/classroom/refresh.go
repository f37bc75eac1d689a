package classroom

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"lectern/internal/auth"
	"lectern/internal/room"
)

// TokenRefresh brings a newer token of the same person, on which the session rests
// from then on (token.refresh).
type TokenRefresh struct {
	Token string `json:"token"`
}

// TokenRefreshed is its reply: what the member is and may do by the new token.
type TokenRefreshed struct {
	Role room.Role  `json:"role"`
	Caps []room.Cap `json:"caps"`
	// Expires is until when the newer token lets somebody come in; absent is for
	// ever.
	Expires *time.Time `json:"expires,omitempty"`
}

// SessionEnded is the last message of a session that the server ends
// (session.ended); the connection is closed right after it.
type SessionEnded struct {
	Code    string `json:"code"` // "revoked"
	Message string `json:"message"`
}

const (
	// refreshEvery and refreshBurst bound how often a session brings tokens.
	refreshEvery = time.Second
	refreshBurst = 5
)

// refresh takes a newer token for the one that the session came by.
func (v *Visit) refresh(ctx context.Context, r request) error {
	reply, err := v.renew(ctx, r)
	if err != nil {
		if c := (*CloseError)(nil); errors.As(err, &c) {
			return c
		}
		v.refuse(r.ID, err)
		return nil
	}
	if r.ID != 0 {
		v.line.Send(newReply(r.ID, reply))
	}
	return nil
}

func (v *Visit) renew(ctx context.Context, r request) (TokenRefreshed, error) {
	var wanted TokenRefresh
	if err := json.Unmarshal(r.Data, &wanted); err != nil || wanted.Token == "" {
		return TokenRefreshed{}, &room.Error{Code: room.CodeBadRequest, Field: "token", Message: "a token is needed"}
	}
	if !v.refreshes.AllowN(v.rooms.options.Now(), 1) {
		return TokenRefreshed{}, &room.Error{Code: room.CodeRateLimited, Message: "too many tokens", RetryAfter: refreshEvery}
	}
	grant, err := v.visitor.Decide(ctx, wanted.Token)
	if err != nil {
		return TokenRefreshed{}, err
	}
	return v.class.renew(v, wanted.Token, grant)
}

// renew lets a session rest on a newer token of the same person.
func (c *class) renew(v *Visit, token string, g auth.Grant) (TokenRefreshed, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := v.session
	if c.over != nil || s.line != v.line {
		return TokenRefreshed{}, closeWith(CloseMoved, "this connection was replaced")
	}
	if !s.right.byToken {
		return TokenRefreshed{}, refuse(room.CodeBadState, "this session came without a token and needs none")
	}
	if g.Sub != s.right.sub || g.Sub != "" && g.Identity != s.join.Identity {
		return TokenRefreshed{}, &room.Error{Code: room.CodeForbidden, Field: "token", Hint: "sub", Message: "the token is another person's"}
	}
	at := c.now()
	role := room.Role(g.Role)
	events, err := c.room.Do(at, room.System, room.Renew{Member: s.member, Role: role, Caps: g.Caps, Reserve: role == room.Teacher})
	if err != nil {
		return TokenRefreshed{}, err
	}
	s.join.Role, s.join.Caps, s.join.Reserve = role, g.Caps, role == room.Teacher
	s.right = rightOf(token, g)
	c.registerLocked(s, v.visitor)
	c.routeLocked(at, events, nil)
	self := c.room.Self(s.member)
	return TokenRefreshed{Role: self.Role, Caps: self.Caps, Expires: s.right.told()}, nil
}

package classroom

import (
	"context"
	"encoding/json"
	"net/netip"

	"lectern/internal/auth"
	"lectern/internal/room"
)

// Hello is the first message of a client (hello): who it is, and what it comes
// back to.
type Hello struct {
	Token    string   `json:"token,omitempty"`    // a JSON Web Token, or a key of this server's
	Invite   string   `json:"invite,omitempty"`   // the secret of an invite link
	Password string   `json:"password,omitempty"` // of the room
	Guest    bool     `json:"guest,omitempty"`    // none of these, where the room takes guests
	Name     string   `json:"name,omitempty"`     // unless the token has one
	Resume   *Resume  `json:"resume,omitempty"`   // a session that this client had
	Takeover bool     `json:"takeover,omitempty"` // after a conflict: the other place gives way
	Client   Client   `json:"client,omitzero"`    // for logs
	Features []string `json:"features,omitempty"` // what the client can do besides
	Device   string   `json:"device,omitempty"`   // "desktop" or "mobile"
}

// Resume names a session, and the newest message with a number that the client
// has; 0 asks for the whole state.
type Resume struct {
	ID  string `json:"id"`
	Key string `json:"key"`
	Seq uint64 `json:"seq"`
}

// Client is what a client calls itself.
type Client struct {
	Name string `json:"name,omitempty"`
	Ver  string `json:"ver,omitempty"`
}

// Visitor is who stands behind a connection, as far as the transport knows.
type Visitor struct {
	// Decide says what a token allows in this room; the error is of package auth.
	Decide func(ctx context.Context, token string) (auth.Grant, error)
	// Watch says whether a token allows to watch a stream; the error is of package
	// auth. Who may not cannot bring it to a room either. Nil allows it.
	Watch func(ctx context.Context, token, stream string) error
	// Guess lets somebody try a password unless too many have been wrong from
	// where he is; wrong says that this one was. Nil lets everybody.
	Guess func() (wrong func(), err error)
	// Begin keeps a session in mind, which has to end when revoked is closed; end
	// is called once when it is over. Nil lets sessions be.
	Begin func(p Pass) (revoked <-chan struct{}, end func())
	// Cookie tells browsers apart, for bans; "" when there is none.
	Cookie string
	// From is where the client is, so that one place cannot fill a room; "" bounds
	// nobody.
	From string
	// Reached is the address by which the client came, when it is known.
	Reached netip.Addr
}

func parseHello(r request) (Hello, error) {
	var h Hello
	if err := json.Unmarshal(r.Data, &h); err != nil {
		return Hello{}, &room.Error{Code: room.CodeBadRequest, Field: "data", Message: "the hello cannot be read"}
	}
	return h, nil
}

// features are the optional abilities of this server.
var features = []string{"danmaku", "board", "polls"}

// closeFor says with what a connection ends whose hello was refused. A client
// may come back after it, and wait before that where the code says so.
func closeFor(code room.Code) int {
	switch code {
	case room.CodeUnauthorized, room.CodeTokenExpired:
		return CloseToken
	case room.CodeForbidden, room.CodeRoomLocked, room.CodeRoomFull:
		return CloseRemoved
	case room.CodeNotFound, room.CodeRoomEnded, room.CodeNotStarted:
		return CloseGone
	case room.CodeConflict:
		return CloseMoved
	case room.CodeRateLimited, room.CodeUnavailable:
		return CloseTooFast
	case room.CodeInternal:
		return CloseInternal
	}
	return CloseProtocol
}

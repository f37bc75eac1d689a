package classroom

import (
	"time"

	"lectern/internal/room"
)

// TokenRefresh goes on by a newer token of the same person (token.refresh).
type TokenRefresh struct {
	Token string `json:"token"`
}

// TokenRefreshed is its reply: what the member is and may do by the new token.
type TokenRefreshed struct {
	Role room.Role  `json:"role"`
	Caps []room.Cap `json:"caps"`
	// Expires is when the session ends now; absent is never.
	Expires *time.Time `json:"expires,omitempty"`
}

// SessionEnded is the last message of a session that the server ends
// (session.ended); the connection is closed right after it.
type SessionEnded struct {
	Code    string `json:"code"` // "token_expired" or "revoked"
	Message string `json:"message"`
}

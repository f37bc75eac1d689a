package classroom

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"
	"unicode/utf8"

	"lectern/internal/room"
)

// Invite lets whoever has its secret into a room.
type Invite struct {
	// ID names it, and is not secret.
	ID string `json:"id"`
	// Room and Role are what it is for.
	Room string    `json:"room"`
	Role room.Role `json:"role"`
	// Name is whom it is for; "" is anybody.
	Name string `json:"name,omitempty"`
	// Uses are how often it can be used yet; negative is without end.
	Uses int `json:"uses"`
	// Expires is when it ends; zero is never.
	Expires time.Time `json:"expires,omitzero"`
	Made    time.Time `json:"made"`
}

// secretBytes is the entropy of an invite: 22 characters of base64.
const secretBytes = 16

// newSecret returns an invite's secret, which is kept nowhere, and its digest.
func newSecret() (secret, digest string) {
	random := make([]byte, secretBytes)
	rand.Read(random) // never fails
	secret = base64.RawURLEncoding.EncodeToString(random)
	return secret, digestOf(secret)
}

func digestOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// maxName is in characters: what a room keeps of a name.
const maxName = 64

func (i Invite) check() error {
	if i.Role.Known() != i.Role {
		return fmt.Errorf("%w role: teacher, assistant, student or observer", ErrMalformed)
	}
	if utf8.RuneCountInString(i.Name) > maxName {
		return fmt.Errorf("%w name: at most %d characters", ErrMalformed, maxName)
	}
	return nil
}

func (i Invite) good(at time.Time) bool {
	return i.Uses != 0 && (i.Expires.IsZero() || at.Before(i.Expires))
}

package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Issued is a key that was made while the server is set up or running. Only a
// digest of its secret is kept.
type Issued struct {
	// ID names the key; it stays when the secret is replaced.
	ID string `json:"id"`
	// Digest is DigestOf the secret.
	Digest string `json:"-"`
	// Name is for people, up to 64 characters.
	Name string `json:"name"`
	// Stream and Can are as in Grant. Admin needs no Stream.
	Stream []string `json:"stream"`
	Can    []Action `json:"can"`
	// Expires is when the key is no longer good; zero is never.
	Expires time.Time `json:"expires,omitzero"`
	// Made is when it was made, and Used when it was last used, to the minute;
	// zero is never.
	Made time.Time `json:"made"`
	Used time.Time `json:"used,omitzero"`
}

// Ledger knows keys that come and go while the server runs, and tokens that
// were taken back. Its answers may come from elsewhere, and an error wraps
// ErrUnavailable when that place gives none.
type Ledger interface {
	// Find returns the key with a digest. The error wraps ErrInvalidToken where
	// there is none.
	Find(ctx context.Context, digest string) (Issued, error)
	// Denied reports whether the signed token with an id (jti, RFC 7519 §4.1.7)
	// was taken back.
	Denied(ctx context.Context, id string) (bool, error)
}

// Proof is what a Grant rests on, to look at again while its session lasts.
// The zero Proof holds as long as the Grant does.
type Proof struct {
	// Digest is that of an issued key.
	Digest string
	// Token is the id of a signed token (jti).
	Token string
}

// DigestOf is what is kept of a key instead of it.
func DigestOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// newSecret makes the secret of a key, which says what it is where it is found.
func newSecret() string {
	random := make([]byte, firstKeyBytes)
	rand.Read(random) // never fails
	return "lk_" + base64.RawURLEncoding.EncodeToString(random)
}

// newKeyID makes the id of a key, unlike those of configured keys, which are numbers.
func newKeyID() string { return "k" + strings.ToLower(rand.Text()[:9]) }

// maxName is the longest name of a key, in characters.
const maxName = 64

// tokenIDForm is an id of a token (jti) that can be denied.
var tokenIDForm = regexp.MustCompile(`^[!-~]{1,128}$`)

// CheckTokenID reports why id cannot be the id of a signed token.
func CheckTokenID(id string) error {
	if !tokenIDForm.MatchString(id) {
		return fmt.Errorf("token id %.80q: want the token's jti, 1 to 128 visible ASCII characters", id)
	}
	return nil
}

// check reports what makes a key useless or dangerous.
func (i Issued) check(now time.Time) error {
	if n := utf8.RuneCountInString(i.Name); n > maxName || !utf8.ValidString(i.Name) {
		return fmt.Errorf("a key's name has at most %d characters", maxName)
	}
	if len(i.Can) == 0 {
		return fmt.Errorf("say what the key is for: publish, watch, admin")
	}
	media := false
	for _, a := range i.Can {
		if a != Publish && a != Watch && a != Admin {
			return fmt.Errorf("right %.40q: want publish, watch or admin", string(a))
		}
		media = media || a != Admin
	}
	if media && len(i.Stream) == 0 {
		return fmt.Errorf("say which streams the key is for, such as live/cam1, live/* or *")
	}
	const maxPatterns = 64
	if len(i.Stream) > maxPatterns {
		return fmt.Errorf("a key has at most %d patterns of streams", maxPatterns)
	}
	for _, p := range i.Stream {
		if err := CheckPattern(p); err != nil {
			return err
		}
	}
	if !i.Expires.IsZero() && !i.Expires.After(now) {
		return fmt.Errorf("the key would end before it begins")
	}
	return nil
}

// grant is what a key allows.
func (i Issued) grant() Grant {
	g := Grant{
		Identity: "key:" + i.ID, Stream: slices.Clone(i.Stream), Can: slices.Clone(i.Can),
		Expires: i.Expires, Proof: Proof{Digest: i.Digest},
	}
	if slices.Contains(i.Can, Admin) { // whose server it is, is a teacher too, as with the first key
		g.Rooms, g.Role = []string{"*"}, RoleTeacher
	}
	return g
}

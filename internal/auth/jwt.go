package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// MaxToken bounds a token before anything is decoded.
	MaxToken = 8 << 10
	// leeway is how far the clocks of signer and server may differ.
	leeway = 5 * time.Second
)

// JWT is somebody whose signed tokens are accepted (RFC 7519).
type JWT struct {
	// Alg is the one algorithm of this key: HS256, EdDSA or ES256.
	Alg string
	// Key is the secret itself for HS256, at least 32 bytes; for EdDSA and
	// ES256 a PEM block with a public key, or a private one, which can sign too.
	Key []byte
	// Set has the keys instead of Key, where the signer publishes them; Alg is
	// one of SetAlgorithms then.
	Set KeySet
	// Issuer and Audience, where not empty, are what iss and aud must be.
	Issuer, Audience string
}

// KeySet is the public keys of a signer who changes them.
type KeySet interface {
	// Key returns the public key with an id (kid, RFC 7515 §4.1.4); "" asks for
	// the only one there is. The error wraps ErrInvalidToken or ErrUnavailable.
	Key(ctx context.Context, kid string) (any, error)
}

// claims is what a token says: the registered claims (RFC 7519 §4.1) and ours.
type claims struct {
	jwt.RegisteredClaims
	Stream []string `json:"stream,omitempty"`
	Can    []Action `json:"can,omitempty"`
	Room   string   `json:"room,omitempty"`
	Rooms  []string `json:"rooms,omitempty"`
	Role   string   `json:"role,omitempty"`
	Caps   []string `json:"caps,omitempty"`
	Name   string   `json:"name,omitempty"`
	Lobby  *bool    `json:"lobby,omitempty"`
}

// verifier checks the tokens of one signer. A token's kid only chooses among
// the keys of a set; otherwise it is not looked at, and every key is tried.
type verifier struct {
	parser *jwt.Parser
	alg    string
	key    any
	set    KeySet
}

func newVerifier(j JWT, now func() time.Time) (verifier, error) {
	v := verifier{alg: j.Alg, set: j.Set}
	if j.Set != nil {
		if !slices.Contains(SetAlgorithms, j.Alg) {
			return verifier{}, fmt.Errorf("algorithm %.20q of a set of keys: use %s", j.Alg, strings.Join(SetAlgorithms, ", "))
		}
	} else {
		pair, err := loadKey(j.Alg, j.Key)
		if err != nil {
			return verifier{}, err
		}
		v.key = pair.verify
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{j.Alg}),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(now),
		jwt.WithStrictDecoding(),
	}
	if j.Issuer != "" {
		options = append(options, jwt.WithIssuer(j.Issuer))
	}
	if j.Audience != "" {
		options = append(options, jwt.WithAudience(j.Audience))
	}
	v.parser = jwt.NewParser(options...)
	return v, nil
}

// isSigned tells a signed token (RFC 7515 §3.1) from a key, which has no dots.
func isSigned(token string) bool { return strings.Count(token, ".") == 2 }

// signed tries every signer. The error is the one that came furthest: a bad
// signature with one key says less than an expiry with another.
func (k *Keyring) signed(ctx context.Context, token string) (Grant, error) {
	best := failure{why: "unknown key"}
	var unavailable error
	for _, v := range k.jwt {
		g, err := v.verify(ctx, token)
		if err == nil {
			if err := k.denied(ctx, g.Proof.Token); err != nil {
				return Grant{}, err
			}
			return g, nil
		}
		if errors.Is(err, ErrUnavailable) {
			unavailable = err
		}
		if f := explain(err); f.depth > best.depth {
			best = f
		}
	}
	if unavailable != nil { // that signer might have made it
		return Grant{}, ErrUnavailable
	}
	if best.why == outdated {
		return Grant{}, ErrPast
	}
	return Grant{}, fmt.Errorf("%w: %s", ErrInvalidToken, best.why)
}

func (v verifier) verify(ctx context.Context, token string) (Grant, error) {
	var c claims
	t, err := v.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) { return v.find(ctx, t) })
	if err != nil {
		return Grant{}, err
	}
	// RFC 7515 §4.1.11: an extension that is marked critical and not understood
	// makes the token invalid. We understand none.
	if _, critical := t.Header["crit"]; critical {
		return Grant{}, errCritical
	}
	g := Grant{
		Identity: tokenIdentity(token), Sub: c.Subject, Stream: c.Stream, Can: c.Can,
		Room: c.Room, Rooms: c.Rooms, Role: c.Role, Caps: c.Caps, Name: c.Name, Lobby: c.Lobby,
		Expires: c.ExpiresAt.Time, Proof: Proof{Token: c.ID},
	}
	if c.Subject != "" {
		g.Identity = subject(c.Subject)
	}
	return g, nil
}

// maxKid is longer than the ids of keys are, in bytes.
const maxKid = 256

// find returns the key that has signed a token. The token's algorithm is the
// configured one by now; that the kind of key fits it is checked here, so that
// a public key is never taken for a secret.
func (v verifier) find(ctx context.Context, t *jwt.Token) (any, error) {
	if v.set == nil {
		return v.key, nil
	}
	kid, ok := t.Header["kid"].(string)
	if _, named := t.Header["kid"]; named && !ok || len(kid) > maxKid {
		return nil, fmt.Errorf("%w: unknown key", ErrInvalidToken)
	}
	key, err := v.set.Key(ctx, kid)
	if err != nil {
		return nil, err
	}
	if !fits(v.alg, key) {
		return nil, fmt.Errorf("%w: the key is for another algorithm", ErrInvalidToken)
	}
	return key, nil
}

// outdated is why a token is refused that was good once.
const outdated = "expired"

var errCritical = errors.New("critical header")

// failure is our own word for why a token was refused; the library's may quote
// the token.
type failure struct {
	depth int
	why   string
}

// explain tells how far a token came. The order is that of the checks.
func explain(err error) failure {
	for i, known := range []struct {
		err error
		why string
	}{
		{ErrInvalidToken, "unknown key"}, // of a set
		{jwt.ErrTokenMalformed, "malformed"},
		{jwt.ErrTokenUnverifiable, "unknown algorithm"},
		{jwt.ErrTokenSignatureInvalid, "not signed by a configured key"},
		{errCritical, "has a critical header"},
		{jwt.ErrTokenRequiredClaimMissing, "a required claim is missing"},
		{jwt.ErrTokenExpired, outdated},
		{jwt.ErrTokenNotValidYet, "not valid yet"},
		{jwt.ErrTokenInvalidIssuer, "wrong issuer"},
		{jwt.ErrTokenInvalidAudience, "wrong audience"},
	} {
		if errors.Is(err, known.err) {
			return failure{i + 1, known.why}
		}
	}
	return failure{1, "malformed"}
}

// Sign makes a token with j for g at the time at: g's Sub, Stream, Can, and its
// place in rooms, until g.Expires, which must lie after at. Patterns must be
// sound (CheckPattern, CheckRoomPattern); j must hold a secret or a private key, else the error wraps
// ErrCannotSign.
func Sign(j JWT, g Grant, at time.Time) (string, error) {
	if len(j.Key) == 0 {
		return "", fmt.Errorf("%w: it is somebody else's", ErrCannotSign)
	}
	pair, err := loadKey(j.Alg, j.Key)
	if err != nil {
		return "", err
	}
	if pair.sign == nil {
		return "", fmt.Errorf("%w: the %s key is public", ErrCannotSign, j.Alg)
	}
	if !g.Expires.After(at) {
		return "", fmt.Errorf("the token would end before it begins")
	}
	for _, p := range g.Stream {
		if err := CheckPattern(p); err != nil {
			return "", err
		}
	}
	for _, p := range g.Rooms {
		if err := CheckRoomPattern(p); err != nil {
			return "", err
		}
	}
	c := claims{
		RegisteredClaims: jwt.RegisteredClaims{
			ID: rand.Text(), Issuer: j.Issuer, Subject: g.Sub,
			IssuedAt: jwt.NewNumericDate(at), ExpiresAt: jwt.NewNumericDate(g.Expires),
		},
		Stream: g.Stream, Can: g.Can,
		Room: g.Room, Rooms: g.Rooms, Role: g.Role, Caps: g.Caps, Name: g.Name, Lobby: g.Lobby,
	}
	if j.Audience != "" {
		c.Audience = jwt.ClaimStrings{j.Audience}
	}
	token, err := jwt.NewWithClaims(pair.method, c).SignedString(pair.sign)
	if err != nil {
		return "", fmt.Errorf("sign with %s: %w", j.Alg, err)
	}
	if len(token) > MaxToken {
		return "", fmt.Errorf("the token has %d bytes, more than the %d that are accepted", len(token), MaxToken)
	}
	return token, nil
}

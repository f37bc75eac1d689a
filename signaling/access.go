package signaling

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"lectern/internal/auth"
)

// Authorizer decides who may publish and watch. The error wraps ErrNoToken,
// ErrInvalidToken or ErrDenied, or is a failure to decide.
type Authorizer = auth.Decider

// Access is the question that an Authorizer is asked.
type Access = auth.Request

// Grant is an Authorizer's answer. Its Identity says whose a stream is: the
// same one may take its stream over, another may not.
type Grant = auth.Grant

// Action is what somebody wants to do with a stream.
type Action = auth.Action

// The actions.
const (
	Publish = auth.Publish
	Watch   = auth.Watch
)

// What a refusal is.
var (
	// ErrNoToken says that a token is needed and none was given: 401.
	ErrNoToken = auth.ErrNoToken
	// ErrInvalidToken says that the token is not good: 401.
	ErrInvalidToken = auth.ErrInvalidToken
	// ErrDenied says that the token is good, but does not allow this: 403.
	ErrDenied = auth.ErrDenied
)

// everybody may do everything, as one identity.
type everybody struct{}

func (everybody) Decide(_ context.Context, r Access) (Grant, error) {
	return Grant{Identity: "everybody", Stream: []string{r.Stream}, Can: []Action{r.Action}}, nil
}

// bearer returns the request's token, "" when there is none (RFC 6750 §2.1).
func (s *Server) bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") { // RFC 9110 §11.1
		return strings.TrimSpace(token)
	}
	if s.options.QueryToken {
		query := r.URL.Query()
		for _, name := range []string{"token", "k"} {
			if query.Has(name) {
				return query.Get(name)
			}
		}
	}
	return ""
}

// decide asks the Authorizer, within the limit on refusals. A token that was
// accepted from this address before is not held up by what else comes from
// there: a school is one address.
func (s *Server) decide(r *http.Request, from client, action Action, stream string) (Grant, error) {
	token, now := s.bearer(r), s.options.Now()
	bucket := string(action) + " " + from.key
	memory := bucket + " " + digest(token)
	if token != "" {
		if _, known := s.accepted.get(memory); !known {
			if wait := s.refused.peek(bucket, now); wait > 0 {
				return Grant{}, tooMany("refused attempts", wait)
			}
		}
	}
	grant, err := s.options.Authorizer.Decide(r.Context(), Access{
		Action: action, Stream: stream, Token: token, Loopback: from.loopback, Remote: from.ip,
	})
	switch {
	case err == nil, stream == "" && errors.Is(err, ErrDenied):
		s.accepted.put(memory, struct{}{})
	case errors.Is(err, ErrNoToken), errors.Is(err, ErrInvalidToken), errors.Is(err, ErrDenied):
		if wait := s.refused.take(bucket, now); wait > 0 {
			return Grant{}, tooMany("refused attempts", wait)
		}
		s.log.Warn("refused", "action", action, "source", stream, "remote", from.ip, "cause", err)
	}
	return grant, err
}

// owner is who made a session.
type owner struct {
	action   Action
	stream   string
	identity string
	token    string // its digest
}

// check says whether the request comes from the owner: with the token that
// made the session, or one of the same identity, such as a renewed one. Who
// needed no token to make it needs none to end it; the URL is the secret then.
func (s *Server) check(r *http.Request, from client, o owner) error {
	token := s.bearer(r)
	if equal(digest(token), o.token) {
		return nil
	}
	grant, err := s.decide(r, from, o.action, o.stream)
	switch {
	case err != nil:
		return err
	case equal(grant.Identity, o.identity):
		return nil
	case token == "":
		return ErrNoToken
	}
	return errNotYours
}

// nobody is the digest of no token.
var nobody = digest("")

// digest stands for a token where it is kept, so that it is not.
func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

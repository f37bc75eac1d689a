package signaling

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"lectern/internal/auth"
	"lectern/internal/limit"
	"lectern/internal/trace"
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
	// ErrUnavailable says that nobody can decide at the moment: 503.
	ErrUnavailable = auth.ErrUnavailable
)

// Causes of the end of a session, see Grant.
var (
	ErrRevoked = auth.ErrRevoked
	ErrExpired = auth.ErrExpired
)

// Ender is an Authorizer that wants to hear when sessions have ended.
type Ender = auth.Ender

// everybody may do everything, as one identity.
type everybody struct{}

func (everybody) Decide(_ context.Context, r Access) (Grant, error) {
	return Grant{Identity: "everybody", Stream: []string{r.Stream}, Can: []Action{r.Action}, Room: r.Room, Role: auth.RoleTeacher}, nil
}

// tokenNames are those of a token in a URL's query.
var tokenNames = []string{"token", "k"}

// bearer returns the request's token, "" when there is none (RFC 6750 §2.1). It is
// the one place where a token comes from, that of the owner's page too.
func (s *Server) bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") { // RFC 9110 §11.1
		return strings.TrimSpace(token)
	}
	if s.options.QueryToken {
		query := r.URL.Query()
		for _, name := range tokenNames {
			if query.Has(name) {
				return query.Get(name)
			}
		}
	}
	key, _, _ := s.visitor(r) // none, for who is not logged in
	return key
}

// access is what the Authorizer is asked about a request that begins nothing.
func (s *Server) access(r *http.Request, from client, action Action, stream string) Access {
	if action == taking {
		return s.accessToSeat(r, from, stream)
	}
	return Access{Action: action, Stream: stream, Token: s.bearer(r), Loopback: from.loopback, Remote: from.ip}
}

// decide asks whether a request may do something that begins no session.
func (s *Server) decide(r *http.Request, from client, action Action, stream string) (Grant, error) {
	return s.ask(r.Context(), from, s.access(r, from, action, stream))
}

// ask asks the Authorizer, within the limit on refusals. A token that was
// accepted from this address before is not held up by what else comes from
// there: a school is one address.
func (s *Server) ask(ctx context.Context, from client, a Access) (Grant, error) {
	now := s.options.Now()
	bucket := string(a.Action) + " " + from.key
	memory := bucket + " " + digest(a.Token)
	if a.Token != "" {
		if _, known := s.accepted.get(memory); !known {
			if wait := s.refused.peek(bucket, now); wait > 0 {
				return Grant{}, s.tooMany(limit.RefusedRate, "refused attempts", wait)
			}
		}
	}
	asking, span := trace.Start(ctx, "authorize", slog.String("lectern.action", string(a.Action)))
	grant, err := s.options.Authorizer.Decide(asking, a)
	span.End()
	switch {
	case err == nil, a.Stream == "" && a.Room == "" && a.Action != auth.Admin && errors.Is(err, ErrDenied):
		s.accepted.put(memory, struct{}{})
	case errors.Is(err, ErrNoToken), errors.Is(err, ErrInvalidToken), errors.Is(err, ErrDenied):
		if wait := s.refused.take(bucket, now); wait > 0 {
			return Grant{}, s.tooMany(limit.RefusedRate, "refused attempts", wait)
		}
		s.refusedAccess(a, err)
		s.log.WarnContext(ctx, "refused", "code", codeOf(err), "action", a.Action, "source", cmp.Or(a.Stream, a.Room), "remote", from.ip, "cause", err)
	}
	return grant, err
}

// beginning is what the Authorizer is asked about a session that begins when
// the answer is yes.
func (s *Server) beginning(r *http.Request, from client, p protocol, stream, label string) Access {
	a := s.access(r, from, p.action, stream)
	a.Session, a.Protocol = label, p.name
	a.Args = r.URL.Query()
	for _, name := range tokenNames {
		a.Args.Del(name)
	}
	a.Agent = r.UserAgent()
	a.URL = s.origin(r) + r.URL.Path
	a.Page, _, _ = strings.Cut(cmp.Or(r.Referer(), r.Header.Get("Origin")), "?")
	return a
}

// ended tells the Authorizer that a session which it let begin has ended.
func (s *Server) ended(a Access) {
	if e, ok := s.options.Authorizer.(Ender); ok {
		e.End(a)
	}
}

// owner is who made a session.
type owner struct {
	action   Action
	stream   string // that the session has
	asked    string // that the token was good for: another one when it was renamed
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
	grant, err := s.decide(r, from, o.action, o.asked)
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

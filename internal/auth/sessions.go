package auth

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"lectern/internal/audit"
)

// Live is a session that a decision let begin.
type Live struct {
	ID       string     `json:"id"` // as logs name it; not the secret of its URL
	Action   Action     `json:"action"`
	Stream   string     `json:"stream"` // that was asked for
	Protocol string     `json:"protocol"`
	Identity string     `json:"identity"`
	Sub      string     `json:"sub,omitempty"`
	Name     string     `json:"name,omitempty"` // of somebody in a room, as he is called there
	Remote   netip.Addr `json:"remote,omitzero"`
	Agent    string     `json:"agent,omitempty"` // what the client calls itself
	Since    time.Time  `json:"since"`
}

// Sessions decide as a Keyring does, and keep in mind which sessions that let
// begin: the owner can see and end them, and they end when the key or token is
// taken back that they rest on. It is safe for concurrent use.
type Sessions struct {
	keyring *Keyring
	log     *audit.Log
	now     func() time.Time

	mu   sync.Mutex
	live map[sessionKey]*liveSession
}

// sessionKey is what tells sessions apart.
type sessionKey struct {
	action   Action
	protocol string
	session  string
}

func keyOf(r Request) sessionKey { return sessionKey{r.Action, r.Protocol, r.Session} }

type liveSession struct {
	Live
	proof   Proof
	revoked chan struct{}
	over    bool // revoked is closed
}

var (
	_ Decider = (*Sessions)(nil)
	_ Ender   = (*Sessions)(nil)
)

// NewSessions makes Sessions that ask k. log nil keeps nothing.
func NewSessions(k *Keyring, log *audit.Log) *Sessions {
	return &Sessions{keyring: k, log: log, now: k.now, live: map[sessionKey]*liveSession{}}
}

// Decide implements Decider.
func (s *Sessions) Decide(ctx context.Context, r Request) (Grant, error) {
	grant, err := s.keyring.Decide(ctx, r)
	if r.Session == "" {
		return grant, err
	}
	if err != nil {
		if !errors.Is(err, ErrUnavailable) {
			s.log.Record(audit.Entry{Action: audit.Refused, Remote: r.Remote, Source: r.Stream, Room: r.Room, Session: r.Session,
				Protocol: r.Protocol, Detail: string(r.Action) + ": " + err.Error()})
		}
		return grant, err
	}
	grant.Revoked = s.Begin(r, grant)
	return grant, nil
}

// Begin keeps a session in mind that somebody else has let begin, in the place of
// one that began with the same request. The channel is closed when it has to end.
// The caller calls End once.
func (s *Sessions) Begin(r Request, g Grant) (revoked <-chan struct{}) {
	l := &liveSession{
		Live: Live{
			ID: r.Session, Action: r.Action, Stream: cmp.Or(r.Stream, r.Room), Protocol: r.Protocol,
			Identity: g.Identity, Sub: g.Sub, Remote: r.Remote, Agent: cut(r.Agent), Since: s.now().UTC(),
		},
		proof: g.Proof, revoked: make(chan struct{}),
	}
	if r.Action == Join {
		l.Name = g.Name
	}
	s.mu.Lock()
	s.live[keyOf(r)] = l
	s.mu.Unlock()
	if r.Action == Publish {
		s.log.Record(l.entry(audit.Publish))
	}
	return l.revoked
}

// maxAgent bounds what a client's own words take, in bytes.
const maxAgent = 200

func cut(text string) string { return strings.ToValidUTF8(text[:min(len(text), maxAgent)], "") }

// End implements Ender.
func (s *Sessions) End(r Request) {
	s.mu.Lock()
	l, ok := s.live[keyOf(r)]
	delete(s.live, keyOf(r))
	s.mu.Unlock()
	if ok && r.Action == Publish {
		s.log.Record(l.entry(audit.PublishEnd))
	}
}

func (l *liveSession) entry(action string) audit.Entry {
	e := audit.Entry{Action: action, Who: l.Identity, Remote: l.Remote, Session: l.ID, Protocol: l.Protocol}
	if l.Action == Join {
		e.Room = l.Stream
	} else {
		e.Source = l.Stream
	}
	return e
}

// List returns the sessions that live, oldest first.
func (s *Sessions) List() []Live {
	s.mu.Lock()
	list := make([]Live, 0, len(s.live))
	for _, l := range s.live {
		list = append(list, l.Live)
	}
	s.mu.Unlock()
	slices.SortFunc(list, func(a, b Live) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID)) })
	return list
}

// Kick ends the session with an id, with ErrRevoked as the cause, and returns
// what it was; ok is false when there is none.
func (s *Sessions) Kick(id string) (was Live, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.live {
		if l.ID == id {
			l.end()
			return l.Live, true
		}
	}
	return Live{}, false
}

// end may be called again.
func (l *liveSession) end() {
	if !l.over {
		l.over = true
		close(l.revoked)
	}
}

// recheckEvery bounds, with the time that it takes to ask, how long media go on
// after their key or token was taken back.
const recheckEvery = time.Second

// Run looks every second whether the sessions may still go on, until ctx ends.
func (s *Sessions) Run(ctx context.Context) {
	tick := time.NewTicker(recheckEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.Recheck(ctx)
		}
	}
}

// Recheck ends the sessions whose key or token was taken back. Where nobody can
// say so at the moment they go on.
func (s *Sessions) Recheck(ctx context.Context) {
	s.mu.Lock()
	resting := map[Proof]bool{}
	for _, l := range s.live {
		if l.proof != (Proof{}) && !l.over {
			resting[l.proof] = true
		}
	}
	s.mu.Unlock()
	for proof := range resting { // what is asked may be elsewhere: no lock is held
		if errors.Is(s.keyring.holds(ctx, proof), ErrInvalidToken) {
			s.revoke(proof)
		}
	}
}

func (s *Sessions) revoke(proof Proof) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.live {
		if l.proof == proof && !l.over {
			l.end()
			s.log.Record(l.entry(audit.Revoke)) // does not wait
		}
	}
}

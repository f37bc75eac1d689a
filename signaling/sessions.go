package signaling

import (
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"lectern/sfu/peer"
)

// session is what a session URL stands for.
type session struct {
	protocol protocol
	id       string // the secret part of its URL
	label    string // names it in logs
	owner    owner
	access   Access    // that the Authorizer was asked for
	grant    Grant     // that it gave
	asked    time.Time // when the client did
	peer     *peer.Peer
	requests *rate.Limiter
	log      *slog.Logger
	settled  func() // ends its count among those in setup; may be called again

	// One PATCH at a time: whether If-Match holds and what is then done are
	// one step, so that a late request cannot hit a newer ICE session.
	patching sync.Mutex
	restarts []restart // the last ones, in their order

	mu       sync.Mutex
	etag     string // of the present ICE session
	streams  map[string]*eventStream
	listener chan struct{} // closed when another one is told about the layers
}

// restart is an ICE restart: what was asked, and what was answered. A client
// that does not get the answer asks again, in the same words.
type restart struct{ fragment, answer string }

// maxRestarts is how many are remembered, so that a late one which was said
// to match anything (If-Match: *) does not undo what followed it.
const maxRestarts = 4

// newID returns a secret of ≥ 128 bits (RFC 9725 §5).
func newID() string { return rand.Text() }

// labelOf is what a session is called where others read it.
func labelOf(id string) string { return digest(id)[:12] }

func newSession(p protocol, id string, o owner, a Access, g Grant, requests Rate, asked time.Time) *session {
	return &session{
		protocol: p,
		id:       id,
		label:    labelOf(id),
		owner:    o,
		access:   a,
		grant:    g,
		asked:    asked,
		requests: requests.limiter(),
		etag:     newTag(),
		streams:  map[string]*eventStream{},
	}
}

// newTag returns a strong entity tag (RFC 9110 §8.8.3).
func newTag() string { return `"` + rand.Text() + `"` }

func (s *session) tag() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.etag
}

func (s *session) setTag(tag string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.etag = tag
}

const (
	// leftKept is how long a session can still be deleted that the client's
	// own DTLS close has ended.
	leftKept = 10 * time.Second
	// maxLeft bounds how many of them are remembered, the last ones.
	maxLeft = 4096
)

// sessions are those that live, and for a short time those that have left.
type sessions struct {
	now  func() time.Time
	left *recent[departure]

	mu     sync.Mutex
	byID   map[string]*session
	closed bool
}

// departure is a session that the client has left.
type departure struct {
	protocol string
	owner    owner
	till     time.Time
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, left: newRecent[departure](maxLeft), byID: map[string]*session{}}
}

// add says false when close has been called.
func (l *sessions) add(s *session) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.byID[s.id] = s
	return true
}

func (l *sessions) get(p protocol, id string) (*session, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.byID[id]
	return s, ok && s.protocol.name == p.name
}

// take removes a session; only one of those who do is told true.
func (l *sessions) take(s *session) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.byID[s.id]
	delete(l.byID, s.id)
	return ok
}

// departed returns the owner of a session that its client has just left.
func (l *sessions) departed(p protocol, id string) (owner, bool) {
	d, ok := l.left.get(id)
	return d.owner, ok && d.protocol == p.name && l.now().Before(d.till)
}

// depart replaces a session by the memory of it.
func (l *sessions) depart(s *session) {
	l.left.put(s.id, departure{s.protocol.name, s.owner, l.now().Add(leftKept)})
	l.take(s)
}

func (l *sessions) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.byID)
}

// close ends all sessions and waits for that.
func (l *sessions) close() {
	l.mu.Lock()
	l.closed = true
	var ending sync.WaitGroup
	for _, s := range l.byID {
		ending.Go(func() { s.peer.Close(nil) })
	}
	l.mu.Unlock()
	ending.Wait()
}

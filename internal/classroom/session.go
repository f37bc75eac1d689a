package classroom

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"lectern/internal/room"
)

// session is a member's stay in a class, over as many connections as it takes.
// Its class's lock guards it.
type session struct {
	id     string
	key    [sha256.Size]byte // the digest of what the client resumes with
	member room.MemberID
	join   room.Join // with which it began
	right  right     // on which it rests
	ring   ring
	line   Line      // nil while the connection is lost
	lost   time.Time // when it was
	stale  bool      // of an earlier run of the server: the client's numbers mean nothing

	revoked <-chan struct{} // closed when it has to end
	end     func()          // says that it has; nil when nobody keeps it in mind
}

// newSession returns a session and the key to it, which is kept nowhere.
func newSession(id string, m room.MemberID, j room.Join) (s *session, key string) {
	key = rand.Text()
	return &session{id: id, key: sha256.Sum256([]byte(key)), member: m, join: j}, key
}

// newSessionID names a session; it opens nothing.
func newSessionID() string { return SessionPrefix + rand.Text() }

func (s *session) opens(key string) bool {
	sum := sha256.Sum256([]byte(key))
	return subtle.ConstantTimeCompare(sum[:], s.key[:]) == 1
}

// tell sends a message, and keeps it when it can be asked for again.
func (s *session) tell(m *Message, at time.Time) {
	if m.Seq != 0 {
		s.ring.add(m, at)
	}
	if s.line != nil {
		s.line.Send(m)
	}
}

package classroom

import (
	"crypto/sha256"
	"sync"
	"time"

	"lectern/internal/room"
)

const (
	// reportsFor is how long a teacher's session reads the reports of its class
	// when that is over: the page that says so offers them.
	reportsFor = time.Hour
	// maxAfterwards bounds the sessions of which that is remembered; of more, the
	// one that ends first is forgotten.
	maxAfterwards = 4096
)

// afterwards are the sessions of teachers whose class is over. They read reports
// and nothing else. The zero value is ready.
type afterwards struct {
	mu   sync.Mutex
	kept map[string]past // by the session's ID
}

// past is such a session.
type past struct {
	room  string
	class int64 // in the store
	key   [sha256.Size]byte
	till  time.Time
}

func (a *afterwards) remember(s *session, name string, class int64, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.kept == nil {
		a.kept = map[string]past{}
	}
	first := ""
	for id, p := range a.kept {
		if at.After(p.till) {
			delete(a.kept, id)
			continue
		}
		if first == "" || p.till.Before(a.kept[first].till) {
			first = id
		}
	}
	if len(a.kept) >= maxAfterwards {
		delete(a.kept, first)
	}
	a.kept[s.id] = past{name, class, s.key, at.Add(reportsFor)}
}

// class returns the class whose reports a session reads, given with its key.
func (a *afterwards) class(name, id, key string, at time.Time) (number int64, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, ok := a.kept[id]
	if !ok || p.room != name || at.After(p.till) {
		return 0, false
	}
	return p.class, (&session{key: p.key}).opens(key)
}

// Newest stands for a room's present class, or its last one.
const Newest int64 = 0

// MayReport says whether a session of a room, given with its key, reads reports,
// and of which class.
func (r *Rooms) MayReport(name, id, key string) (class int64, ok bool) {
	if r.Holds(name, id, key, room.CapTeach) {
		return Newest, true
	}
	return r.after.class(name, id, key, r.options.Now())
}

package event

import (
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Kept is how many events a Log keeps, of all kinds: about two minutes of a
// school in which three hundred people change rooms.
const Kept = 4096

// Log is the last events. It is safe for concurrent use.
type Log struct {
	name string // of this one, in all IDs

	mu     sync.Mutex
	ring   [Kept]Event   // by number modulo Kept
	oldest uint64        // number of the first that can be read
	last   uint64        // of the newest
	more   chan struct{} // closed by the next change; nil while nobody waits
}

// NewLog returns an empty Log.
func NewLog() *Log {
	return &Log{name: strings.ToLower(rand.Text()[:13]), oldest: 1} // 65 bits: no two servers have the same
}

// Add appends an event: its ID and Number are set, and At where there is none.
func (l *Log) Add(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.At.IsZero() {
		e.At = time.Now()
	}
	l.last++
	e.Number, e.ID = l.last, l.id(l.last)
	l.ring[l.last%Kept] = e
	if l.last-l.oldest >= Kept {
		l.oldest = l.last - Kept + 1
	}
	l.wakeLocked()
}

// Break says that events are missing here: whoever reads on from before it is
// told of a gap.
func (l *Log) Break() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	l.oldest = l.last + 1
	l.wakeLocked()
}

func (l *Log) wakeLocked() {
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
}

// Last is the number of the newest event, 0 before the first.
func (l *Log) Last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Read returns the events after the one with a number, in their order, no more
// than limit of them. missed is how many there were before these that are not
// kept any more, at the least. Where both are nothing, more is closed when
// there is something.
func (l *Log) Read(after uint64, limit int) (events []Event, missed uint64, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	after = min(after, l.last)
	if after+1 < l.oldest {
		missed = l.oldest - 1 - after
		after = l.oldest - 1
	}
	for n := after + 1; n <= l.last && len(events) < limit; n++ {
		events = append(events, l.ring[n%Kept])
	}
	if missed == 0 && len(events) == 0 {
		if l.more == nil {
			l.more = make(chan struct{})
		}
		more = l.more
	}
	return events, missed, more
}

// ID is that of the event with a number.
func (l *Log) ID(number uint64) string { return l.id(number) }

func (l *Log) id(number uint64) string { return l.name + "-" + strconv.FormatUint(number, 10) }

// Number is what ID has made the text of; false where it is not of this Log:
// of another server, or of before a restart.
func (l *Log) Number(id string) (uint64, bool) {
	name, digits, ok := strings.Cut(id, "-")
	if !ok || name != l.name {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil && n <= l.Last()
}

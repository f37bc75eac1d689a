package ffmpeg

import (
	"bytes"
	"sync"
	"time"
)

const (
	// queueLen bounds what waits for a process, in octets: two seconds of the
	// fastest stream that Lectern takes, 20 Mbit/s.
	queueLen = 5 << 20

	// queueAge bounds how long a unit waits: a picture that is older is no
	// longer live.
	queueAge = 2 * time.Second
)

// queue holds units for the process. When it is full, or what is in it is too
// old, units are dropped up to the next key one, which then takes the place of
// all that wait.
type queue struct {
	wake chan struct{} // a unit has come, or another header

	mu       sync.Mutex
	header   []byte
	changed  bool // the header is another one than begin returned
	units    []unit
	size     int
	skipping bool // up to the next key unit
	dropped  uint64
}

type unit struct {
	data []byte
	key  bool
	came time.Time
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1), skipping: true} }

// setHeader replaces what a process gets first, and forgets what belongs to
// the old header.
func (q *queue) setHeader(header []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if bytes.Equal(q.header, header) {
		return
	}
	q.header, q.changed = header, true
	q.dropLocked(len(q.units))
	q.skipping = true
	q.signal()
}

// put adds a unit and says whether it was taken.
func (q *queue) put(u unit) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	full := q.size+len(u.data) > queueLen || len(q.units) > 0 && u.came.Sub(q.units[0].came) > queueAge
	if full && u.key {
		q.dropLocked(len(q.units))
		full = len(u.data) > queueLen
	}
	if full || q.skipping && !u.key {
		q.skipping = true
		q.dropped++
		return false
	}
	q.skipping = false
	q.units = append(q.units, u)
	q.size += len(u.data)
	q.signal()
	return true
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// ready says whether a process could begin.
func (q *queue) ready() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lastKeyLocked() >= 0
}

func (q *queue) lastKeyLocked() int {
	for i := len(q.units) - 1; i >= 0; i-- {
		if q.units[i].key {
			return i
		}
	}
	return -1
}

// begin returns the header for a new process, which goes on with the newest
// key unit: what is older would only be late.
func (q *queue) begin() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.changed = false
	if last := q.lastKeyLocked(); last >= 0 {
		q.dropLocked(last)
	} else {
		q.dropLocked(len(q.units))
		q.skipping = true
	}
	return q.header
}

// take returns the next unit, if there is one, and whether the header is no
// longer the process's.
func (q *queue) take() (u unit, ok, changed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.changed || len(q.units) == 0 {
		return unit{}, false, q.changed
	}
	u = q.units[0]
	q.units[0] = unit{}
	q.units = q.units[1:]
	q.size -= len(u.data)
	return u, true, false
}

// dropLocked drops the first n units.
func (q *queue) dropLocked(n int) {
	for _, u := range q.units[:n] {
		q.size -= len(u.data)
	}
	q.dropped += uint64(n)
	q.units = append([]unit(nil), q.units[n:]...)
}

func (q *queue) drops() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

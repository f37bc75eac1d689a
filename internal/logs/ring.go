// Package logs keeps the newest lines of the log in memory, for the owner's
// eyes while the server runs.
//
// Invariant: the ring holds what the log was given, and no more: lines of a
// level that is logged, values as their LogValue shows them, so that a secret
// which masks itself is masked here too; and it is bounded in lines and bytes,
// whatever is logged.
package logs

import (
	"sync"
)

const (
	// Kept is how many lines there are at the most, the newest.
	Kept = 2000
	// maxText bounds a message, and a value, in bytes.
	maxText = 1 << 10
	// maxAttrs bounds the values of a line.
	maxAttrs = 32
	// tailQueue is how many lines may wait for one who follows; one that is
	// slower than that misses lines, and is told how many.
	tailQueue = 256
)

// Ring is the newest lines. Its methods are safe for concurrent use.
type Ring struct {
	mu    sync.Mutex
	lines []Line // Kept of them at the most; the oldest is at next when it is full
	next  int
	last  uint64 // number of the newest
	tails map[*Tail]struct{}
}

// NewRing returns an empty one.
func NewRing() *Ring { return &Ring{tails: map[*Tail]struct{}{}} }

// add keeps a line, and hands it to those who follow. It does not wait.
func (r *Ring) add(l Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	l.ID = r.last
	if len(r.lines) < Kept {
		r.lines = append(r.lines, l)
	} else {
		r.lines[r.next] = l
		r.next = (r.next + 1) % Kept
	}
	for t := range r.tails {
		t.put(l)
	}
}

// Lines returns the lines after the one with a number, oldest first; 0 is all
// that are kept.
func (r *Ring) Lines(after uint64) []Line {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.afterLocked(after)
}

func (r *Ring) afterLocked(after uint64) []Line {
	if after > r.last {
		after = 0 // a number of a former run
	}
	list := make([]Line, 0, len(r.lines))
	for i := range r.lines {
		if l := r.lines[(r.next+i)%len(r.lines)]; l.ID > after {
			list = append(list, l)
		}
	}
	return list
}

// Follow returns the lines that Lines would, and a Tail with those that come
// next: none is missing between the two, and none is in both. Close it.
func (r *Ring) Follow(after uint64) ([]Line, *Tail) {
	t := &Tail{ring: r, lines: make(chan Line, tailQueue)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tails[t] = struct{}{}
	return r.afterLocked(after), t
}

// Tail follows a Ring.
type Tail struct {
	ring   *Ring
	lines  chan Line
	missed uint64 // under the ring's lock
}

// Lines gives each new line.
func (t *Tail) Lines() <-chan Line { return t.lines }

// put is called under the ring's lock.
func (t *Tail) put(l Line) {
	select {
	case t.lines <- l:
	default:
		t.missed++
	}
}

// Missed returns how many lines did not find room since it was last called.
func (t *Tail) Missed() uint64 {
	t.ring.mu.Lock()
	defer t.ring.mu.Unlock()
	n := t.missed
	t.missed = 0
	return n
}

// Close ends it. It may be called again.
func (t *Tail) Close() {
	t.ring.mu.Lock()
	defer t.ring.mu.Unlock()
	delete(t.ring.tails, t)
}

// Package histogram counts durations by how long they are.
//
// Invariant: to observe one costs two atomic additions and no memory, and what
// was observed never becomes less.
package histogram

import (
	"sync/atomic"
	"time"
)

// Histogram counts durations. Its methods may be called by several goroutines.
type Histogram struct {
	bounds  []time.Duration
	buckets []atomic.Uint64 // one more than bounds
	sum     atomic.Int64    // in nanoseconds
}

// New returns a Histogram with these upper bounds, in ascending order. What is
// longer than the last counts as well.
func New(bounds ...time.Duration) *Histogram {
	return &Histogram{bounds: bounds, buckets: make([]atomic.Uint64, len(bounds)+1)}
}

// Waits are the bounds for what somebody waits for in front of a screen.
func Waits() []time.Duration {
	const ms = time.Millisecond
	return []time.Duration{
		5 * ms, 10 * ms, 25 * ms, 50 * ms, 100 * ms, 250 * ms, 500 * ms,
		1000 * ms, 2500 * ms, 5000 * ms, 10_000 * ms,
	}
}

// Observe counts one; less than nothing counts as nothing. A nil Histogram does
// not count.
func (h *Histogram) Observe(d time.Duration) {
	if h == nil {
		return
	}
	d = max(d, 0)
	i := 0
	for i < len(h.bounds) && d > h.bounds[i] {
		i++
	}
	h.sum.Add(int64(d))
	h.buckets[i].Add(1)
}

// Snapshot is a Histogram at one moment.
type Snapshot struct {
	Bounds []time.Duration
	// Counts are those up to each bound, and not up to the one before; the last
	// one is what is longer than all bounds.
	Counts []uint64
	Sum    time.Duration
}

// Snapshot returns the present counts. They may miss, or hold, what is being
// observed meanwhile.
func (h *Histogram) Snapshot() Snapshot {
	s := Snapshot{Bounds: h.bounds, Counts: make([]uint64, len(h.buckets)), Sum: time.Duration(h.sum.Load())}
	for i := range h.buckets {
		s.Counts[i] = h.buckets[i].Load()
	}
	return s
}

// Count is how many were observed.
func (s Snapshot) Count() (n uint64) {
	for _, c := range s.Counts {
		n += c
	}
	return n
}

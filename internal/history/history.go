// Package history keeps the figures of the last hour and the last day in memory,
// so that there is a picture of them without a database beside the server.
//
// Invariant: the memory is that of two rings, whatever happens: columns × 1 440
// numbers, each 8 bytes.
package history

import (
	"context"
	"math"
	"sync"
	"time"
)

// Kind is how the values of a column become one over a longer time.
type Kind int

// The kinds.
const (
	// Gauge is a value at a moment; over a longer time it is the mean.
	Gauge Kind = iota
	// Rate is a number that only grows; what is kept is its growth a second.
	Rate
	// Count is a number that only grows; what is kept is its growth.
	Count
)

// Column is one figure.
type Column struct {
	Name string
	Kind Kind
}

// Span is how far back one ring goes.
type Span struct {
	// Name is what it is asked for by.
	Name string
	// Step is the time between two values.
	Step time.Duration
}

// length is how many steps a ring has.
const length = 720

// The spans. Those of the day are made of those of the hour.
var (
	Hour = Span{"1h", 5 * time.Second}
	Day  = Span{"24h", 2 * time.Minute}
)

// many is how many steps of the hour make one of the day.
var many = int(Day.Step / Hour.Step)

// History is the rings. Run fills them; Since may be called by several
// goroutines.
type History struct {
	columns []Column
	sample  func() []float64

	mu       sync.Mutex
	hour     ring
	day      ring
	previous []float64 // the last sample; nil before the first
	at       time.Time // of it
	sum      []float64 // of the steps of the hour that the next step of the day has
	summed   int
}

// New returns a History of columns, of which sample returns the present values
// in their order; NaN is one that is not known.
func New(columns []Column, sample func() []float64) *History {
	return &History{columns: columns, sample: sample, sum: make([]float64, len(columns))}
}

// Run takes a sample each five seconds, until ctx ends.
func (h *History) Run(ctx context.Context) {
	tick := time.NewTicker(Hour.Step)
	defer tick.Stop()
	h.take(time.Now())
	for {
		select {
		case <-ctx.Done():
			return
		case at := <-tick.C:
			h.take(at)
		}
	}
}

// take adds a sample. The first one is where growth begins.
func (h *History) take(at time.Time) {
	now := h.sample()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.previous != nil {
		h.addLocked(at, h.step(now, at.Sub(h.at)))
	}
	h.previous, h.at = now, at
}

// step is what the columns have of the time between two samples.
func (h *History) step(now []float64, took time.Duration) []float64 {
	row := make([]float64, len(h.columns))
	for i, c := range h.columns {
		switch grown := math.Max(now[i]-h.previous[i], 0); c.Kind {
		case Gauge:
			row[i] = now[i]
		case Rate:
			row[i] = grown / math.Max(took.Seconds(), 1e-3)
		case Count:
			row[i] = grown
		}
	}
	return row
}

func (h *History) addLocked(at time.Time, row []float64) {
	h.hour.add(at, row)
	for i := range row {
		h.sum[i] += row[i]
	}
	if h.summed++; h.summed < many {
		return
	}
	for i, c := range h.columns {
		if c.Kind != Count {
			h.sum[i] /= float64(h.summed)
		}
	}
	h.day.add(at, h.sum)
	h.sum, h.summed = make([]float64, len(h.columns)), 0
}

// Package pressure says when a process has nearly used up what its system
// gives it, so that new work is refused while what is there goes on.
//
// Invariant: looking costs the same however full the process is, and a figure
// that is not known is no pressure.
package pressure

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	// every is how often the figures are read.
	every = 500 * time.Millisecond
	// full is the part from which on new work is refused, and relieved the one
	// from which on it is taken again: not at once, so that it does not change
	// with every session.
	full, relieved = 0.90, 0.85
)

// Figure is how much of something is used, and how much there is.
type Figure struct {
	Name        string // "open files"
	Used, Limit uint64 // Limit 0 is not known
}

func (f Figure) part() float64 {
	if f.Limit == 0 {
		return 0
	}
	return float64(f.Used) / float64(f.Limit)
}

// Gauge knows whether there is room. The zero Gauge has always.
type Gauge struct {
	log  *slog.Logger
	read func() []Figure
	over atomic.Bool
}

// New returns a Gauge that knows once Run runs. A nil log is silent.
func New(log *slog.Logger) *Gauge {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Gauge{log: log, read: figures}
}

// Full says whether new work has to be refused.
func (g *Gauge) Full() bool { return g.over.Load() }

// Run looks again and again until ctx ends.
func (g *Gauge) Run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		g.look()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// look logs one line a change of state.
func (g *Gauge) look() {
	var worst Figure
	for _, f := range g.read() {
		if f.part() >= worst.part() {
			worst = f
		}
	}
	switch over := g.over.Load(); {
	case !over && worst.part() >= full:
		g.over.Store(true)
		g.log.Warn("nearly all is used up: nobody new is taken, and what is there goes on", "code", "exhausted",
			"what", worst.Name, "used", worst.Used, "of", worst.Limit, "fix", "give the process more of it (ulimit -n, LimitNOFILE=, the container's memory), or let fewer come (limits)")
	case over && worst.part() < relieved:
		g.over.Store(false)
		g.log.Info("there is room again", "what", worst.Name, "used", worst.Used, "of", worst.Limit)
	}
}

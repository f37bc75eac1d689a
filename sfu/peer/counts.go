package peer

import (
	"sync/atomic"

	"lectern/internal/limit"
	"lectern/internal/udp"
)

// engineCounts are what an Engine counts of all its sessions.
type engineCounts struct {
	limits limit.Hits
	asked  atomic.Uint64
	panics atomic.Uint64
	forged atomic.Uint64
}

// Stats describe an Engine. What counts from the beginning never becomes less.
type Stats struct {
	Sessions, Pending int // at the moment; those in setup are in both, or in Pending alone
	// Asked are the packets that publishers were asked to send again.
	Asked  uint64
	Panics uint64
	// Forged are the packets that came to viewers' sessions, and were dropped
	// because they were not sealed with the session's keys, or came once more.
	Forged uint64
	// Limits are how often those of Limits and Options were met.
	Limits limit.Counts
	// UDP is what was sent on Options.UDP.
	UDP udp.Stats
}

// Stats counts.
func (e *Engine) Stats() Stats {
	s := Stats{Asked: e.counts.asked.Load(), Panics: e.counts.panics.Load(), Forged: e.counts.forged.Load(), Limits: e.counts.limits.Counts()}
	if e.socket != nil {
		s.UDP = e.socket.Stats()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s.Sessions, s.Pending = len(e.peers), e.pending
	return s
}

package rtmp

import (
	"errors"
	"maps"
	"sync"
	"sync/atomic"

	"lectern/bridge/rtmp/wire"
	"lectern/internal/auth"
	"lectern/internal/cause"
	"lectern/internal/limit"
	"lectern/sfu"
)

// Stats describe a Server. What counts from the beginning never becomes less.
type Stats struct {
	Publishers, Players int // at the moment
	// Began are the sessions that were let begin, Ended those that have ended.
	Began map[string]uint64 // by what was asked for: "publish" or "play"
	Ended map[End]uint64
	// Limits are how often those of Limits were met.
	Limits      limit.Counts
	Panics      uint64
	Transcoders TranscoderStats
}

// End is how a session has ended.
type End struct {
	Asked string // for what: "publish" or "play"
	Cause string // one of Causes
}

// Causes are the words that End has.
func Causes() []string { return causes.Words() }

// causes are words for why sessions end.
var causes = cause.Table{
	{Err: errDeleted, Word: "deleted"},
	{Err: errGone, Word: "left"},
	{Err: errSilent, Word: "timeout"},
	{Err: errNoMedia, Word: "timeout"},
	{Err: errExcess, Word: "excess"},
	{Err: auth.ErrRevoked, Word: "revoked"},
	{Err: auth.ErrExpired, Word: "expired"},
	{Err: sfu.ErrReplaced, Word: "replaced"},
	{Err: sfu.ErrEnded, Word: "ended"},
	{Err: sfu.ErrClosed, Word: "closed"},
	{Err: errStopping, Word: "closed"},
	{Err: errCodec, Word: "codec"},
}

// limitCauses are the limits that end connections by themselves.
var limitCauses = []struct {
	err   error
	limit limit.Name
}{
	{wire.ErrLimit, limit.RTMPMessage},
	{errSlow, limit.RTMPSetup},
	{errSilent, limit.RTMPSilence},
	{errNoMedia, limit.RTMPSilence},
}

// serverCounts are what a Server counts of all its sessions.
type serverCounts struct {
	limits limit.Hits
	panics atomic.Uint64

	mu     sync.Mutex
	begins map[string]uint64
	ends   map[End]uint64
}

func (c *serverCounts) began(asked string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.begins == nil {
		c.begins = map[string]uint64{}
	}
	c.begins[asked]++
}

func (c *serverCounts) ended(asked string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ends == nil {
		c.ends = map[End]uint64{}
	}
	c.ends[End{asked, causes.Word(err)}]++
}

// limited counts the limit that has ended a connection, if it was one.
func (c *serverCounts) limited(cause error) {
	for _, l := range limitCauses {
		if errors.Is(cause, l.err) {
			c.limits.Add(l.limit)
			return
		}
	}
}

// Stats counts.
func (s *Server) Stats() Stats {
	stats := Stats{Limits: s.counts.limits.Counts(), Panics: s.counts.panics.Load()}
	stats.Publishers, stats.Players = s.connections.present()
	stats.Transcoders, stats.Limits[limit.Transcoders] = s.options.transcoders.stats()
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	stats.Began, stats.Ended = maps.Clone(s.counts.begins), maps.Clone(s.counts.ends)
	return stats
}

package signaling

import (
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"lectern/internal/cause"
	"lectern/internal/classroom"
	"lectern/internal/histogram"
	"lectern/internal/limit"
	"lectern/sfu"
	"lectern/sfu/peer"
)

// Stats describe a Server. What counts from the beginning never becomes less.
type Stats struct {
	Sessions map[string]int // live ones, by protocol: "whip" or "whep"
	Setups   int            // of them, those that are being set up
	Feeds    int            // connections to the events of streams
	Sockets  int            // WebSockets to rooms
	// Began are the sessions that were made, Ended those that have ended.
	Began map[string]uint64 // by protocol
	Ended map[End]uint64
	// Joins is how long it took from the request to the connection, by protocol.
	Joins map[string]histogram.Snapshot
	// Problems are the requests that were answered with an error, by its code.
	Problems map[string]uint64
	// Limits are how often those of Limits were met.
	Limits limit.Counts
	Panics uint64
}

// End is how a session has ended.
type End struct {
	Protocol string // "whip" or "whep"
	Cause    string // one of Causes
}

// Causes are the words that End has.
func Causes() []string { return causes.Words() }

// causes are words for why sessions end.
var causes = cause.Table{
	{Err: errDeleted, Word: "deleted"},
	{Err: peer.ErrLeft, Word: "left"},
	{Err: peer.ErrNoConnection, Word: "no_connection"},
	{Err: peer.ErrTimeout, Word: "timeout"},
	{Err: peer.ErrExcess, Word: "excess"},
	{Err: peer.ErrUnsupported, Word: "codec"},
	{Err: peer.ErrClosed, Word: "closed"},
	{Err: ErrRevoked, Word: "revoked"},
	{Err: ErrExpired, Word: "expired"},
	{Err: sfu.ErrReplaced, Word: "replaced"},
	{Err: sfu.ErrEnded, Word: "ended"},
	{Err: sfu.ErrClosed, Word: "closed"},
}

// serverCounts are what a Server counts of all that it answers.
type serverCounts struct {
	limits limit.Hits
	panics atomic.Uint64
	joins  map[string]*histogram.Histogram // by protocol; the map does not change

	mu       sync.Mutex
	begins   map[string]uint64
	ends     map[End]uint64
	problems map[string]uint64
}

func newServerCounts() *serverCounts {
	return &serverCounts{
		joins: map[string]*histogram.Histogram{
			whip.name: histogram.New(histogram.Waits()...),
			whep.name: histogram.New(histogram.Waits()...),
		},
		begins: map[string]uint64{}, ends: map[End]uint64{}, problems: map[string]uint64{},
	}
}

func (c *serverCounts) began(p protocol) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begins[p.name]++
}

func (c *serverCounts) connected(p protocol, wait time.Duration) { c.joins[p.name].Observe(wait) }

func (c *serverCounts) ended(p protocol, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ends[End{p.name, causes.Word(err)}]++
}

// failed counts an answer, and the limit that it is about.
func (s *Server) failed(err error, code string) {
	c := s.counts
	switch {
	case errors.Is(err, errBody):
		c.limits.Add(limit.BodySize)
	case errors.Is(err, errFeeds):
		c.limits.Add(limit.EventFeeds)
	case errors.Is(err, errFeedsTotal):
		c.limits.Add(limit.EventFeedsTotal)
	case errors.Is(err, classroom.ErrTooMany):
		c.limits.Add(limit.Rooms)
	case errors.Is(err, errSockets) && s.connected.of(everywhere) >= s.options.Limits.SocketsTotal:
		c.limits.Add(limit.RoomSocketsTotal)
	case errors.Is(err, errSockets):
		c.limits.Add(limit.RoomSockets)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.problems[code]++
}

// tooMany counts a limit, and is the error for whoever has met it.
func (s *Server) tooMany(n limit.Name, what string, wait time.Duration) error {
	s.counts.limits.Add(n)
	return tooMany(what, wait)
}

// Stats counts.
func (s *Server) Stats() Stats {
	stats := Stats{
		Sessions: s.sessions.byProtocol(), Setups: s.setups.of(everywhere), Feeds: s.feeds.of(everywhere), Sockets: s.connected.of(everywhere),
		Joins: map[string]histogram.Snapshot{}, Limits: s.counts.limits.Counts(), Panics: s.counts.panics.Load(),
	}
	if s.options.Rooms != nil {
		for n, hits := range s.options.Rooms.Limits() {
			stats.Limits[n] += hits
		}
	}
	for name, h := range s.counts.joins {
		stats.Joins[name] = h.Snapshot()
	}
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	stats.Began, stats.Ended, stats.Problems = maps.Clone(s.counts.begins), maps.Clone(s.counts.ends), maps.Clone(s.counts.problems)
	return stats
}

// byProtocol counts the live sessions.
func (l *sessions) byProtocol() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := map[string]int{}
	for _, s := range l.byID {
		of[s.protocol.name]++
	}
	return of
}

package peer

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"lectern/internal/limit"
)

// Limits bound what one client may ask for and send. Zero values mean the
// defaults.
type Limits struct {
	Sections   int // m= sections in an offer; default 16
	RIDs       int // simulcast layers in an offer; default 4
	Candidates int // ICE candidates in an offer, and in the fragments that follow; default 64
	SSRCs      int // of which a session makes state; a room's may have four more a section; default 16

	BitsPerSecond    int64         // of one publisher; default 20 million; more is dropped
	PacketsPerSecond int           // of one publisher; default 5 000; more is dropped
	Excess           time.Duration // how long a publisher may go on sending more; default 10 s

	several bool     // sections of a kind, as a room has them
	codecs  []string // the only ones that are taken, by their MIME types; nil for all
	hits    *limit.Hits
}

// ofRoom is what one client of a room with that many sources may ask for.
func (l Limits) ofRoom(sources int, codecs []string) Limits {
	l.Sections = max(l.Sections, 2*sources)
	l.several, l.codecs = true, codecs
	return l
}

// bytes is how long an offer may be.
func (l Limits) bytes() int {
	if l.several {
		return maxOffer * 3
	}
	return maxOffer
}

// takes says whether a codec is one of those that are taken.
func (l Limits) takes(mimeType string) bool {
	return l.codecs == nil || slices.ContainsFunc(l.codecs, func(c string) bool { return strings.EqualFold(c, mimeType) })
}

func (l Limits) orDefaults() Limits {
	l.Sections = cmp.Or(l.Sections, 16)
	l.RIDs = cmp.Or(l.RIDs, 4)
	l.Candidates = cmp.Or(l.Candidates, 64)
	l.SSRCs = cmp.Or(l.SSRCs, 16)
	l.BitsPerSecond = cmp.Or(l.BitsPerSecond, 20_000_000)
	l.PacketsPerSecond = cmp.Or(l.PacketsPerSecond, 5000)
	l.Excess = cmp.Or(l.Excess, 10*time.Second)
	return l
}

// allowance is what a publisher may still send, of all of its tracks. A key
// frame is let through by the burst of one second.
type allowance struct {
	bytes, packets *rate.Limiter
	excess         time.Duration
	hits           *limit.Hits

	mu    sync.Mutex
	since time.Time // of the first packet that was too much
	last  time.Time // of the latest
}

func newAllowance(l Limits) *allowance {
	return &allowance{
		bytes:   rate.NewLimiter(rate.Limit(l.BitsPerSecond/8), int(l.BitsPerSecond/8)),
		packets: rate.NewLimiter(rate.Limit(l.PacketsPerSecond), l.PacketsPerSecond),
		excess:  l.Excess,
		hits:    l.hits,
	}
}

// take says whether a packet of that many bytes may pass.
func (a *allowance) take(size int, at time.Time) bool {
	switch {
	case !a.packets.AllowN(at, 1):
		a.hits.Add(limit.PublisherPackets)
	case !a.bytes.AllowN(at, size):
		a.hits.Add(limit.PublisherBitrate)
	default:
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if at.Sub(a.last) > 2*time.Second {
		a.since = at
	}
	a.last = at
	return false
}

// abused says whether there has been too much for too long, without a pause
// of two seconds.
func (a *allowance) abused(at time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return at.Sub(a.since) > a.excess
}

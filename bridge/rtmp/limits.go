package rtmp

import (
	"cmp"
	"math"
	"net/netip"
	"time"

	"lectern/bridge/rtmp/wire"
)

// Limits bound what strangers can make this server do. Zero values mean the
// defaults, negative ones no limit.
type Limits struct {
	// Wire bounds what is read; package wire has the defaults.
	Wire wire.Limits

	Handshake time.Duration // until the handshake is done; default 5 s
	Setup     time.Duration // from there until a client asks to publish or play; default 10 s
	Decision  time.Duration // until who decides has an answer; default 20 s
	// Silence is how long a publisher may send no media, or nothing at all,
	// before it is closed. Default 10 s.
	Silence time.Duration
	Write   time.Duration // until a peer has taken what was written; default 10 s

	PerAddress int // connections of one address, or one /64 of IPv6; default 64
	// Pending is how many connections may not have been let in yet. When one
	// more comes, the one that has waited longest is closed, so that a silent
	// crowd keeps nobody out. Default 1 024.
	Pending int
	Total   int // connections in all; default 4 096
	// Exempt are networks to whose addresses PerAddress, Refused, Publish and
	// Join do not apply, such as a front that carries many encoders.
	Exempt []netip.Prefix

	// RefusedPerSecond and RefusedBurst are the token bucket of refused
	// attempts of one address: when it is empty, attempts with a token that
	// was not accepted from there before are refused unasked. Default 2 and 10.
	RefusedPerSecond float64
	RefusedBurst     int

	// PublishPerSecond and PublishBurst are the token bucket of requests to
	// publish, for each address and token; what is on this machine and has no
	// token is not counted. Default 2 and 10. JoinPerSecond and JoinBurst are
	// that of requests to play, for each address. Default 50 and 300.
	PublishPerSecond float64
	PublishBurst     int
	JoinPerSecond    float64
	JoinBurst        int

	// BitsPerSecond is what one publisher may send: it is read no faster, and
	// closed when it has wanted to send more for Excess. Default 20 million
	// and 10 s.
	BitsPerSecond int64
	Excess        time.Duration

	// Players is how many may play at once in all: each has the sound encoded
	// for itself, which takes a fortieth of a core, and they keep no room from
	// publishers. Default 64.
	Players int
	// Transcoders is how many ffmpeg processes there may be in all. A stream
	// beyond them goes on with what is left of it, and says so. Default 8.
	Transcoders int
}

func (l Limits) orDefaults() Limits {
	l.Handshake = lasting(cmp.Or(l.Handshake, 5*time.Second))
	l.Setup = lasting(cmp.Or(l.Setup, 10*time.Second))
	l.Decision = lasting(cmp.Or(l.Decision, 20*time.Second))
	l.Silence = lasting(cmp.Or(l.Silence, 10*time.Second))
	l.Write = lasting(cmp.Or(l.Write, 10*time.Second))
	l.Excess = lasting(cmp.Or(l.Excess, 10*time.Second))
	l.PerAddress = many(cmp.Or(l.PerAddress, 64))
	l.Pending = many(cmp.Or(l.Pending, 1024))
	l.Total = many(cmp.Or(l.Total, 4096))
	l.RefusedPerSecond = cmp.Or(l.RefusedPerSecond, 2)
	l.RefusedBurst = max(cmp.Or(l.RefusedBurst, 10), 1)
	l.PublishPerSecond = cmp.Or(l.PublishPerSecond, 2)
	l.PublishBurst = max(cmp.Or(l.PublishBurst, 10), 1)
	l.JoinPerSecond = cmp.Or(l.JoinPerSecond, 50)
	l.JoinBurst = max(cmp.Or(l.JoinBurst, 300), 1)
	l.BitsPerSecond = cmp.Or(l.BitsPerSecond, 20_000_000)
	l.Players = many(cmp.Or(l.Players, 64))
	l.Transcoders = many(cmp.Or(l.Transcoders, 8))
	return l
}

// ages is no limit for a duration, and still short enough to add to a time.
const ages = 100 * 365 * 24 * time.Hour

func lasting(d time.Duration) time.Duration {
	if d < 0 {
		return ages
	}
	return d
}

func many(n int) int {
	if n < 0 {
		return math.MaxInt
	}
	return n
}

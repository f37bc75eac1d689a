package rtmp

import (
	"time"

	"golang.org/x/time/rate"
)

const (
	// effortPerSecond is how many packets of 20 ms may be made in a second of
	// our time: twice as many as sound has.
	effortPerSecond = 100
	// effortAtOnce is how many of them may come at once: what a connection has
	// held back that was interrupted for as long as a publisher may be silent,
	// and as much again.
	effortAtOnce = 1000
	// turnEffort is what another codec, or another configuration, counts for:
	// it may be an ffmpeg that has to be started.
	turnEffort = 200
)

// effort bounds the computing that a publisher's sound takes, whatever its
// timestamps say: to and fro they ask for sound without end, in no time.
type effort struct{ packets *rate.Limiter }

func newEffort() effort {
	return effort{rate.NewLimiter(effortPerSecond, effortAtOnce)}
}

// spent says whether there has been too much of it.
func (e effort) spent(at time.Time) bool { return e.packets.TokensAt(at) < 1 }

// spend takes what a message has cost: as much as a packet at the least.
func (e effort) spend(packets int, at time.Time) {
	e.packets.ReserveN(at, min(max(packets, 1), effortAtOnce))
}

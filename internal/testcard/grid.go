package testcard

import "time"

// grid divides the time since 1970 into steps, some of which begin with full
// seconds, so that pictures, packets of sound and RTP timestamps follow from
// the clock on the wall alone, and with it from each other.
type grid struct {
	perSecond int64
	clockRate int64 // RTP timestamp ticks a second
}

var (
	videoGrid = grid{perSecond: 30, clockRate: 90000}
	audioGrid = grid{perSecond: tonePackets, clockRate: 48000}
)

// after returns the first step that begins after a moment.
func (g grid) after(at time.Time) int64 {
	n := at.Unix() * g.perSecond
	for !g.begin(n).After(at) {
		n++
	}
	return n
}

// begin is when a step begins.
func (g grid) begin(n int64) time.Time {
	return time.Unix(n/g.perSecond, n%g.perSecond*int64(time.Second)/g.perSecond)
}

func (g grid) timestamp(n int64) uint32 { return uint32(n * g.clockRate / g.perSecond) }

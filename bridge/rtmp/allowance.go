package rtmp

import (
	"time"

	"golang.org/x/time/rate"

	"lectern/internal/limit"
)

// excessPause is how long a publisher must have kept within its limit for
// what was before to be forgiven.
const excessPause = 2 * time.Second

// allowance is what a publisher may send: a rate, and a second's worth of it
// at once.
type allowance struct {
	bytes  *rate.Limiter
	excess time.Duration
	hits   *limit.Hits
	since  time.Time // when it began to want more
	last   time.Time // when it last did
}

func newAllowance(l Limits, hits *limit.Hits) *allowance {
	most, burst := rate.Inf, 1
	if l.BitsPerSecond > 0 {
		burst = max(int(l.BitsPerSecond/8), 1)
		most = rate.Limit(burst)
	}
	return &allowance{bytes: rate.NewLimiter(most, burst), excess: l.Excess, hits: hits}
}

// messagesPerSecond is how many messages a publisher may send, however short:
// each costs as much as a packet does.
const messagesPerSecond = 5000

// take says how long a message of n octets has to wait. To wait again and
// again for too long, without a pause, is errExcess.
func (a *allowance) take(n int, at time.Time) (wait time.Duration, err error) {
	n = max(n, a.bytes.Burst()/messagesPerSecond)
	for ; n > 0 && a.bytes.Limit() != rate.Inf; n -= a.bytes.Burst() {
		wait = a.bytes.ReserveN(at, min(n, a.bytes.Burst())).DelayFrom(at)
	}
	if wait == 0 {
		return 0, nil
	}
	a.hits.Add(limit.PublisherBitrate)
	if at.Sub(a.last) > excessPause {
		a.since = at
	}
	a.last = at.Add(wait)
	if at.Sub(a.since) > a.excess {
		a.hits.Add(limit.PublisherExcess)
		return 0, errExcess
	}
	return wait, nil
}

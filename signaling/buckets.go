package signaling

import (
	"time"

	"golang.org/x/time/rate"
)

// buckets are token buckets by key, no more than maxKeys of them.
type buckets struct {
	rate  Rate
	byKey *recent[*rate.Limiter]
}

func newBuckets(r Rate) *buckets {
	return &buckets{rate: r, byKey: newRecent[*rate.Limiter](maxKeys)}
}

func (r Rate) limiter() *rate.Limiter {
	if r.PerSecond < 0 {
		return rate.NewLimiter(rate.Inf, 1)
	}
	return rate.NewLimiter(rate.Limit(r.PerSecond), max(r.Burst, 1))
}

// take takes one token, or says how long it takes until there is one.
func (b *buckets) take(key string, at time.Time) (wait time.Duration) {
	limiter := b.byKey.getOrPut(key, b.rate.limiter)
	return take(limiter, at)
}

// peek says how long it takes until there is a token, 0 when there is one.
func (b *buckets) peek(key string, at time.Time) (wait time.Duration) {
	limiter, ok := b.byKey.get(key)
	if !ok || limiter.TokensAt(at) >= 1 {
		return 0
	}
	return time.Duration((1 - limiter.TokensAt(at)) / b.rate.PerSecond * float64(time.Second))
}

func take(l *rate.Limiter, at time.Time) (wait time.Duration) {
	r := l.ReserveN(at, 1)
	wait = r.DelayFrom(at)
	if wait > 0 {
		r.CancelAt(at)
	}
	return wait
}

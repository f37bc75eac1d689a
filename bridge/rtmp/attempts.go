package rtmp

import (
	"container/list"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"lectern/internal/limit"
)

// remembered is how many addresses and how many accepted tokens are. What has
// not been seen for the longest time is forgotten first, which gives it a
// fresh allowance: memory has to have a bound.
const remembered = 4096

// attempts bounds guessing: how often an address may be refused. A token that
// was accepted from there before is not held up by what else comes from it,
// because a school is one address.
type attempts struct {
	limits Limits
	hits   *limit.Hits

	mu       sync.Mutex
	buckets  memory[netip.Prefix, *rate.Limiter]
	accepted memory[credential, struct{}]
	publish  memory[credential, *rate.Limiter]
	join     memory[netip.Prefix, *rate.Limiter]
	lines    memory[netip.Prefix, *rate.Limiter] // in the log
}

// credential is a token and where it came from, as a digest of the token.
type credential struct {
	network netip.Prefix
	token   [sha256.Size]byte
}

func newAttempts(l Limits, hits *limit.Hits) *attempts { return &attempts{limits: l, hits: hits} }

// blocked says whether a token is not to be looked at.
func (a *attempts) blocked(p *place, token string, at time.Time) bool {
	if p.exempt || a.limits.RefusedPerSecond < 0 || token == "" {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.accepted.get(credential{p.network, sha256.Sum256([]byte(token))}); ok {
		return false
	}
	bucket, ok := a.buckets.get(p.network)
	if !ok || bucket.TokensAt(at) >= 1 {
		return false
	}
	a.hits.Add(limit.RefusedRate)
	return true
}

// refused counts one.
func (a *attempts) refused(p *place, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	allow(&a.buckets, p.network, a.limits.RefusedPerSecond, a.limits.RefusedBurst, at)
}

// accept remembers a token.
func (a *attempts) accept(p *place, token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.accepted.put(credential{p.network, sha256.Sum256([]byte(token))}, struct{}{})
}

// hasty counts a request to publish or play, and says whether there have been
// too many: each may be a question to the operator's own program, and is a line
// in the log.
func (a *attempts) hasty(p *place, play bool, token string, at time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch l := a.limits; {
	case p.exempt:
		return false
	case play:
		return a.met(limit.JoinRate, allow(&a.join, p.network, l.JoinPerSecond, l.JoinBurst, at))
	case token == "" && p.ip.IsLoopback():
		return false
	default:
		return a.met(limit.PublishRate, allow(&a.publish, credential{p.network, sha256.Sum256([]byte(token))}, l.PublishPerSecond, l.PublishBurst, at))
	}
}

// met counts a limit unless what it bounds was allowed.
func (a *attempts) met(n limit.Name, allowed bool) bool {
	if !allowed {
		a.hits.Add(n)
	}
	return !allowed
}

// notable counts a refusal, and says whether it is one for the log: strangers
// shall not fill it.
func (a *attempts) notable(p *place, at time.Time) bool {
	const perSecond, burst = 2, 10
	a.mu.Lock()
	defer a.mu.Unlock()
	return p.exempt || allow(&a.lines, p.network, perSecond, burst, at)
}

// allow takes a token from a bucket, which is made when it is not there. A rate
// below zero is no limit.
func allow[K comparable](buckets *memory[K, *rate.Limiter], key K, perSecond float64, burst int, at time.Time) bool {
	if perSecond < 0 {
		return true
	}
	bucket, ok := buckets.get(key)
	if !ok {
		bucket = rate.NewLimiter(rate.Limit(perSecond), burst)
		buckets.put(key, bucket)
	}
	return bucket.AllowN(at, 1)
}

// memory keeps the values that were used last. The zero value is ready.
type memory[K comparable, V any] struct {
	order list.List // of kept, the one used last in front
	byKey map[K]*list.Element
}

type kept[K comparable, V any] struct {
	key   K
	value V
}

func (m *memory[K, V]) get(key K) (value V, ok bool) {
	e, ok := m.byKey[key]
	if !ok {
		return value, false
	}
	m.order.MoveToFront(e)
	return e.Value.(kept[K, V]).value, true
}

// put keeps a value; the key's last one is replaced.
func (m *memory[K, V]) put(key K, value V) {
	if m.byKey == nil {
		m.byKey = map[K]*list.Element{}
	}
	if e, ok := m.byKey[key]; ok {
		m.order.Remove(e)
	}
	m.byKey[key] = m.order.PushFront(kept[K, V]{key, value})
	if m.order.Len() > remembered {
		last := m.order.Remove(m.order.Back()).(kept[K, V])
		delete(m.byKey, last.key)
	}
}

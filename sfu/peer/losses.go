package peer

import (
	"slices"
	"time"

	"lectern/internal/seq"
)

const (
	// A missing packet is asked for when it has not come within firstAsk: what
	// is only out of order is there by then. Where the order is worse than that,
	// it is learned, up to longestWait.
	firstAsk    = 8 * time.Millisecond
	longestWait = 100 * time.Millisecond
	// disorderKept is how long what was learned lasts.
	disorderKept = 10 * time.Second
	// A packet is asked for mostAsks times. The first three pauses are askPause,
	// or the round-trip time and what the sender needs when that is longer, up to
	// longestPause; each of the others is twice as long as the one before.
	mostAsks     = 6
	askPause     = 20 * time.Millisecond
	longestPause = 400 * time.Millisecond
	// mostMissing bounds what is asked for: two seconds at 2 Mbit/s. Of more,
	// the oldest are given up.
	mostMissing = 512
)

// losses finds the packets of one RTP stream that are missing, and says when to
// ask the sender for which (RFC 4585 §6.2.1).
type losses struct {
	repairs bool // what is sent again comes as such (RFC 4588), and cannot be taken for disorder

	numbers seq.Unwrapper[uint16]
	highest uint64
	started bool
	stray   uint16 // came far from the others; the next one tells what it was
	strays  bool
	missing []missing // in the order of their numbers
	key     uint64    // the newest number at which a decoder can start
	broken  bool      // something was given up that no key frame makes up for

	disorder   time.Duration // how late packets come that are not lost,
	disorderAt time.Time     // as seen then

	asked, needless uint64
}

// missing is one packet.
type missing struct {
	number uint64
	since  time.Time
	next   time.Time // when something is to be done about it
	asks   int
}

// note takes the number of a packet that came, again says that it was sent
// again. It returns true when more is missing than before.
func (l *losses) note(number uint16, again bool, at time.Time) (more bool) {
	n := l.numbers.Resolve(number)
	ahead := int64(n - l.highest)
	switch {
	case !l.started:
		if again {
			return false
		}
		l.started, l.highest = true, l.numbers.Next(number)
		return false
	case ahead > maxDropout || ahead < -maxDropout || again && ahead > 0:
		return !again && l.jumped(number)
	case ahead > 0:
		l.strays = false
		l.numbers.Next(number)
		l.miss(n, at)
		l.highest = n
		return ahead > 1
	}
	if i, ok := l.find(n); ok {
		l.learn(&l.missing[i], again, at)
		l.missing = slices.Delete(l.missing, i, i+1)
	}
	return false
}

// jumped takes a number that is far from those before: with a second one the
// numbers have started anew.
func (l *losses) jumped(number uint16) bool {
	if !l.strays || number != l.stray+1 {
		l.stray, l.strays = number, true
		return false
	}
	l.strays, l.broken = false, false
	l.highest = l.numbers.Restart(number)
	l.missing, l.key = l.missing[:0], 0
	return false
}

// miss takes what is between the highest number so far and n for missing.
func (l *losses) miss(n uint64, at time.Time) {
	first := l.highest + 1
	if n-first > mostMissing {
		l.giveUp(n - mostMissing - 1)
		l.missing = l.missing[:0]
		first = n - mostMissing
	}
	if over := len(l.missing) + int(n-first) - mostMissing; over > 0 {
		l.giveUp(l.missing[over-1].number)
		l.missing = slices.Delete(l.missing, 0, over)
	}
	for ; first < n; first++ {
		l.missing = append(l.missing, missing{number: first, since: at, next: at.Add(l.patience(at))})
	}
}

// patience is how long a packet may be late before it is asked for.
func (l *losses) patience(at time.Time) time.Duration {
	if at.Sub(l.disorderAt) > disorderKept {
		l.disorder = 0
	}
	return min(max(firstAsk, l.disorder+l.disorder/4), longestWait)
}

// learn takes from a packet that was missing, and came, how late they come
// that are not lost.
func (l *losses) learn(m *missing, again bool, at time.Time) {
	if again || m.asks > 0 && !l.repairs {
		return // it was lost, or may have been
	}
	if m.asks > 0 {
		l.needless++
	}
	if late := at.Sub(m.since); late >= l.disorder || at.Sub(l.disorderAt) > disorderKept {
		l.disorder, l.disorderAt = late, at
	}
}

func (l *losses) find(n uint64) (int, bool) {
	return slices.BinarySearchFunc(l.missing, n, func(m missing, n uint64) int { return int(int64(m.number - n)) })
}

// keyFrame says that a decoder can start with a packet: what is lost before it
// has no consequences.
func (l *losses) keyFrame(number uint16) {
	if n := l.numbers.Resolve(number); n > l.key && n <= l.highest {
		l.key = n
	}
}

func (l *losses) giveUp(n uint64) { l.broken = l.broken || n > l.key }

// due returns the numbers to ask for now, in ascending order, and when to come
// again; the zero time when nothing is missing.
func (l *losses) due(at time.Time, rtt time.Duration) (ask []uint16, next time.Time) {
	pause := min(max(askPause, rtt+rtt/4), max(longestPause, rtt))
	l.missing = slices.DeleteFunc(l.missing, func(m missing) bool {
		if m.asks < mostAsks || m.next.After(at) {
			return false
		}
		l.giveUp(m.number)
		return true
	})
	for i := range l.missing {
		m := &l.missing[i]
		if !m.next.After(at) {
			ask = append(ask, uint16(m.number))
			m.asks++
			m.next = at.Add(pause << max(m.asks-3, 0))
			l.asked++
		}
		if next.IsZero() || m.next.Before(next) {
			next = m.next
		}
	}
	return ask, next
}

// lostForGood says, once, that something was given up without which what
// follows cannot be decoded.
func (l *losses) lostForGood() bool {
	broken := l.broken
	l.broken = false
	return broken
}

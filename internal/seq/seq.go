// Package seq makes the 16- and 32-bit counters of RTP (RFC 3550 §5.1)
// comparable for ever.
//
// Invariant: the value that [Unwrapper.Next] returns is congruent to its
// argument modulo the counter's range, and lies within half a range of the
// highest value returned before.
package seq

// origin is the first unwrapped value of a counter, less its low bits. It
// leaves room below, so that packets that arrive before the first one do
// not underflow.
const origin = 1 << 32

// Unwrapper turns a wrapping counter into one that does not wrap. The zero
// value is ready to use. It is not safe for concurrent use.
type Unwrapper[T uint16 | uint32] struct {
	highest uint64
	started bool
}

// Next returns v without its wrap-arounds. A value up to half the range
// ahead of the highest one so far moves forward, any other is an old one.
func (u *Unwrapper[T]) Next(v T) uint64 {
	if !u.started {
		u.started = true
		u.highest = origin + uint64(v)
		return u.highest
	}
	if ahead := v - T(u.highest); ahead <= ^T(0)>>1 {
		u.highest += uint64(ahead)
		return u.highest
	}
	return u.highest - uint64(T(u.highest)-v)
}

// Restart returns v above everything that was returned before: the counter
// has been set anew.
func (u *Unwrapper[T]) Restart(v T) uint64 {
	u.started = true
	u.highest = (u.highest/origin+1)*origin + uint64(v)
	return u.highest
}

// Resolve returns what Next would for v, and learns nothing from it.
func (u *Unwrapper[T]) Resolve(v T) uint64 {
	probe := *u
	return probe.Next(v)
}

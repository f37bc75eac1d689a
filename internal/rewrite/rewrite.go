// Package rewrite gives a viewer one continuous stream of sequence numbers
// and timestamps (RFC 3550 §5.1), whatever happens before it: the publisher
// comes back with other numbers, another layer is chosen, packets are left
// out on purpose.
//
// Invariant: packets that are passed on keep their order and distance, so
// that what is missing in the outgoing numbers is what was lost on the way
// in; and Reverse undoes Next for as long as the history reaches back.
package rewrite

// history is how many changes of offset are remembered. A NACK older than
// that many switches and skips finds nothing; at one skipped picture in two
// and 30 pictures a second it reaches back more than four seconds.
const history = 128

// segment is a run of packets with one offset.
type segment struct {
	run       uint32
	timestamp uint32 // outgoing minus incoming
	in, out   uint64 // the first packet's indices
}

// Rewriter numbers the packets of one outgoing stream. It is not safe for
// concurrent use. Use [New].
type Rewriter struct {
	segments  [history]segment
	count     uint64 // segments so far; the last is segments[(count-1)%history]
	next      uint64 // outgoing index of the next new packet
	highest   uint64 // incoming index of the newest packet of the current segment
	timestamp uint32 // highest outgoing timestamp
	sent      bool
}

// New returns a Rewriter whose first packet gets the given numbers. They
// should be random (RFC 3550 §5.1).
func New(sequenceNumber uint16, timestamp uint32) *Rewriter {
	return &Rewriter{next: 1<<32 + uint64(sequenceNumber), timestamp: timestamp}
}

// Switch says that from now on packets are those of another run of numbers (a
// new publisher, another layer, a jump); index and timestamp are its first
// packet's.
// It follows the last one at once in sequence, and elapsed ticks later in
// time; before the first packet elapsed means nothing.
func (r *Rewriter) Switch(run uint32, index uint64, timestamp, elapsed uint32) {
	at := r.timestamp
	if r.sent {
		at += max(elapsed, 1)
	}
	r.push(segment{run: run, timestamp: at - timestamp, in: index, out: r.next})
	r.highest = index - 1
}

// Next returns the outgoing numbers of the packet that came in with the
// given index and timestamp. It says false for a packet which has no place:
// it is older than the last Switch, or was skipped.
func (r *Rewriter) Next(index uint64, timestamp uint32) (sequenceNumber uint16, outTimestamp uint32, ok bool) {
	if r.count == 0 {
		return 0, 0, false
	}
	current := r.segment(0)
	if index > r.highest {
		r.highest = index
		out := current.out + index - current.in
		r.next = out + 1
		ts := timestamp + current.timestamp
		if !r.sent || int32(ts-r.timestamp) > 0 {
			r.timestamp = ts
		}
		r.sent = true
		return uint16(out), ts, true
	}
	end := r.next
	for back := range r.reach() {
		s := r.segment(back)
		if s.run != current.run {
			break
		}
		if index >= s.in {
			out := s.out + index - s.in
			return uint16(out), timestamp + s.timestamp, out < end
		}
		end = s.out
	}
	return 0, 0, false
}

// Skip leaves the packet with this index out, so that the numbers show no
// gap for it. A packet that is older than one passed on already cannot be
// hidden any more.
func (r *Rewriter) Skip(index uint64) {
	if r.count == 0 || index <= r.highest {
		return
	}
	current := r.segment(0)
	following := segment{
		run:       current.run,
		timestamp: current.timestamp,
		in:        index + 1,
		out:       current.out + index - current.in,
	}
	if r.highest < current.in { // nothing of this segment has gone out
		*current = following
	} else {
		r.push(following)
	}
	r.highest = index
	r.next = following.out
}

// Origin is where an outgoing packet came from.
type Origin struct {
	Run             uint32 // as given to Switch
	Index           uint64 // as given to Next
	TimestampOffset uint32 // outgoing minus incoming
}

// Reverse returns the origin of the packet that went out, or would have gone
// out had it arrived, under the sequence number. It says false for numbers
// not used yet, and for those that the history has forgotten.
func (r *Rewriter) Reverse(sequenceNumber uint16) (Origin, bool) {
	age := uint16(r.next-1) - sequenceNumber
	if !r.sent || age >= 1<<15 {
		return Origin{}, false
	}
	out := r.next - 1 - uint64(age)
	for back := range r.reach() {
		if s := r.segment(back); out >= s.out {
			return Origin{Run: s.run, Index: s.in + out - s.out, TimestampOffset: s.timestamp}, true
		}
	}
	return Origin{}, false
}

// segment returns the segment that many before the last.
func (r *Rewriter) segment(back uint64) *segment {
	return &r.segments[(r.count-1-back)%history]
}

func (r *Rewriter) reach() uint64 { return min(r.count, history) }

func (r *Rewriter) push(s segment) {
	r.count++
	*r.segment(0) = s
}

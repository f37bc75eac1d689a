// Package rewrite gives a viewer one continuous stream of sequence numbers
// and timestamps (RFC 3550 §5.1), whatever happens before it: the publisher
// comes back with other numbers, another layer is chosen, packets are left
// out on purpose, or old ones are sent faster than they were made.
//
// Invariant: packets that are passed on keep their order and distance, so
// that what is missing in the outgoing numbers is what was lost on the way
// in; and Reverse undoes Next for as long as the history reaches back.
package rewrite

// history is how many changes of offset are remembered. A NACK older than
// that many switches and skips finds nothing; at one skipped picture in two
// and 30 pictures a second it reaches back more than four seconds.
const history = 128

// segment is a run of packets that are numbered in one way.
type segment struct {
	run      uint32
	in, out  uint64 // the first packet's indices
	from, to uint32 // the first packet's timestamps
	pace     uint32 // how many times faster than they came in the timestamps go on
}

// timestamp returns the outgoing timestamp for an incoming one, which may be
// older than the segment's first.
func (s *segment) timestamp(in uint32) uint32 {
	return s.to + uint32(int32(in-s.from)/int32(s.pace))
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
	r.push(segment{run: run, in: index, out: r.next, from: timestamp, to: at, pace: 1})
	r.highest = index - 1
}

// Pace says that from the packet with this index and timestamp on, which is of
// the present run and later than all before, timestamps go on so many times
// faster than they came in; 1 is as they came. There is no jump at the packet
// itself. pace is at least 1, and small enough to keep pictures apart: below
// the ticks between two of them.
func (r *Rewriter) Pace(index uint64, timestamp, pace uint32) {
	if r.count == 0 {
		return
	}
	current := r.segment(0)
	next := segment{
		run:  current.run,
		in:   index,
		out:  current.out + index - current.in,
		from: timestamp,
		to:   current.timestamp(timestamp),
		pace: pace,
	}
	if index <= current.in {
		*current = next
	} else {
		r.push(next)
	}
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
		ts := current.timestamp(timestamp)
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
			return uint16(out), s.timestamp(timestamp), out < end
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
	following := *current
	following.in = index + 1
	following.out = current.out + index - current.in
	if index == current.in { // nothing of this segment has gone out, or is missing
		*current = following
	} else {
		r.push(following)
	}
	r.highest = index
	r.next = following.out
}

// Origin is where an outgoing packet came from.
type Origin struct {
	Run     uint32 // as given to Switch
	Index   uint64 // as given to Next
	segment segment
}

// Timestamp returns the outgoing timestamp of the packet, whose incoming one
// is given.
func (o *Origin) Timestamp(in uint32) uint32 { return o.segment.timestamp(in) }

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
			return Origin{Run: s.run, Index: s.in + out - s.out, segment: *s}, true
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

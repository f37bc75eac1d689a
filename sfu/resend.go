package sfu

import "time"

const (
	// maxResends is how often one packet is sent again to one viewer. Where one
	// in five is lost, one in 3 000 is missing for good then.
	maxResends = 4
	// resendPause is the least time between two of them; the round-trip time
	// when that is longer.
	resendPause = 20 * time.Millisecond
	// resendCredit is the most that a viewer can save up, enough for the loss
	// of half a second at 1 Mbit/s. With less, one packet in five lost at the
	// same rate is more than can be repaired.
	resendCredit = 64 << 10
	// resendMemory is for how many packets is remembered that they were sent
	// again.
	resendMemory = 256
)

// resendLimit decides which packets are sent again: a viewer that asks for
// too much takes from itself alone.
type resendLimit struct {
	share   float64 // of what was forwarded
	credit  int
	started bool
	asked   []resent // by sequence number; made when the first one is asked for
}

type resent struct {
	at             time.Time
	sequenceNumber uint16
	times          uint8
}

// earn is told how many bytes were forwarded.
func (l *resendLimit) earn(bytes uint64) {
	if !l.started && l.share > 0 {
		l.started, l.credit = true, resendCredit
	}
	l.credit = min(l.credit+int(float64(bytes)*l.share), resendCredit)
}

func (l *resendLimit) allow(sequenceNumber uint16, size int, at time.Time, rtt time.Duration) bool {
	if l.asked == nil {
		l.asked = make([]resent, resendMemory)
	}
	a := &l.asked[sequenceNumber%resendMemory]
	if a.sequenceNumber != sequenceNumber || at.Sub(a.at) > time.Minute {
		*a = resent{sequenceNumber: sequenceNumber}
	}
	if a.times >= maxResends || a.times > 0 && at.Sub(a.at) < max(resendPause, rtt) || !l.spend(size) {
		return false
	}
	a.times++
	a.at = at
	return true
}

// spend takes the size of a packet from the credit, and says whether it was
// there.
func (l *resendLimit) spend(size int) bool {
	if size > l.credit {
		return false
	}
	l.credit -= size
	return true
}

// resend is run by the worker.
func (s *Subscription) resend(id, mask uint16, at time.Time) {
	if s.failed {
		return
	}
	if s.past != nil && s.past.slow() {
		s.pacePast(catchUpInterval)
	}
	out := s.out[:0]
	for lost := uint32(mask)<<1 | 1; lost != 0; id, lost = id+1, lost>>1 {
		if lost&1 == 0 {
			continue
		}
		origin, ok := s.rewrite.Reverse(id)
		if !ok || origin.Run != s.run {
			s.dropped[DropResendLost].Add(1)
			continue
		}
		p := s.track.byNumber.Get(origin.Index)
		if p == nil || len(p.Payload) == 0 {
			s.dropped[DropResendLost].Add(1)
			continue
		}
		if !s.resends.allow(id, len(p.Payload), at, time.Duration(s.rtt.Load())) {
			s.dropped[DropResendLimit].Add(1)
			continue
		}
		out = append(out, Forwarded{Packet: p, SequenceNumber: id, Timestamp: origin.Timestamp(p.Header.Timestamp)})
	}
	if s.lossy.Load() {
		for _, p := range out { // behind the others: losses come close together
			if s.resends.spend(len(p.Payload)) {
				out = append(out, p)
			}
		}
	}
	s.out = out
	if len(out) == 0 {
		return
	}
	s.resent.Add(uint64(len(out)))
	for _, p := range out {
		s.resentBytes.Add(uint64(len(p.Payload)))
	}
	if again, ok := s.sink.(Resender); ok {
		s.deliver(again.ResendRTP, out)
	} else {
		s.deliver(s.sink.WriteRTP, out)
	}
}

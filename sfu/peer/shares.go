package peer

import (
	"time"

	"lectern/sfu"
)

const (
	// shareMargin is what a picture gets above what it needs, in parts of a
	// hundred: its rate goes up and down.
	shareMargin = 130
	// shareLeast is the least that a seat gets, in bits a second. It is not 0,
	// which would be no limit.
	shareLeast = 1
	// shareUnknown is what a picture is taken to need that has just begun.
	shareUnknown = 400_000
)

// shares divides what a network carries among the pictures of several seats.
type shares struct {
	seats []*sfu.Subscription
	first bool // the first of them has priority
}

// SetBitrate divides a number of bits a second; 0 is no limit.
func (s *shares) SetBitrate(bps uint64) {
	if bps == 0 {
		for _, seat := range s.seats {
			seat.SetBitrate(0)
		}
		return
	}
	needs := make([]need, 0, maxSeats)
	at := time.Now()
	for _, seat := range s.seats {
		needs = append(needs, need{active: seat.Active(at), bps: seat.Wanted()})
	}
	for i, share := range share(bps, needs, s.first) {
		s.seats[i].SetBitrate(share)
	}
}

// SetLossy is for all of them.
func (s *shares) SetLossy(lossy bool) {
	for _, seat := range s.seats {
		seat.SetLossy(lossy)
	}
}

// Wanted is what all of them want.
func (s *shares) Wanted() (bps uint64) {
	at := time.Now()
	for _, seat := range s.seats {
		if seat.Active(at) {
			bps += seat.Wanted()
		}
	}
	return bps
}

// need is what a seat could use.
type need struct {
	active bool
	bps    uint64 // 0 while it is not known
}

// share divides total. The first seat, if it has priority, gets what it needs
// before the others get anything: what is shared with all stays readable when
// the cameras have to go. The others get equal parts, and what one does not need
// the rest gets. What is left then goes to all who send.
func share(total uint64, needs []need, first bool) []uint64 {
	shares := make([]uint64, len(needs))
	left := total
	if first && len(needs) > 0 && needs[0].active {
		if shares[0] = left; needs[0].bps > 0 {
			shares[0] = min(left, needs[0].bps*shareMargin/100)
		}
		left -= shares[0]
	}
	hungry := 0
	for i, n := range needs {
		if n.active && !(first && i == 0) {
			hungry++
		}
	}
	for hungry > 0 && left > 0 {
		part, fed := left/uint64(hungry), 0
		for i, n := range needs {
			if !n.active || first && i == 0 || shares[i] > 0 {
				continue
			}
			if want := n.wants(); want <= part {
				shares[i] = want
				left -= want
				fed++
			}
		}
		if hungry -= fed; fed > 0 {
			continue
		}
		for i, n := range needs { // nobody's need is met by an equal part
			if n.active && !(first && i == 0) && shares[i] == 0 {
				shares[i] = part
				left -= part
			}
		}
		break
	}
	active := uint64(0)
	for _, n := range needs {
		if n.active {
			active++
		}
	}
	for i, n := range needs {
		if n.active && hungry == 0 {
			shares[i] += left / active
		} else if !n.active {
			shares[i] = total / (active + 1) // for one that begins before the next look
		}
		shares[i] = max(shares[i], shareLeast)
	}
	return shares
}

func (n need) wants() uint64 {
	if n.bps == 0 {
		return shareUnknown
	}
	return n.bps * shareMargin / 100
}

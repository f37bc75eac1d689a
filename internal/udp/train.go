package udp

import (
	"net/netip"
	"sync"
)

const (
	// maxSegments is how many datagrams Linux takes in one call: 64 until
	// version 6.8, more later on.
	maxSegments = 64
	// maxOctets is the most in one call: all of it has to fit the length field
	// of one IP packet, with the headers.
	maxOctets = 65000
)

// train is datagrams that leave with one call: for one address, all of one
// size but the last, which may be shorter.
type train struct {
	to     netip.AddrPort
	size   int
	count  int
	octets []byte // never grows
}

// trains have the memory for what is under way. It is a session's during a
// burst only, so that there are about as many as goroutines that send.
var trains = sync.Pool{New: func() any { return &train{octets: make([]byte, 0, maxOctets)} }}

// fits says whether there is room for a datagram of so many octets.
func (t *train) fits(size int, to netip.AddrPort) bool {
	if len(t.octets)+size > maxOctets {
		return false
	}
	return t.count == 0 || to == t.to && size <= t.size && t.count < maxSegments && len(t.octets) == t.count*t.size
}

// room is where a datagram goes that fits. What is written there is not on the
// train before fill.
func (t *train) room(size int) []byte {
	at := len(t.octets)
	return t.octets[at : at+size : at+size]
}

func (t *train) fill(size int, to netip.AddrPort) {
	if t.count == 0 {
		t.to, t.size = to, size
	}
	t.octets = t.octets[:len(t.octets)+size]
	t.count++
}

// cars returns the datagrams one by one.
func (t *train) cars(yield func([]byte) bool) {
	for rest := t.octets; len(rest) > 0; {
		n := min(t.size, len(rest))
		if !yield(rest[:n]) {
			return
		}
		rest = rest[n:]
	}
}

func (t *train) empty() {
	t.count, t.octets = 0, t.octets[:0]
}

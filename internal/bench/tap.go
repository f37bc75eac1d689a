package bench

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"lectern/internal/udp"
)

const (
	// socketBuffer is what a viewer's socket may hold while the bench does
	// something else: a second of 4 Mbit/s, with the kernel's own part.
	socketBuffer = 2 << 20
	// arrivalWindow is for how many packets of a stream it is remembered when
	// they came: more than wait to be decrypted.
	arrivalWindow = 4096
)

// tap is a viewer's socket. It counts RTP, and hands it on only while open.
type tap struct {
	*net.UDPConn
	began    time.Time
	open     atomic.Bool // RTP is handed on
	together bool        // the kernel hands over together what left together

	volley *volley // a publisher's, nil otherwise

	// Owned by the one goroutine by which Pion reads.
	inbox *udp.Inbox
	rest  []byte // datagrams that came together, and are not handed on yet,
	size  int    // of so many octets each,
	from  netip.AddrPort
	at    time.Duration // since began, when they came

	mu      sync.Mutex
	streams []*tapped
	first   time.Duration // since began, when the first RTP packet came; 0 before
}

// tapped is one SSRC, and when its last packets came.
type tapped struct {
	tally
	arrivals *[arrivalWindow]arrival // nil until it is wanted
}

type arrival struct {
	number uint16
	at     time.Duration
}

// newTap opens a socket at the local address. With together, the kernel hands
// over what left together (UDP_GRO), where it can.
func newTap(local netip.Addr, began time.Time, together bool) (*tap, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(unspecified(local), 0)))
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(socketBuffer) // the system's limit is good enough, and drops are counted
	t := &tap{UDPConn: conn, began: began}
	t.inbox, t.together = udp.NewInbox(conn, together)
	t.open.Store(true)
	return t, nil
}

// unspecified is all addresses of the same family: which one a packet leaves
// by is up to where it goes.
func unspecified(ip netip.Addr) netip.Addr {
	if ip.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

// ReadFromAddrPort returns the next packet that is not only counted.
func (t *tap) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		for len(t.rest) > 0 {
			one := t.rest[:min(t.size, len(t.rest))]
			t.rest = t.rest[len(one):]
			if t.pass(one, t.at) {
				return copy(b, one), t.from, nil
			}
		}
		var err error
		if t.rest, t.size, t.from, err = t.inbox.Read(); err != nil {
			return 0, t.from, err
		}
		t.at = time.Since(t.began)
	}
}

// WriteToAddrPort sends a packet, or lets it wait for others of its picture.
func (t *tap) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if t.volley != nil && isRTP(b) && t.volley.add(b, to) {
		return len(b), nil
	}
	return t.WriteToUDPAddrPort(b, to)
}

// ReadFrom is ReadFromAddrPort for callers of net.PacketConn.
func (t *tap) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := t.ReadFromAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// isRTP tells RTP from STUN, DTLS and RTCP (RFC 7983 §7, RFC 5761 §4).
func isRTP(b []byte) bool {
	const header = 12
	if len(b) < header || b[0]>>6 != 2 {
		return false
	}
	kind := b[1] & 0x7f
	return kind < 64 || kind > 95
}

// pass counts a packet that came at a time, and says whether Pion gets it.
func (t *tap) pass(b []byte, at time.Duration) bool {
	if !isRTP(b) {
		return true
	}
	open := t.open.Load()
	number, ssrc := binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[8:])
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.first == 0 {
		t.first = at
	}
	s := t.stream(ssrc)
	s.add(number, len(b))
	if !open {
		s.arrivals = nil
		return false
	}
	if s.arrivals == nil {
		s.arrivals = new([arrivalWindow]arrival)
	}
	s.arrivals[number%arrivalWindow] = arrival{number, at}
	return true
}

// stream finds or makes the tally of an SSRC, of which a viewer has two.
func (t *tap) stream(ssrc uint32) *tapped {
	for _, s := range t.streams {
		if s.ssrc == ssrc {
			return s
		}
	}
	s := &tapped{tally: tally{ssrc: ssrc}}
	t.streams = append(t.streams, s)
	return s
}

// arrived is when a packet that was handed on came, since began.
func (t *tap) arrived(ssrc uint32, number uint16) (time.Duration, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.stream(ssrc)
	if s.arrivals == nil {
		return 0, false
	}
	a := s.arrivals[number%arrivalWindow]
	return a.at, a.at != 0 && a.number == number
}

// counts is the sum of all streams so far.
func (t *tap) counts() Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	var sum Counts
	for _, s := range t.streams {
		sum = sum.plus(s.counts())
	}
	return sum
}

// received is when the first RTP packet came, since began; false before.
func (t *tap) received() (time.Duration, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.first, t.first != 0
}

// state is what a receiver report says of each stream.
func (t *tap) state() []streamState {
	t.mu.Lock()
	defer t.mu.Unlock()
	states := make([]streamState, 0, len(t.streams))
	for _, s := range t.streams {
		states = append(states, streamState{s.ssrc, uint32(s.highest), uint32(max(0, s.lost()))})
	}
	return states
}

type streamState struct{ ssrc, highest, lost uint32 }

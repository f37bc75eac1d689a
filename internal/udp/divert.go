package udp

import (
	"net/netip"
	"sync"
)

// diversions are who takes the media packets of which address.
type diversions struct {
	mu     sync.RWMutex
	takers map[netip.AddrPort]*taker
}

type taker struct{ take func([]byte) bool }

// Divert gives the media packets (RFC 7983 §7) that come from an address to
// take, on the goroutine that reads the socket, which must not wait. What take
// returns false for is read by others, as it came. The last one to divert an
// address has it, until stop. take may still be running, and be called once
// more, when stop returns.
func (c *Conn) Divert(from netip.AddrPort, take func([]byte) bool) (stop func()) {
	from = canonical(from)
	t := &taker{take}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.takers == nil {
		c.takers = map[netip.AddrPort]*taker{}
	}
	c.takers[from] = t
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.takers[from] == t {
			delete(c.takers, from)
		}
	}
}

// divert says whether somebody has taken a packet.
func (d *diversions) divert(from netip.AddrPort, b []byte) bool {
	d.mu.RLock()
	t := d.takers[canonical(from)]
	d.mu.RUnlock()
	return t != nil && t.take(b)
}

// canonical is the same for an address of IPv4 on sockets of both families.
func canonical(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// media says whether a datagram is RTP or RTCP, and not STUN or DTLS
// (RFC 7983 §7).
func media(b []byte) bool { return len(b) > 0 && b[0] >= 128 && b[0] <= 191 }

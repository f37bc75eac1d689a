package peer

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// maxParcels is how much of what has come waits for a session: a fifth of a
// second of the most packets that a publisher may send. What comes beyond is
// lost, which senders repair, so that nobody fills the memory by an address.
const maxParcels = 1024

// muxedConn is what a session has of a mux, for addresses of one family. Nothing
// runs for it.
type muxedConn struct {
	mux    *udpMux
	ufrag  string // ours
	family family

	// Guarded by places.mu.
	password  string           // the client's; "" before it is known
	addresses []netip.AddrPort // in which places it is; the oldest first

	mu          sync.Mutex
	changed     sync.Cond
	first, last *parcel // the queue
	waiting     int     // its length
	closed      bool
}

func newMuxedConn(m *udpMux, ufrag string, f family) *muxedConn {
	c := &muxedConn{mux: m, ufrag: ufrag, family: f}
	c.changed.L = &c.mu
	return c
}

// put lets a parcel wait to be read, and says whether it does; it is then not the
// caller's any more. Nobody takes what is for no session.
func (c *muxedConn) put(p *parcel) bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.waiting == maxParcels {
		return false
	}
	p.next = nil
	if c.first == nil {
		c.first = p
	} else {
		c.last.next = p
	}
	c.last = p
	c.waiting++
	c.changed.Signal()
	return true
}

// take waits for a parcel, and returns nil after Close.
func (c *muxedConn) take() *parcel {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.first == nil && !c.closed {
		c.changed.Wait()
	}
	if c.closed {
		return nil
	}
	p := c.first
	c.first = p.next
	c.waiting--
	return p
}

// ReadFromAddrPort waits for a datagram. The error is io.EOF after Close, and
// io.ErrShortBuffer when b is too short for what has come, which is lost.
func (c *muxedConn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	p := c.take()
	if p == nil {
		return 0, netip.AddrPort{}, io.EOF
	}
	defer c.mux.spare.Put(p)
	if len(b) < p.size {
		return 0, p.from, io.ErrShortBuffer
	}
	return copy(b, p.bytes()), p.from, nil
}

// WriteToAddrPort sends a datagram. The error is io.ErrClosedPipe after Close, or
// the socket's.
func (c *muxedConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if !c.mux.wrote(c, b, unmapped(to)) {
		return 0, io.ErrClosedPipe
	}
	return c.mux.socket.WriteToAddrPort(b, to)
}

// ReadFrom is ReadFromAddrPort, for a net.PacketConn.
func (c *muxedConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo is WriteToAddrPort, for a net.PacketConn.
func (c *muxedConn) WriteTo(b []byte, to net.Addr) (int, error) {
	address, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError("not one of UDP: " + to.String())
	}
	return c.WriteToAddrPort(b, address.AddrPort())
}

// Close gives up the addresses, and ends all reading. It may be called again.
func (c *muxedConn) Close() error {
	c.mux.leave(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for p := c.first; p != nil; {
		next := p.next
		c.mux.spare.Put(p)
		p = next
	}
	c.first, c.last, c.waiting = nil, nil, 0
	c.changed.Broadcast()
	return nil
}

// LocalAddr is the socket's.
func (c *muxedConn) LocalAddr() net.Addr { return c.mux.socket.LocalAddr() }

// Deadlines are not kept: who has no more time closes the conn, and sending waits
// for nobody.

// SetDeadline does nothing.
func (c *muxedConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (c *muxedConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (c *muxedConn) SetWriteDeadline(time.Time) error { return nil }

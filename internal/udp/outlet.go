package udp

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
)

// AddrPortConn is a net.PacketConn with netip addresses, as Pion's ICE takes
// and hands out.
type AddrPortConn interface {
	net.PacketConn
	ReadFromAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToAddrPort(b []byte, to netip.AddrPort) (int, error)
}

// Outlet is what one session sends by. Bursts may be begun, and packets
// written, by several goroutines at once.
type Outlet struct {
	conn *Conn

	// mu is also held while something is sent: it is one session's alone, and
	// keeps the order of its packets.
	mu      sync.Mutex
	bursts  int
	train   *train         // what waits; nil when nothing does
	refused netip.AddrPort // it takes datagrams one by one only
}

// Outlet returns one for one more session. It holds nothing that would have to
// be closed.
func (c *Conn) Outlet() *Outlet { return &Outlet{conn: c} }

// Begin lets media packets wait for each other until End. Of a nil Outlet it
// does nothing.
func (o *Outlet) Begin() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bursts++
}

// End lets leave what waits, when it is the end of the last burst that was
// begun. What the kernel refuses is lost as it would be on the way.
func (o *Outlet) End() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bursts--; o.bursts == 0 && o.train != nil {
		o.departLocked()
		trains.Put(o.train)
		o.train = nil
	}
}

// Wrap returns a connection that reads as the inner one, and writes media
// packets by way of the Outlet. Others, and the first to a new address, go
// through the inner connection: it learns from them which address is whose.
// inner has to write to the Outlet's Conn. Closing the connection closes inner;
// what waits still leaves.
func (o *Outlet) Wrap(inner AddrPortConn) net.PacketConn {
	return &way{AddrPortConn: inner, outlet: o}
}

// departLocked sends what waits.
func (o *Outlet) departLocked() {
	o.conn.leave(o.train, &o.refused)
}

// leave sends what waits in a train, and empties it. refused is the address
// that takes datagrams one by one only.
func (c *Conn) leave(t *train, refused *netip.AddrPort) {
	if t.count == 0 {
		return
	}
	defer t.empty()
	if t.count > 1 && t.to != *refused {
		err := c.depart(t)
		if err == nil || !divisible(err) {
			return
		}
		if !errors.Is(err, syscall.EMSGSIZE) {
			*refused = t.to
		}
	}
	for b := range t.cars {
		_, _ = c.WriteToAddrPort(b, t.to) // it is counted, and the next may leave
	}
}

// depart sends a train with one call. Those for whom it was to no avail are
// counted unless they are divisible.
func (c *Conn) depart(t *train) error {
	c.calls.Add(1)
	err := c.kernel.send(t.octets, t.size, t.to)
	switch {
	case err == nil:
		c.datagrams.Add(uint64(t.count))
		c.trains.Add(1)
	case !divisible(err):
		c.lost.Add(uint64(t.count))
	default:
		c.divided.Add(1)
	}
	return err
}

// divisible says whether datagrams that could not leave together may leave one
// by one: the way out cannot cut them apart (no checksums in hardware, IPsec),
// or they are larger than its packets and have to be fragmented.
func divisible(err error) bool {
	for _, e := range []syscall.Errno{syscall.EIO, syscall.EINVAL, syscall.EMSGSIZE, syscall.ENOPROTOOPT, syscall.EOPNOTSUPP} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// way is a session's connection with an outlet of its own.
type way struct {
	AddrPortConn
	outlet *Outlet
	known  netip.AddrPort // where the inner connection wrote media last; under outlet.mu
	closed atomic.Bool
}

// WriteToAddrPort sends a datagram, at once or at the end of the burst.
func (w *way) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	o := w.outlet
	if !o.conn.segments {
		return w.AddrPortConn.WriteToAddrPort(b, to)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case w.closed.Load():
		return 0, io.ErrClosedPipe
	case !media(b) || to != w.known:
		return w.leadLocked(b, to)
	case o.bursts == 0:
		return o.conn.WriteToAddrPort(b, to)
	}
	if o.train == nil {
		o.train = trains.Get().(*train)
	}
	if !o.train.add(b, to) {
		o.departLocked()
		if !o.train.add(b, to) { // too long for any
			return o.conn.WriteToAddrPort(b, to)
		}
	}
	return len(b), nil
}

// leadLocked sends a datagram through the inner connection, after what waits.
func (w *way) leadLocked(b []byte, to netip.AddrPort) (int, error) {
	if w.outlet.train != nil {
		w.outlet.departLocked()
	}
	n, err := w.AddrPortConn.WriteToAddrPort(b, to)
	if err == nil && media(b) {
		w.known = to
	}
	return n, err
}

// Close closes the inner connection. What is written later is refused.
func (w *way) Close() error {
	w.closed.Store(true)
	return w.AddrPortConn.Close()
}

// media says whether a datagram is RTP or RTCP, and not STUN or DTLS
// (RFC 7983 §7).
func media(b []byte) bool { return len(b) > 0 && b[0] >= 128 && b[0] <= 191 }

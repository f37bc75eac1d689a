package udp

import (
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
)

// Conn is a UDP socket for many sessions. It is a net.PacketConn with netip
// addresses as Pion's ICE takes one; all its methods may be called at once.
type Conn struct {
	*net.UDPConn
	kernel   kernel
	segments bool // the kernel takes several datagrams in one call
	diversions

	datagrams, calls, lost atomic.Uint64
	trains, divided        atomic.Uint64
}

// kernel is what a Conn asks of the operating system.
type kernel interface {
	// send sends octets to an address, as datagrams of size octets of which
	// the last may be shorter.
	send(octets []byte, size int, to netip.AddrPort) error
}

// New returns a Conn on a socket, which is its own from then on; closing it
// closes the socket.
func New(socket *net.UDPConn) (*Conn, error) {
	k, segments, err := newKernel(socket)
	if err != nil {
		return nil, fmt.Errorf("udp: look at the socket: %w", err)
	}
	return &Conn{UDPConn: socket, kernel: k, segments: segments}, nil
}

// ReadFromAddrPort reads one datagram, of those that nobody has diverted.
func (c *Conn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if err != nil || !media(b[:n]) || !c.divert(from, b[:n]) {
			return n, from, err
		}
	}
}

// WriteToAddrPort sends one datagram at once. An error is about this one
// alone.
func (c *Conn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c.calls.Add(1)
	if err := c.kernel.send(b, len(b), to); err != nil {
		c.lost.Add(1)
		return 0, err
	}
	c.datagrams.Add(1)
	return len(b), nil
}

// Stats are what a Conn has sent so far by netip addresses.
type Stats struct {
	// Datagrams have left, with so many Calls of the operating system.
	Datagrams, Calls uint64
	// Trains are the calls by which several datagrams have left, and Divided
	// those that it refused, so that the datagrams went one by one.
	Trains, Divided uint64
	// Lost are the datagrams that the operating system refused.
	Lost uint64
}

// Stats counts.
func (c *Conn) Stats() Stats {
	return Stats{
		Datagrams: c.datagrams.Load(), Calls: c.calls.Load(),
		Trains: c.trains.Load(), Divided: c.divided.Load(), Lost: c.lost.Load(),
	}
}

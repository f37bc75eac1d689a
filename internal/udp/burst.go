package udp

import (
	"errors"
	"net/netip"
	"syscall"
)

// Burst is the memory from which packets to one address leave together. They
// are made in it: nothing is copied on its way to the kernel. It is for one
// goroutine at a time, and holds memory between Begin and End only.
type Burst struct {
	conn    *Conn
	to      netip.AddrPort
	train   *train
	refused netip.AddrPort // it takes datagrams one by one only
}

// Burst returns one for one more session. It holds nothing that would have to
// be closed.
func (c *Conn) Burst() *Burst { return &Burst{conn: c} }

// Begin begins a burst to an address.
func (b *Burst) Begin(to netip.AddrPort) {
	b.to, b.train = to, trains.Get().(*train)
}

// Room returns memory for one datagram of so many octets, nil when no datagram
// may be so long. It is valid until the next call, and has no part in the burst
// before Add.
func (b *Burst) Room(size int) []byte {
	if size > maxOctets {
		return nil
	}
	if !b.train.fits(size, b.to) {
		b.conn.leave(b.train, &b.refused)
	}
	return b.train.room(size)
}

// Add lets leave what was written to the room of so many octets.
func (b *Burst) Add(size int) {
	b.train.fill(size, b.to)
	if !b.conn.segments {
		b.conn.leave(b.train, &b.refused)
	}
}

// End lets the burst leave. What the kernel refuses is lost as it would be on
// the way.
func (b *Burst) End() {
	b.conn.leave(b.train, &b.refused)
	trains.Put(b.train)
	b.train = nil
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

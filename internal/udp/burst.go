package udp

import "net/netip"

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

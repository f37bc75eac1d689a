package peer

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
)

// errTwice says that a session has one conn of a family, for its one candidate.
var errTwice = errors.New("the session has its part of the socket already")

// udpMux brings what comes by one UDP socket to the sessions' ICE agents, and
// sends for them. It is an ice.UDPMux.
//
//	the socket ─┬─ a check (STUN request) ─► the session that its USERNAME names
//	            └─ anything else ──────────► the session whose the address is
//
// Invariant: an address is the session's that has proved last that its client is
// there, by an answer to a question of its own which has come from the address and
// is sealed with the client's password. While nobody has proved it, it is the
// session's that was the first to write there, which ICE does when an
// authenticated check has come from there.
//
// So a new client gets through at once where the session of a dead one still has
// the address: that one goes on writing there as long as it lives, and gets no
// answer any more. And a stranger who can send from a client's address, but reads
// nothing there, does not take it: without a password, and also with all those of
// a session of his own.
//
// DTLS comes also to the sessions that have asked and have no answer yet: a client
// may begin its handshake when we have answered its check, before it answers ours.
//
// What strangers send is dropped where it was read, and costs no memory.
type udpMux struct {
	socket datagramSocket
	log    *slog.Logger
	over   chan struct{} // closed when nothing is read any more
	spare  sync.Pool     // of *parcel
	places
}

// datagramSocket is a socket that names addresses as Pion's ICE takes them
// without making memory for each: udp.Conn is one.
type datagramSocket interface {
	net.PacketConn
	ReadFromAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToAddrPort(b []byte, to netip.AddrPort) (int, error)
}

// newUDPMux returns a mux on a socket, which is its own from then on. The caller
// closes it.
func newUDPMux(socket net.PacketConn, log *slog.Logger) *udpMux {
	addressed, ok := socket.(datagramSocket)
	if !ok {
		addressed = anySocket{socket}
	}
	m := &udpMux{socket: addressed, log: log, over: make(chan struct{}), places: newPlaces()}
	m.spare.New = func() any { return new(parcel) }
	go m.read()
	return m
}

// read is the goroutine that reads the socket.
func (m *udpMux) read() {
	defer close(m.over)
	defer m.end()
	p := m.parcel()
	for {
		n, from, err := m.socket.ReadFromAddrPort(p.octets[:])
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			m.log.Error("the UDP socket of all media cannot be read any more", "err", err)
			return
		case n > receiveMTU: // cut off: no session takes one so long
			continue
		}
		p.size, p.from = n, from
		if m.deliver(p) {
			p = m.parcel()
		}
	}
}

// end closes what the sessions have of a mux that reads no more.
func (m *udpMux) end() {
	for _, c := range m.close() {
		_ = c.Close() // it has no error
	}
}

// GetConn returns what the session with that ufrag of ours sends and gets by, to
// and from addresses of the family of addr. The caller closes it, or the session's
// end does (RemoveConnByUfrag). The error is net.ErrClosed after Close, and
// errTwice when the session has one already.
func (m *udpMux) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	local, ok := addr.(*net.UDPAddr)
	if !ok {
		return nil, net.InvalidAddrError("not one of UDP: " + addr.String())
	}
	c := newMuxedConn(m, ufrag, familyOf(local.AddrPort().Addr()))
	if err := m.enter(c); err != nil {
		return nil, err
	}
	return c, nil
}

// RemoveConnByUfrag ends what a session has of the mux, if it has anything.
func (m *udpMux) RemoveConnByUfrag(ufrag string) {
	for _, c := range m.of(ufrag) {
		_ = c.Close() // it has no error
	}
}

// GetListenAddresses is what the agents have for candidates: placeholders where
// the socket is open at all addresses.
func (m *udpMux) GetListenAddresses() []net.Addr {
	local, ok := m.socket.LocalAddr().(*net.UDPAddr)
	if !ok || !local.IP.IsUnspecified() {
		return []net.Addr{m.socket.LocalAddr()}
	}
	list := []net.Addr{&net.UDPAddr{IP: placeholder4, Port: local.Port}}
	if local.IP.To4() == nil {
		list = append(list, &net.UDPAddr{IP: placeholder6, Port: local.Port})
	}
	return list
}

// Close closes the socket and what the sessions have of the mux, and returns when
// nothing is read any more. It may be called again.
func (m *udpMux) Close() error {
	err := m.socket.Close()
	<-m.over
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (m *udpMux) parcel() *parcel { return m.spare.Get().(*parcel) }

// deliver gives a parcel to the session that it is for, and says whether that has
// taken it.
func (m *udpMux) deliver(p *parcel) bool {
	b, from := p.bytes(), unmapped(p.from)
	if kind, ok := stunKind(b); ok {
		return m.addressee(kind, b, from).put(p)
	}
	owner, rivals := m.at(from)
	if isHandshake(b) {
		for _, r := range rivals {
			m.lend(p, r.conn)
		}
	}
	return owner.put(p)
}

// lend gives a session a copy of a parcel.
func (m *udpMux) lend(p *parcel, to *muxedConn) {
	other := m.parcel()
	other.size, other.from = copy(other.octets[:], p.bytes()), p.from
	if !to.put(other) {
		m.spare.Put(other)
	}
}

// isHandshake says whether a datagram is of DTLS (RFC 7983 §7).
func isHandshake(b []byte) bool { return len(b) > 0 && b[0] >= 20 && b[0] <= 63 }

// parcel is a datagram on its way to a session. It is given back to the mux's
// spare ones by whoever has it last.
type parcel struct {
	next   *parcel // in the session's queue
	from   netip.AddrPort
	size   int
	octets [receiveMTU + 1]byte // one more, to tell what is longer
}

func (p *parcel) bytes() []byte { return p.octets[:p.size] }

// anySocket is a socket that is not of package net, with netip addresses.
type anySocket struct{ net.PacketConn }

func (s anySocket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := s.ReadFrom(b)
	address, _ := from.(*net.UDPAddr) // it is one, for the local one is
	return n, address.AddrPort(), err
}

func (s anySocket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return s.WriteTo(b, net.UDPAddrFromAddrPort(to))
}

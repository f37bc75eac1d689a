package peer

import (
	"net"
	"net/netip"
	"slices"
	"sync"
)

const (
	// maxPlaces is how many addresses a session may have, and contest. A client
	// comes from one for each of its interfaces, and gets another one now and then.
	// The oldest one goes for one more.
	maxPlaces = 32
	// maxRivals is how many sessions contest an address at a time: one, the new
	// client's, and the dead one's after it. The oldest one goes for one more.
	maxRivals = 8
	// maxQuestions is how many questions a session at an address has open. ICE asks
	// five times a second: answers may take a second and a half.
	maxQuestions = 8
)

// family is that of an address: IPv4 or IPv6.
type family int

const (
	ipv4 family = iota
	ipv6
)

func familyOf(a netip.Addr) family {
	if a.Unmap().Is4() {
		return ipv4
	}
	return ipv6
}

// unmapped is the same for an address of IPv4 on sockets of both families.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// places are which sessions a mux has, and at which addresses their clients are.
// The rules are udpMux's.
type places struct {
	mu       sync.RWMutex
	closed   bool
	sessions [2]map[string]*muxedConn // by family and ufrag of ours
	byAddr   map[netip.AddrPort]*place
}

// place is an address: whose it is, and who contests it.
type place struct {
	owner  *muxedConn
	rivals []*rival // written anew with each change: readers hold no lock
}

// rival is a session that has asked at an address of another one.
type rival struct {
	conn *muxedConn
	open []transaction // its questions, the oldest first
}

func newPlaces() places {
	return places{
		sessions: [2]map[string]*muxedConn{{}, {}},
		byAddr:   map[netip.AddrPort]*place{},
	}
}

// enter lets a session in. The error is net.ErrClosed or errTwice.
func (s *places) enter(c *muxedConn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return net.ErrClosed
	case s.sessions[c.family][c.ufrag] != nil:
		return errTwice
	}
	s.sessions[c.family][c.ufrag] = c
	return nil
}

// expect says by which password a session knows its client. Until then the
// session can prove nothing.
func (s *places) expect(ufrag, password string) {
	for _, c := range s.of(ufrag) {
		s.mu.Lock()
		c.password = password
		s.mu.Unlock()
	}
}

// of returns what a session has.
func (s *places) of(ufrag string) (list []*muxedConn) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, sessions := range s.sessions {
		if c := sessions[ufrag]; c != nil {
			list = append(list, c)
		}
	}
	return list
}

// at returns whose an address is, nil for nobody's, and who contests it.
func (s *places) at(a netip.AddrPort) (*muxedConn, []*rival) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at := s.byAddr[a]
	if at == nil {
		return nil, nil
	}
	return at.owner, at.rivals
}

// addressee returns the session that a STUN message is for, nil for none. The
// answer to a rival's question moves the address.
func (s *places) addressee(kind uint16, message []byte, from netip.AddrPort) *muxedConn {
	if kind == stunRequest {
		s.mu.RLock()
		defer s.mu.RUnlock()
		return s.sessions[familyOf(from.Addr())][string(calledFragment(message))]
	}
	owner, rivals := s.at(from)
	if kind != stunSuccess || len(rivals) == 0 {
		return owner
	}
	return s.answered(message, from)
}

// answered returns the session that an answer is for which has come from an
// address that is contested.
func (s *places) answered(message []byte, from netip.AddrPort) *muxedConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.byAddr[from]
	if at == nil {
		return nil
	}
	t := transactionOf(message)
	i := slices.IndexFunc(at.rivals, func(r *rival) bool { return slices.Contains(r.open, t) })
	if i < 0 || !sealed(message, at.rivals[i].conn.password) {
		return at.owner
	}
	at.owner.forgetLocked(from)
	at.owner = at.rivals[i].conn
	at.dropRival(i)
	return at.owner
}

// wrote notes that a session writes to an address, and says whether it may: it is
// not closed.
func (s *places) wrote(c *muxedConn, message []byte, to netip.AddrPort) bool {
	s.mu.RLock()
	entered := s.sessions[c.family][c.ufrag] == c
	at := s.byAddr[to]
	settled := at != nil && at.owner == c
	s.mu.RUnlock()
	if !entered || settled {
		return entered
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[c.family][c.ufrag] != c {
		return false
	}
	if at = s.byAddr[to]; at == nil {
		s.rememberLocked(c, to)
		s.byAddr[to] = &place{owner: c}
		return true
	}
	if kind, ok := stunKind(message); ok && kind == stunRequest && at.owner != c {
		s.contestLocked(c, at, to).ask(transactionOf(message))
	}
	return true
}

// contestLocked returns a session as a rival at an address of another one.
func (s *places) contestLocked(c *muxedConn, at *place, a netip.AddrPort) *rival {
	if i := slices.IndexFunc(at.rivals, func(r *rival) bool { return r.conn == c }); i >= 0 {
		return at.rivals[i]
	}
	s.rememberLocked(c, a)
	if len(at.rivals) == maxRivals {
		at.rivals[0].conn.forgetLocked(a)
		at.dropRival(0)
	}
	r := &rival{conn: c}
	at.rivals = append(slices.Clip(at.rivals), r)
	return r
}

// rememberLocked notes that a session has to do with one more address.
func (s *places) rememberLocked(c *muxedConn, a netip.AddrPort) {
	if len(c.addresses) == maxPlaces {
		s.dropLocked(c, c.addresses[0])
		c.addresses = slices.Delete(c.addresses, 0, 1)
	}
	c.addresses = append(c.addresses, a)
}

// forgetLocked undoes it.
func (c *muxedConn) forgetLocked(a netip.AddrPort) {
	c.addresses = slices.DeleteFunc(c.addresses, func(other netip.AddrPort) bool { return other == a })
}

// leave takes a session out, and from all its addresses.
func (s *places) leave(c *muxedConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[c.family][c.ufrag] == c {
		delete(s.sessions[c.family], c.ufrag)
	}
	for _, a := range c.addresses {
		s.dropLocked(c, a)
	}
	c.addresses = nil
}

// close lets nobody in any more, and returns who is.
func (s *places) close() (list []*muxedConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, sessions := range s.sessions {
		for _, c := range sessions {
			list = append(list, c)
		}
	}
	return list
}

// dropLocked takes a session from an address. The last one to contest it has it
// then.
func (s *places) dropLocked(c *muxedConn, a netip.AddrPort) {
	at := s.byAddr[a]
	switch last := len(at.rivals) - 1; {
	case at.owner != c:
		at.dropRival(slices.IndexFunc(at.rivals, func(r *rival) bool { return r.conn == c }))
	case last < 0:
		delete(s.byAddr, a)
	default:
		at.owner = at.rivals[last].conn
		at.dropRival(last)
	}
}

func (p *place) dropRival(i int) { p.rivals = slices.Delete(slices.Clone(p.rivals), i, i+1) }

// ask notes a question; it forgets the oldest one for it.
func (r *rival) ask(t transaction) {
	if len(r.open) == maxQuestions {
		r.open = slices.Delete(r.open, 0, 1)
	}
	r.open = append(r.open, t)
}

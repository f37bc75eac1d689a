package peer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"lectern/sfu/sfutest"
)

// silentSocket is a socket by which nothing comes, and that counts what is sent.
type silentSocket struct {
	closed chan struct{}
	octets int
}

func (s *silentSocket) ReadFromAddrPort([]byte) (int, netip.AddrPort, error) {
	<-s.closed
	return 0, netip.AddrPort{}, net.ErrClosed
}

func (s *silentSocket) WriteToAddrPort(b []byte, _ netip.AddrPort) (int, error) {
	s.octets += len(b)
	return len(b), nil
}

func (s *silentSocket) Close() error {
	select {
	case <-s.closed:
		return net.ErrClosed
	default:
		close(s.closed)
		return nil
	}
}

func (s *silentSocket) ReadFrom([]byte) (int, net.Addr, error) { panic("the other one is used") }
func (s *silentSocket) WriteTo([]byte, net.Addr) (int, error)  { panic("the other one is used") }
func (s *silentSocket) LocalAddr() net.Addr                    { return &net.UDPAddr{IP: net.IPv6zero, Port: 8080} }
func (s *silentSocket) SetDeadline(time.Time) error            { return nil }
func (s *silentSocket) SetReadDeadline(time.Time) error        { return nil }
func (s *silentSocket) SetWriteDeadline(time.Time) error       { return nil }

// muxBench is a mux without a network.
type muxBench struct {
	*udpMux
	t        testing.TB
	socket   *silentSocket
	sessions map[string]*muxedConn
}

// newMuxBench returns one with the sessions that are named; the password of each
// one's client is its own name.
func newMuxBench(t testing.TB, names ...string) *muxBench {
	t.Helper()
	s := &silentSocket{closed: make(chan struct{})}
	b := &muxBench{udpMux: newUDPMux(s, slog.New(slog.DiscardHandler)), t: t, socket: s, sessions: map[string]*muxedConn{}}
	t.Cleanup(func() { _ = b.Close() })
	for _, name := range names {
		b.sessions[name] = b.join(name, placeholder4)
	}
	return b
}

func (b *muxBench) join(name string, local net.IP) *muxedConn {
	b.t.Helper()
	c, err := b.GetConn(name, &net.UDPAddr{IP: local, Port: 8080})
	if err != nil {
		b.t.Fatal(err)
	}
	b.expect(name, name)
	return c.(*muxedConn)
}

// come lets a datagram come.
func (b *muxBench) come(octets []byte, from netip.AddrPort) {
	p := b.parcel()
	p.size, p.from = copy(p.octets[:], octets), from
	if !b.deliver(p) {
		b.spare.Put(p)
	}
}

// got returns the names of the sessions to which something has come since.
func (b *muxBench) got() (names []string) {
	for name, c := range b.sessions {
		if c.waiting > 0 {
			names = append(names, name)
		}
		for c.waiting > 0 {
			b.spare.Put(c.take())
		}
	}
	slices.Sort(names)
	return names
}

// write lets a session write, which must not fail.
func (b *muxBench) write(name string, octets []byte, to netip.AddrPort) {
	b.t.Helper()
	if _, err := b.sessions[name].WriteToAddrPort(octets, to); err != nil {
		b.t.Fatal(err)
	}
}

func stunMessage(t testing.TB, setters ...stun.Setter) []byte {
	t.Helper()
	m, err := stun.Build(setters...)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

// question is a check that a session sends, and check one that is sent to it.
func question(t testing.TB, of string) []byte {
	return stunMessage(t, stun.BindingRequest, stun.TransactionID, stun.NewUsername("client:"+of))
}

func check(t testing.TB, of string) []byte {
	return stunMessage(t, stun.BindingRequest, stun.TransactionID, stun.NewUsername(of+":client"))
}

// reply is the answer to a question, sealed with a password.
func reply(t testing.TB, question []byte, password string) []byte {
	m := &stun.Message{Raw: bytes.Clone(question)}
	if err := m.Decode(); err != nil {
		t.Fatal(err)
	}
	return stunMessage(t, m, stun.BindingSuccess, stun.NewShortTermIntegrity(password), stun.Fingerprint)
}

var (
	hereV4  = netip.MustParseAddrPort("192.0.2.1:5000")
	thereV4 = netip.MustParseAddrPort("192.0.2.2:5000")
	hereV6  = netip.MustParseAddrPort("[2001:db8::1]:5000")

	mediaPacket = []byte{0x80, 96, 0, 1, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0} // with a timestamp like STUN's cookie
	helloFlight = []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}
)

// A check goes to the session that it names, wherever it comes from; all else to
// the session whose the address is.
func TestWhoGetsWhatComes(t *testing.T) {
	mapped := netip.AddrPortFrom(netip.AddrFrom16(hereV4.Addr().As16()), hereV4.Port())
	for _, c := range []struct {
		name   string
		octets []byte
		from   netip.AddrPort
		want   []string
	}{
		{"a check from an address of one's own", check(t, "old"), hereV4, []string{"old"}},
		{"a check from another's address", check(t, "new"), hereV4, []string{"new"}},
		{"a check from an unknown address", check(t, "new"), thereV4, []string{"new"}},
		{"a check by IPv4 on a socket of IPv6", check(t, "new"), mapped, []string{"new"}},
		{"a check for nobody, from a known address", check(t, "none"), hereV4, nil},
		{"a check for nobody", check(t, "none"), thereV4, nil},
		{"a check by the other family", check(t, "new"), hereV6, nil},
		{"a check that names nobody", stunMessage(t, stun.BindingRequest, stun.TransactionID), hereV4, nil},
		{"a check that names nothing", check(t, ""), hereV4, nil},
		{"an answer", reply(t, question(t, "new"), "new"), hereV4, []string{"old"}},
		{"an answer from an unknown address", reply(t, question(t, "new"), "new"), thereV4, nil},
		{"an error", stunMessage(t, stun.BindingError, stun.TransactionID), hereV4, []string{"old"}},
		{"a handshake", helloFlight, hereV4, []string{"old"}},
		{"media", mediaPacket, hereV4, []string{"old"}},
		{"media by IPv4 on a socket of IPv6", mediaPacket, mapped, []string{"old"}},
		{"media from an unknown port", mediaPacket, netip.AddrPortFrom(hereV4.Addr(), 5001), nil},
		{"nothing", nil, hereV4, []string{"old"}},
		{"nothing from an unknown address", nil, thereV4, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newMuxBench(t, "old", "new")
			b.write("old", reply(t, check(t, "old"), "server"), hereV4)
			b.come(c.octets, c.from)
			if got := b.got(); !slices.Equal(got, c.want) {
				t.Errorf("%v got it, want %v", got, c.want)
			}
		})
	}
}

// An address moves by nothing but an answer to a question of the session that it
// moves to, from the address, and sealed with its client's password.
func TestWhoHasAnAddress(t *testing.T) {
	type script = func(t *testing.T, b *muxBench)
	asks := func(t *testing.T, b *muxBench, name string, to netip.AddrPort) []byte {
		q := question(t, name)
		b.write(name, q, to)
		return q
	}
	moved := func(t *testing.T, b *muxBench) {
		b.come(reply(t, asks(t, b, "new", hereV4), "new"), hereV4)
	}
	for _, c := range []struct {
		name string
		do   script
		want string
	}{
		{"nothing happens", func(*testing.T, *muxBench) {}, "old"},
		{"somebody knows the name of a session", func(t *testing.T, b *muxBench) { b.come(check(t, "new"), hereV4) }, "old"},
		{"another session writes there", func(t *testing.T, b *muxBench) {
			b.write("new", mediaPacket, hereV4)
			b.write("new", helloFlight, hereV4)
		}, "old"},
		{"another session answers a check from there", func(t *testing.T, b *muxBench) { b.write("new", reply(t, check(t, "new"), "server"), hereV4) }, "old"},
		{"another session asks there", func(t *testing.T, b *muxBench) { asks(t, b, "new", hereV4) }, "old"},
		{"the client answers", moved, "new"},
		{"the client answers the first of eight questions", func(t *testing.T, b *muxBench) {
			first := asks(t, b, "new", hereV4)
			for range maxQuestions - 1 {
				asks(t, b, "new", hereV4)
			}
			b.come(reply(t, first, "new"), hereV4)
		}, "new"},
		{"an answer that is too late", func(t *testing.T, b *muxBench) {
			first := asks(t, b, "new", hereV4)
			for range maxQuestions {
				asks(t, b, "new", hereV4)
			}
			b.come(reply(t, first, "new"), hereV4)
		}, "old"},
		{"an answer from elsewhere", func(t *testing.T, b *muxBench) { b.come(reply(t, asks(t, b, "new", hereV4), "new"), thereV4) }, "old"},
		{"an answer to a question that was sent elsewhere", func(t *testing.T, b *muxBench) {
			asks(t, b, "new", hereV4)
			b.come(reply(t, asks(t, b, "new", thereV4), "new"), hereV4)
		}, "old"},
		{"an answer to no question, with a password", func(t *testing.T, b *muxBench) {
			asks(t, b, "new", hereV4)
			b.come(reply(t, question(t, "new"), "new"), hereV4)
		}, "old"},
		{"an answer to a question without a number, with a password", func(t *testing.T, b *muxBench) {
			asks(t, b, "new", hereV4)
			zero := stunMessage(t, stun.BindingSuccess, stun.NewTransactionIDSetter([stun.TransactionIDSize]byte{}), stun.NewShortTermIntegrity("new"))
			b.come(zero, hereV4)
		}, "old"},
		{"an answer with another password", func(t *testing.T, b *muxBench) { b.come(reply(t, asks(t, b, "new", hereV4), "old"), hereV4) }, "old"},
		{"an answer before there is a password", func(t *testing.T, b *muxBench) {
			b.expect("new", "")
			b.come(reply(t, asks(t, b, "new", hereV4), ""), hereV4)
		}, "old"},
		{"an answer that is an error", func(t *testing.T, b *muxBench) {
			m := &stun.Message{Raw: asks(t, b, "new", hereV4)}
			if err := m.Decode(); err != nil {
				t.Fatal(err)
			}
			b.come(stunMessage(t, m, stun.BindingError, stun.NewShortTermIntegrity("new")), hereV4)
		}, "old"},
		{"the dead one goes on writing", func(t *testing.T, b *muxBench) {
			moved(t, b)
			b.write("old", mediaPacket, hereV4)
			b.write("old", reply(t, check(t, "old"), "server"), hereV4)
			asks(t, b, "old", hereV4)
		}, "new"},
		{"the new client answers what the dead one asks", func(t *testing.T, b *muxBench) {
			moved(t, b)
			b.come(reply(t, asks(t, b, "old", hereV4), "new"), hereV4)
		}, "new"},
		{"the client of before is there again", func(t *testing.T, b *muxBench) {
			moved(t, b)
			b.come(reply(t, asks(t, b, "old", hereV4), "old"), hereV4)
		}, "old"},
		{"what was asked before the move is answered after it", func(t *testing.T, b *muxBench) {
			q := asks(t, b, "new", hereV4)
			moved(t, b)
			b.come(reply(t, asks(t, b, "old", hereV4), "old"), hereV4)
			b.come(reply(t, q, "new"), hereV4)
		}, "old"},
		{"the dead one is closed", func(t *testing.T, b *muxBench) {
			moved(t, b)
			b.RemoveConnByUfrag("old")
		}, "new"},
		{"the one who has it is closed, while another one asks", func(t *testing.T, b *muxBench) {
			asks(t, b, "new", hereV4)
			b.RemoveConnByUfrag("old")
		}, "new"},
		{"the one who has it is closed", func(t *testing.T, b *muxBench) { b.RemoveConnByUfrag("old") }, ""},
		{"the one who has it is closed, and another one writes", func(t *testing.T, b *muxBench) {
			b.RemoveConnByUfrag("old")
			b.write("new", mediaPacket, hereV4)
		}, "new"},
		{"the one who asks is closed", func(t *testing.T, b *muxBench) {
			q := asks(t, b, "new", hereV4)
			b.RemoveConnByUfrag("new")
			b.come(reply(t, q, "new"), hereV4)
		}, "old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newMuxBench(t, "old", "new")
			b.write("old", reply(t, check(t, "old"), "server"), hereV4)
			c.do(t, b)
			b.got()
			b.come(mediaPacket, hereV4)
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			if got := b.got(); !slices.Equal(got, want) {
				t.Errorf("%v has the address, want %v", got, want)
			}
			b.consistent()
		})
	}
}

// The first flight of a handshake may come before the answer that moves the
// address: nobody has to send it again.
func TestAHandshakeComesBeforeTheAddressHasMoved(t *testing.T) {
	b := newMuxBench(t, "old", "new", "other")
	b.write("old", mediaPacket, hereV4)
	b.write("new", question(t, "new"), hereV4)
	b.come(helloFlight, hereV4)
	if got, want := b.got(), []string{"new", "old"}; !slices.Equal(got, want) {
		t.Errorf("%v got the handshake, want %v", got, want)
	}
	b.come(mediaPacket, hereV4)
	if got, want := b.got(), []string{"old"}; !slices.Equal(got, want) {
		t.Errorf("%v got the media, want %v", got, want)
	}
}

// consistent holds what the mux knows of its sessions and of their addresses
// against each other, and against the bounds.
func (b *muxBench) consistent() {
	b.t.Helper()
	in := func(c *muxedConn, a netip.AddrPort) {
		b.t.Helper()
		if b.places.sessions[c.family][c.ufrag] != c {
			b.t.Errorf("%s is closed and at %v", c.ufrag, a)
		}
		if n := len(slices.DeleteFunc(slices.Clone(c.addresses), func(other netip.AddrPort) bool { return other != a })); n != 1 {
			b.t.Errorf("%s is at %v, and knows it %d times", c.ufrag, a, n)
		}
	}
	has := map[*muxedConn]int{}
	for a, at := range b.byAddr {
		in(at.owner, a)
		has[at.owner]++
		if len(at.rivals) > maxRivals {
			b.t.Errorf("%d rivals", len(at.rivals))
		}
		for _, r := range at.rivals {
			in(r.conn, a)
			has[r.conn]++
			if r.conn == at.owner || len(r.open) == 0 || len(r.open) > maxQuestions {
				b.t.Errorf("%s contests its own address, or with %d questions", r.conn.ufrag, len(r.open))
			}
		}
	}
	for _, sessions := range b.places.sessions {
		for _, c := range sessions {
			if len(c.addresses) != has[c] || len(c.addresses) > maxPlaces {
				b.t.Errorf("%s knows %d addresses, and is at %d", c.ufrag, len(c.addresses), has[c])
			}
		}
	}
}

// What a session may have is bounded, and nothing of it is left.
func TestAddressesAreBounded(t *testing.T) {
	var names []string
	for i := range maxRivals + 3 {
		names = append(names, fmt.Sprint("session", i))
	}
	b := newMuxBench(t, names...)
	address := func(i int) netip.AddrPort { return netip.AddrPortFrom(hereV4.Addr(), uint16(1+i)) }
	for i := range 10 * maxPlaces {
		for _, name := range names {
			b.write(name, question(t, name), address(i))
		}
		b.consistent()
	}
	if got, most := len(b.byAddr), len(names)*maxPlaces; got > most {
		t.Errorf("%d addresses of %d sessions, want %d at most", got, len(names), most)
	}
	newest := address(10*maxPlaces - 1)
	b.got()
	b.come(mediaPacket, newest)
	if got, want := b.got(), names[:1]; !slices.Equal(got, want) {
		t.Errorf("the newest address is of %v, want %v", got, want)
	}
	for _, name := range names {
		b.RemoveConnByUfrag(name)
		b.consistent()
	}
	if len(b.byAddr) > 0 {
		t.Errorf("%d addresses are left", len(b.byAddr))
	}
}

// What waits for a session is bounded: what comes when there is no room is lost,
// and what has come before is kept in its order.
func TestWhatWaitsIsBounded(t *testing.T) {
	b := newMuxBench(t, "a")
	c := b.sessions["a"]
	b.write("a", mediaPacket, hereV4)
	for i := range 2 * maxParcels {
		b.come([]byte{0x80, 96, byte(i >> 8), byte(i)}, hereV4)
	}
	if c.waiting != maxParcels {
		t.Errorf("%d wait, want %d", c.waiting, maxParcels)
	}
	octets := make([]byte, receiveMTU)
	for i := range maxParcels {
		n, from, err := c.ReadFromAddrPort(octets)
		if err != nil || from != hereV4 || !bytes.Equal(octets[:n], []byte{0x80, 96, byte(i >> 8), byte(i)}) {
			t.Fatalf("%x from %v, %v", octets[:n], from, err)
		}
	}
	b.come(mediaPacket, hereV4)
	if n, _, err := c.ReadFromAddrPort(octets[:3]); n != 0 || !errors.Is(err, io.ErrShortBuffer) {
		t.Errorf("%d octets, %v; want io.ErrShortBuffer", n, err)
	}
}

// Whoever waits is told of the end, whichever it is, and nothing runs after it.
func TestTheEndOfAMux(t *testing.T) {
	for name, end := range map[string]func(b *muxBench, c *muxedConn){
		"the conn's":    func(_ *muxBench, c *muxedConn) { _ = c.Close() },
		"the session's": func(b *muxBench, _ *muxedConn) { b.RemoveConnByUfrag("a") },
		"the mux's":     func(b *muxBench, _ *muxedConn) { _ = b.Close() },
		"the socket's":  func(b *muxBench, _ *muxedConn) { _ = b.socket.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			sfutest.NoLeaks(t)
			b := newMuxBench(t, "a")
			c := b.sessions["a"]
			b.come(mediaPacket, hereV4)
			read := make(chan error)
			go func() {
				_, _, err := c.ReadFrom(make([]byte, receiveMTU))
				read <- err
			}()
			end(b, c)
			if err := <-read; !errors.Is(err, io.EOF) {
				t.Errorf("reading ended with %v, want io.EOF", err)
			}
			if _, err := c.WriteToAddrPort(mediaPacket, hereV4); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("writing ended with %v, want io.ErrClosedPipe", err)
			}
			for range 2 {
				if err := errors.Join(c.Close(), b.Close()); err != nil {
					t.Error(err)
				}
			}
			if _, err := b.GetConn("b", &net.UDPAddr{IP: placeholder4}); !errors.Is(err, net.ErrClosed) {
				t.Errorf("another session got %v, want net.ErrClosed", err)
			}
			b.consistent()
		})
	}
}

// A session has one part of the socket a family, and may have it again later.
func TestASessionHasOnePartAFamily(t *testing.T) {
	b := newMuxBench(t, "a")
	if _, err := b.GetConn("a", &net.UDPAddr{IP: placeholder4}); !errors.Is(err, errTwice) {
		t.Errorf("a second part: %v, want errTwice", err)
	}
	six := b.join("a", placeholder6)
	b.come(check(t, "a"), hereV6)
	if six.waiting != 1 || len(b.got()) != 0 {
		t.Error("a check by IPv6 came to the part for IPv4")
	}
	b.RemoveConnByUfrag("a")
	again := b.join("a", placeholder4)
	b.come(check(t, "a"), hereV4)
	if again.waiting != 1 || b.sessions["a"].waiting != 0 {
		t.Error("a check came to the part that is closed")
	}
	_ = b.sessions["a"].Close() // which must not close the new one
	b.come(check(t, "a"), hereV4)
	if again.waiting != 2 {
		t.Error("the part that was closed has closed the new one")
	}
}

// T8 and T3: what strangers send is answered by nobody, and nothing is kept of
// it, from however many addresses it comes.
func TestAFloodFromEverywhere(t *testing.T) {
	b := newMuxBench(t, "a")
	b.write("a", mediaPacket, hereV4)
	b.socket.octets = 0
	floods := [][]byte{check(t, "nobody"), reply(t, question(t, "a"), "a"), helloFlight, mediaPacket, {}, stunMessage(t, stun.BindingRequest, stun.TransactionID)}
	before := heap()
	from := hereV6.Addr().As16()
	for i := range 100_000 {
		from[8], from[9], from[10] = byte(i), byte(i>>8), byte(i>>16)
		b.come(floods[i%len(floods)], netip.AddrPortFrom(netip.AddrFrom16(from), uint16(i)))
	}
	if grown := heap() - before; grown > 64<<10 {
		t.Errorf("memory has grown by %d KiB", grown>>10)
	}
	if got := b.got(); len(got) > 0 || b.socket.octets > 0 || len(b.byAddr) != 1 {
		t.Errorf("%v got something, %d octets were answered, %d addresses are known", got, b.socket.octets, len(b.byAddr))
	}
	b.consistent()
}

// Somebody who can send from a publisher's address, and has a session of his
// own with all its passwords, takes nothing of the publisher's.
func TestAStrangerSendsFromAPublishersAddress(t *testing.T) {
	for _, c := range []struct {
		name string
		own  bool
	}{{"with a session", true}, {"without a password", false}} {
		t.Run(c.name, func(t *testing.T) {
			attacked(t, func(t *testing.T, s *scene) {
				attacker, socket := s.client(t, clientOptions{})
				p := attacker.watch(s.engine, s.router, name)
				attacker.waitConnected()
				own, theirs := credentials(t, attacker.pc.LocalDescription().SDP), credentials(t, p.Answer())
				server := s.engine.options.UDP.LocalAddr()
				seal := theirs.pwd
				if !c.own {
					seal = "somethingthatisnottheone"
				}
				for range 500 {
					request := stunMessage(t, stun.BindingRequest, stun.TransactionID, stun.NewUsername(theirs.ufrag+":"+own.ufrag),
						stun.RawAttribute{Type: stun.AttrUseCandidate}, stun.NewShortTermIntegrity(seal), stun.Fingerprint)
					zero := stunMessage(t, stun.BindingSuccess, stun.NewTransactionIDSetter([stun.TransactionIDSize]byte{}), stun.NewShortTermIntegrity(own.pwd), stun.Fingerprint)
					_, _ = s.film.socket.WriteTo(request, server)
					_, _ = s.film.socket.WriteTo(zero, server)
					time.Sleep(10 * time.Millisecond)
				}
				if err := s.film.peer.Err(); err != nil {
					t.Errorf("the publisher's session has ended: %v", err)
				}
				leaves(t, attacker, socket, p)
			})
		})
	}
}

type iceCredentials struct{ ufrag, pwd string }

func credentials(t *testing.T, description string) iceCredentials {
	t.Helper()
	value := func(key string) string {
		_, after, ok := bytes.Cut([]byte(description), []byte("a="+key+":"))
		if !ok {
			t.Fatalf("no a=%s", key)
		}
		value, _, _ := bytes.Cut(after, []byte("\r\n"))
		return string(value)
	}
	return iceCredentials{value("ice-ufrag"), value("ice-pwd")}
}

// Whatever a STUN message says, ours and Pion's reading of it agree.
func FuzzSTUN(f *testing.F) {
	f.Add(check(f, "abcd"))
	f.Add(question(f, "abcd"))
	f.Add(reply(f, question(f, "abcd"), "password"))
	f.Add(stunMessage(f, stun.BindingRequest, stun.TransactionID, stun.NewUsername("a")))
	f.Add(mediaPacket)
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, ok := stunKind(b)
		if !ok {
			return
		}
		before := bytes.Clone(b)
		got := calledFragment(b)
		sealed(b, "password")
		if !bytes.Equal(b, before) {
			t.Fatal("the message was changed")
		}
		m := &stun.Message{Raw: bytes.Clone(b)}
		if m.Decode() != nil {
			return
		}
		if transactionOf(b) != m.TransactionID || kind != m.Type.Value() {
			t.Errorf("transaction %x of type %x", transactionOf(b), kind)
		}
		var want []byte
		if name, err := m.Get(stun.AttrUsername); err == nil {
			want, _, _ = bytes.Cut(name, []byte{':'})
		}
		if !bytes.Equal(got, want) {
			t.Errorf("ufrag %q, Pion says %q", got, want)
		}
	})
}

// Whatever happens in whichever order, the mux stays what it says it is.
func FuzzPlaces(f *testing.F) {
	f.Add([]byte{0, 0, 1, 1, 2, 1, 3, 0, 4, 1})
	f.Add([]byte{0, 1, 16, 1, 32, 1, 48, 1, 5, 5, 21, 5})
	f.Fuzz(func(t *testing.T, script []byte) {
		names := []string{"a", "b", "c", "d"}
		b := newMuxBench(t, names...)
		asked := map[string][]byte{}
		for i, op := range script {
			name, a := names[op>>4&3], netip.AddrPortFrom(hereV4.Addr(), uint16(1+op>>6+byte(i)%40))
			open := b.places.sessions[ipv4][name] != nil
			switch op & 7 {
			case 0, 1:
				if open {
					asked[name] = question(t, name)
					b.write(name, asked[name], a)
				}
			case 2:
				if open {
					b.write(name, mediaPacket, a)
				}
			case 3, 4:
				if q := asked[name]; q != nil {
					b.come(reply(t, q, name), a)
				}
			case 5:
				b.RemoveConnByUfrag(name)
			case 6:
				if !open {
					b.sessions[name] = b.join(name, placeholder4)
				}
			case 7:
				b.come(helloFlight, a)
				b.come(check(t, name), a)
			}
			b.consistent()
		}
		for _, name := range names {
			b.RemoveConnByUfrag(name)
		}
		if len(b.byAddr) > 0 {
			t.Errorf("%d addresses are left", len(b.byAddr))
		}
	})
}

package udp

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// listen opens a socket on a loopback address.
func listen(t testing.TB, network, address string) *net.UDPConn {
	t.Helper()
	to, err := net.ResolveUDPAddr(network, address)
	if err != nil {
		t.Fatal(err)
	}
	socket, err := net.ListenUDP(network, to)
	if err != nil {
		t.Skipf("listen on %s: %v", address, err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	if err := socket.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return socket
}

func open(t testing.TB, network, address string) *Conn {
	t.Helper()
	conn, err := New(listen(t, network, address))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func (c *Conn) port() uint16 { return uint16(c.LocalAddr().(*net.UDPAddr).Port) }

func TestDatagramsOfATrainArriveAsTheyWereWritten(t *testing.T) {
	for _, c := range []struct{ name, from, fromNetwork, to string }{
		{"IPv4", "127.0.0.1:0", "udp4", "127.0.0.1:0"},
		{"IPv6", "[::1]:0", "udp6", "[::1]:0"},
		{"IPv4 from a socket for both", "[::]:0", "udp", "127.0.0.1:0"},
		{"IPv6 from a socket for both", "[::]:0", "udp", "[::1]:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			receiver := listen(t, "udp", c.to)
			conn := open(t, c.fromNetwork, c.from)
			out := conn.Burst()
			to := receiver.LocalAddr().(*net.UDPAddr).AddrPort()
			sizes := []int{500, 1100, 1100, 1100, 1100, 700, 1200, 1201, 30, 1}
			out.Begin(to)
			for i, size := range sizes {
				add(t, out, packet(byte(i), max(size, 2)))
			}
			out.End()
			b := make([]byte, 2000)
			for i, size := range sizes {
				n, from, err := receiver.ReadFromUDPAddrPort(b)
				if err != nil {
					t.Fatal(err)
				}
				if n != max(size, 2) || b[1] != byte(i) {
					t.Errorf("packet %d: number %d of %d octets, want %d", i, b[1], n, max(size, 2))
				}
				if from.Port() != conn.port() {
					t.Errorf("from %v, want port %d", from, conn.port())
				}
			}
			got := conn.Stats()
			if got.Datagrams != uint64(len(sizes)) || got.Lost != 0 {
				t.Errorf("%+v, want %d datagrams", got, len(sizes))
			}
			if conn.segments && got.Calls > 6 {
				t.Errorf("%d calls for %d datagrams", got.Calls, got.Datagrams)
			}
		})
	}
}

func TestAddressesThatTheSocketCannotReach(t *testing.T) {
	conn := open(t, "udp4", "127.0.0.1:0")
	for _, to := range []netip.AddrPort{{}, there} {
		if n, err := conn.WriteToAddrPort([]byte("x"), to); err == nil {
			t.Errorf("to %v: %d, no error", to, n)
		}
	}
	receiver := listen(t, "udp4", "127.0.0.1:0")
	to := receiver.LocalAddr().(*net.UDPAddr).AddrPort()
	mapped := netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), to.Port())
	for _, to := range []netip.AddrPort{to, mapped} {
		if _, err := conn.WriteToAddrPort([]byte("x"), to); err != nil {
			t.Errorf("to %v: %v", to, err)
		}
		if _, _, err := receiver.ReadFrom(make([]byte, 10)); err != nil {
			t.Error(err)
		}
	}
}

// TestNobodyThere sends to a port that nobody listens at, which the kernel
// tells with an error on loopback, and to one where somebody does.
func TestNobodyThere(t *testing.T) {
	gone := listen(t, "udp4", "127.0.0.1:0")
	nobody := gone.LocalAddr().(*net.UDPAddr).AddrPort()
	_ = gone.Close()
	receiver := listen(t, "udp4", "127.0.0.1:0")
	to := receiver.LocalAddr().(*net.UDPAddr).AddrPort()
	conn := open(t, "udp4", "127.0.0.1:0")
	absent, present := conn.Burst(), conn.Burst()
	const bursts = 20
	b := make([]byte, 2000)
	for range bursts {
		for _, session := range []struct {
			out *Burst
			to  netip.AddrPort
		}{{absent, nobody}, {present, to}} {
			session.out.Begin(session.to)
			for i := range 4 {
				add(t, session.out, packet(byte(i), 1000))
			}
			session.out.End()
		}
		for i := range 4 {
			if _, _, err := receiver.ReadFrom(b); err != nil || b[1] != byte(i) {
				t.Fatalf("packet %d: number %d, %v", i, b[1], err)
			}
		}
	}
}

func TestClosingEndsThePacketsUnderWay(t *testing.T) {
	receiver := listen(t, "udp4", "127.0.0.1:0")
	to := receiver.LocalAddr().(*net.UDPAddr).AddrPort()
	conn := open(t, "udp4", "127.0.0.1:0")
	var running sync.WaitGroup
	began := make(chan struct{}, 4)
	for range 4 {
		out := conn.Burst()
		running.Go(func() {
			for i := 0; ; i++ {
				out.Begin(to)
				_, err := conn.WriteToAddrPort([]byte{0}, to) // as STUN, at once
				for j := range 4 {
					add(t, out, packet(byte(j), 1000))
				}
				out.End()
				if i == 0 {
					began <- struct{}{}
				}
				if err != nil {
					return
				}
			}
		})
	}
	for range 4 {
		<-began
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	running.Wait()
}

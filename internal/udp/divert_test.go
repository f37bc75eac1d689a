package udp

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
)

func TestDivertedPacketsAreTaken(t *testing.T) {
	for _, network := range []string{"udp", "udp4"} {
		t.Run(network, func(t *testing.T) {
			conn := open(t, network, ":0")
			from, stranger := listen(t, "udp4", "127.0.0.1:0"), listen(t, "udp4", "127.0.0.1:0")
			to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(conn.port())}
			address := from.LocalAddr().(*net.UDPAddr).AddrPort()
			send := func(socket *net.UDPConn, b []byte) {
				t.Helper()
				if _, err := socket.WriteTo(b, to); err != nil {
					t.Fatal(err)
				}
			}
			// Loopback keeps the order: what was taken came before what is read.
			var taken []byte
			reads := func(who string, want []byte) {
				t.Helper()
				b := make([]byte, 100)
				n, _, err := conn.ReadFromAddrPort(b)
				if err != nil || !bytes.Equal(b[:n], want) {
					t.Errorf("%s: read %x, %v; want %x", who, b[:n], err, want)
				}
			}
			refuse := byte(9)
			stop := conn.Divert(address, func(b []byte) bool {
				if b[1] == refuse {
					return false
				}
				taken = append(taken, b[1])
				return true
			})
			send(from, packet(1, 20))
			send(stranger, packet(2, 20))
			reads("another address", packet(2, 20))
			send(from, packet(3, 20))
			send(from, []byte{0, 1, 2})
			reads("STUN", []byte{0, 1, 2})
			send(from, packet(refuse, 20))
			reads("refused", packet(refuse, 20))
			send(from, nil)
			reads("empty", nil)

			other := conn.Divert(netip.AddrPortFrom(netip.AddrFrom16(address.Addr().As16()), address.Port()), func(b []byte) bool {
				taken = append(taken, 100+b[1])
				return true
			})
			stop() // of the one before: nothing happens
			send(from, packet(4, 20))
			send(stranger, packet(6, 20))
			reads("another address", packet(6, 20))
			other()
			other()
			send(from, packet(5, 20))
			reads("after stop", packet(5, 20))
			if want := []byte{1, 3, 104}; !bytes.Equal(taken, want) {
				t.Errorf("taken: %v, want %v", taken, want)
			}
		})
	}
}

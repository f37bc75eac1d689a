package bench

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// Between begin and end, media wait; what else there is does not.
func TestAPictureLeavesInOneGo(t *testing.T) {
	publisher, _ := wired(t)
	if err := publisher.volleys(); err != nil {
		t.Fatal(err)
	}
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	_ = server.SetReadDeadline(time.Now().Add(10 * time.Second))
	to := server.LocalAddr().(*net.UDPAddr).AddrPort()
	write := func(b []byte, to netip.AddrPort) {
		t.Helper()
		if n, err := publisher.WriteToAddrPort(b, to); n != len(b) || err != nil {
			t.Fatal(n, err)
		}
	}
	write(rtpPacket(96, 1, 1), to)
	publisher.volley.begin()
	write(rtpPacket(96, 2, 1), to)
	write(rtpPacket(96, 3, 1), to)
	write(rtpPacket(200, 4, 1), to) // a report
	publisher.volley.end()
	publisher.volley.begin()
	publisher.volley.end()
	write(rtpPacket(96, 5, 1), to)
	var got []byte
	b := make([]byte, 100)
	for range 5 {
		if _, _, err := server.ReadFrom(b); err != nil {
			t.Fatal(err)
		}
		got = append(got, b[3])
	}
	if want := "\x01\x04\x02\x03\x05"; string(got) != want {
		t.Errorf("left in the order %x, want %x", got, want)
	}
}

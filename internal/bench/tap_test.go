package bench

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"
)

// rtpPacket is a header with 4 octets behind it.
func rtpPacket(kind byte, number uint16, ssrc uint32) []byte {
	b := make([]byte, 16)
	b[0], b[1] = 0x80, kind
	binary.BigEndian.PutUint16(b[2:], number)
	binary.BigEndian.PutUint32(b[8:], ssrc)
	return b
}

func TestOnlyRTPIsCounted(t *testing.T) {
	for _, c := range []struct {
		name   string
		packet []byte
		want   bool
	}{
		{"RTP", rtpPacket(96, 1, 1), true},
		{"RTP with marker", rtpPacket(0x80|96, 1, 1), true},
		{"RTP of a type below RTCP's", rtpPacket(63, 1, 1), true},
		{"sender report", rtpPacket(200, 1, 1), false},
		{"receiver report", rtpPacket(201, 1, 1), false},
		{"feedback", rtpPacket(206, 1, 1), false},
		{"too short", rtpPacket(96, 1, 1)[:11], false},
		{"nothing", nil, false},
		{"STUN", append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...), false},
		{"DTLS", append([]byte{22, 254, 253}, make([]byte, 20)...), false},
	} {
		if got := isRTP(c.packet); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// wired returns a tap, and what sends to it.
func wired(t *testing.T) (*tap, net.Conn) {
	t.Helper()
	socket, err := newTap(netip.MustParseAddr("127.0.0.1"), time.Now(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	port := socket.LocalAddr().(*net.UDPAddr).Port
	peer, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close() })
	return socket, peer
}

func TestTapCountsAndHandsOnWhatItShould(t *testing.T) {
	socket, peer := wired(t)
	send := func(packets ...[]byte) {
		t.Helper()
		for _, p := range packets {
			if _, err := peer.Write(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	buffer := make([]byte, 2000)
	next := func() byte {
		t.Helper()
		_ = socket.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, _, err := socket.ReadFromAddrPort(buffer)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		return buffer[1]
	}
	if _, ok := socket.received(); ok {
		t.Error("something has come before anything was sent")
	}
	send(rtpPacket(96, 65535, 7), rtpPacket(200, 0, 7), rtpPacket(96, 0, 7))
	for _, want := range []byte{96, 200, 96} {
		if got := next(); got != want {
			t.Fatalf("handed on %d, want %d", got, want)
		}
	}
	if at, ok := socket.arrived(7, 65535); !ok || at <= 0 {
		t.Errorf("the first packet came at %v, %v", at, ok)
	}
	if _, ok := socket.arrived(7, 65534); ok {
		t.Error("a packet is said to have come that was not sent")
	}
	socket.open.Store(false)
	send(rtpPacket(96, 2, 7), rtpPacket(97, 100, 8), rtpPacket(201, 0, 7))
	if got := next(); got != 201 {
		t.Fatalf("handed on %d, want 201: RTP goes nowhere from now on", got)
	}
	if got, want := socket.counts(), (Counts{Packets: 4, Bytes: 64, Lost: 1, Gaps: 1}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	if got := socket.state(); len(got) != 2 || uint16(got[0].highest) != 2 || got[0].lost != 1 || got[1].ssrc != 8 {
		t.Errorf("reports %+v", got)
	}
}

func BenchmarkTapPass(b *testing.B) {
	socket := &tap{began: time.Now()}
	packet := append(rtpPacket(96, 0, 7), make([]byte, 1100)...)
	b.ReportAllocs()
	for i := range b.N {
		binary.BigEndian.PutUint16(packet[2:], uint16(i))
		socket.pass(packet, time.Duration(i))
	}
}

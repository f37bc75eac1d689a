//go:build !386

package udp

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
)

func TestATrainThatHasToWaitArrivesToo(t *testing.T) {
	for _, network := range []string{"udp", "udp4"} {
		conn := open(t, network, ":0")
		if !conn.segments {
			t.Skip("this kernel takes one datagram in a call")
		}
		receiver := listen(t, "udp4", "127.0.0.1:0")
		to := receiver.LocalAddr().(*net.UDPAddr).AddrPort()
		l := conn.kernel.(*linux)
		c := l.newCall()
		octets := make([]byte, 2500)
		c.set(octets, 1000)
		if err := l.wait(c, octets, to); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 3000)
		for i, want := range []int{1000, 1000, 500} {
			if n, _, err := receiver.ReadFrom(b); n != want || err != nil {
				t.Errorf("%s: datagram %d: %d octets, %v; want %d", network, i, n, err, want)
			}
		}
	}
}

func TestAddressesWithAZone(t *testing.T) {
	receiver := listen(t, "udp6", "[::1]:0")
	port := receiver.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	to := netip.AddrPortFrom(netip.MustParseAddr("::1").WithZone("lo"), port)
	conn := open(t, "udp6", "[::1]:0")
	if err := conn.kernel.send(make([]byte, 20), 10, to); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("two at a time: %v, want %v", err, syscall.EINVAL)
	}
	if _, err := conn.WriteToAddrPort(make([]byte, 10), to); err != nil {
		t.Fatal(err)
	}
	if n, _, err := receiver.ReadFrom(make([]byte, 20)); n != 10 || err != nil {
		t.Errorf("%d octets, %v; want 10", n, err)
	}
}

//go:build !race

package udp

import (
	"net"
	"testing"
)

// The race detector lets a sync.Pool forget what it has: no test for it.

func TestABurstAllocatesNothing(t *testing.T) {
	conn := open(t, "udp", "[::]:0")
	receiver := listen(t, "udp4", "127.0.0.1:0")
	to := receiver.LocalAddr().(*net.UDPAddr).AddrPort()
	out := conn.Burst()
	b := packet(1, 1100)
	burst := func() {
		out.Begin(to)
		for range 8 {
			copy(out.Room(len(b)), b)
			out.Add(len(b))
		}
		out.End()
	}
	burst()
	if got := testing.AllocsPerRun(1000, burst); got > 0 {
		t.Errorf("%v allocations a burst, want 0", got)
	}
	if got := testing.AllocsPerRun(1000, func() { _, _ = conn.WriteToAddrPort(b, to) }); got > 0 {
		t.Errorf("%v allocations a packet, want 0", got)
	}
}

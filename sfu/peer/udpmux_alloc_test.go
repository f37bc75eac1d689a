//go:build !race

package peer

import (
	"testing"

	"github.com/pion/stun/v4"
)

// The race detector lets a sync.Pool forget what it has: no test for it.

func TestWhatComesAllocatesNothing(t *testing.T) {
	b := newMuxBench(t, "a")
	c := b.sessions["a"]
	b.write("a", mediaPacket, hereV4)
	nobodysCheck := check(t, "nobody")
	namelessCheck := stunMessage(t, stun.BindingRequest, stun.TransactionID)
	octets := make([]byte, receiveMTU)
	for name, come := range map[string]func(){
		"a check for nobody":         func() { b.come(nobodysCheck, thereV4) },
		"a check without a name":     func() { b.come(namelessCheck, thereV4) },
		"media from unknown places":  func() { b.come(mediaPacket, thereV4) },
		"a handshake from elsewhere": func() { b.come(helloFlight, thereV4) },
		"media": func() {
			b.come(mediaPacket, hereV4)
			if _, _, err := c.ReadFromAddrPort(octets); err != nil {
				t.Fatal(err)
			}
		},
		"what is written": func() {
			if _, err := c.WriteToAddrPort(mediaPacket, hereV4); err != nil {
				t.Fatal(err)
			}
		},
	} {
		if got := testing.AllocsPerRun(1000, come); got > 0 {
			t.Errorf("%s: %v allocations, want 0", name, got)
		}
	}
}

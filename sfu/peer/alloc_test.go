//go:build !race

package peer

import (
	"testing"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// The race detector lets a sync.Pool forget what it has: no test for it.

func TestForwardingAllocatesNothing(t *testing.T) {
	for i, c := range sealings {
		for _, numbered := range []bool{false, true} {
			s := &section{kind: sfu.Video, codecs: []codec{{name: "vp8", payloadType: 96, rtx: 97, clockRate: 90000}}, extensions: map[string]int{}}
			if numbered {
				s.extensions[uriTransportCC] = 3
			}
			b, m := newBench(t, i, s), newMaterial(t, sfutest.VP8)
			burst := make([]sfu.Forwarded, 8)
			for i := range burst {
				burst[i] = m.packet(t, uint16(i), make([]byte, 1100))
			}
			number := uint16(0)
			write := func() {
				for i := range burst {
					burst[i].SequenceNumber = number
					number++
				}
				if err := b.WriteRTP(burst); err != nil {
					t.Fatal(err)
				}
			}
			write()
			if got := testing.AllocsPerRun(1000, write); got > 0 {
				t.Errorf("%s, numbered: %v: %v allocations a burst, want 0", c.name, numbered, got)
			}
		}
	}
}

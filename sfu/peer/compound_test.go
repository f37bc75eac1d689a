package peer

import (
	"testing"
	"time"

	"github.com/pion/rtcp"

	"lectern/sfu"
)

// A viewer that has not agreed to RTCP of reduced size sends what it says of
// arrivals behind another report (RFC 3550 §6.1).
func TestArrivalsInACompound(t *testing.T) {
	marshal := func(p rtcp.Packet) []byte {
		b, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := marshal(&rtcp.ReceiverReport{SSRC: 1})
	name := marshal(&rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: 1, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: "x"}}}}})
	last := marshal(&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: 2})
	for name, around := range map[string][2][]byte{
		"alone":         {},
		"behind others": {append(first, name...), nil},
		"before others": {nil, last},
		"in between":    {first, last},
		"before a stub": {nil, {0x80}},
	} {
		t.Run(name, func(t *testing.T) {
			out := watcher{recipient: recipient{peer: &Peer{offer: &offer{limits: Limits{}.orDefaults()}}}}
			at := time.Now()
			var told arrivals
			for range 3 {
				told.note(out.path.depart(sfu.Video, 1000, at), at)
			}
			b := append(append(append([]byte{}, around[0]...), told.report(1, 2)...), around[1]...)
			out.take(b)
			if w := out.path.estimate.present; w.received != 3 || !out.path.reported {
				t.Errorf("%d packets heard of, want 3", w.received)
			}
		})
	}
}

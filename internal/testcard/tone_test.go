package testcard

import "testing"

func TestTheToneIsOneSecondOfPacketsOf20Milliseconds(t *testing.T) {
	if len(tone) != tonePackets*tonePacket {
		t.Fatalf("%d bytes, want %d", len(tone), tonePackets*tonePacket)
	}
	for n := range int64(2 * tonePackets) {
		// RFC 6716 §3.1: CELT of the full band, 20 ms, mono, one frame.
		if p := tonePayload(n); len(p) != tonePacket || p[0] != 31<<3 {
			t.Errorf("packet %d has %d bytes and begins with %#x", n, len(p), p[0])
		}
	}
}

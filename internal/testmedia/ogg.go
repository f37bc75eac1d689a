package testmedia

import "testing"

// splitOgg cuts a file of one logical stream into packets (RFC 3533 §6): each
// page has a table of segment lengths, and a packet ends in the first segment
// that is not full, be it on a later page.
func splitOgg(t testing.TB, file []byte) [][]byte {
	t.Helper()
	const header, full = 27, 255
	var packets [][]byte
	var open []byte
	for rest := file; len(rest) > 0; {
		if len(rest) < header || string(rest[:4]) != "OggS" || len(rest) < header+int(rest[26]) {
			t.Fatalf("testmedia: Ogg page broken after %d packets", len(packets))
		}
		segments := rest[header : header+int(rest[26])]
		rest = rest[header+len(segments):]
		for _, n := range segments {
			if int(n) > len(rest) {
				t.Fatalf("testmedia: Ogg file ends in packet %d", len(packets))
			}
			open = append(open, rest[:n]...)
			rest = rest[n:]
			if n < full {
				packets = append(packets, open)
				open = nil
			}
		}
	}
	return packets
}

package bench

const (
	audioClock    = 48000
	audioPeriodMs = 20
	audioPacket   = 80 // octets: 32 kbit/s
)

// silence is one packet of 20 ms of Opus without a sound, padded to the size of
// one with (RFC 6716 §3.2.5).
func silence() []byte {
	packet := []byte{
		31<<3 | 3,  // CELT, full band, 20 ms, mono; frames are counted
		1<<6 | 1,   // padded, one frame
		0,          // length of the padding
		0xff, 0xfe, // nothing
	}
	padding := audioPacket - len(packet)
	packet[2] = byte(padding)
	return append(packet, make([]byte, padding)...)
}

package packetize

// NAL unit types of H.264 §7.4.1 and, from 24 on, of RFC 6184 §5.2.
const (
	h264Delimiter = 9
	h264Filler    = 12
	h264STAPA     = 24
	h264FUA       = 28
)

type h264 struct{}

// usable leaves out types that would be packets of their own kind, and what
// says nothing once packets have timestamps and a marker.
func (h264) usable(unit []byte) bool {
	if len(unit) == 0 {
		return false
	}
	kind := unit[0] & 0x1f
	return kind > 0 && kind < h264STAPA && kind != h264Delimiter && kind != h264Filler
}

func (h264) headerSize() int { return 1 }

// aggregation is a STAP-A's: F if one has it, the highest NRI (RFC 6184
// §5.7).
func (h264) aggregation(b []byte, units [][]byte) []byte {
	var forbidden, importance byte
	for _, unit := range units {
		forbidden |= unit[0] & 0x80
		importance = max(importance, unit[0]&0x60)
	}
	return append(b, forbidden|importance|h264STAPA)
}

// fragment is an FU indicator and header (RFC 6184 §5.8).
func (h264) fragment(b, header []byte) []byte {
	return append(b, header[0]&0xe0|h264FUA, header[0]&0x1f)
}

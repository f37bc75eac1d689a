package packetize

// NAL unit types of H.265 table 7-1 and, from 48 on, of RFC 7798 §4.4.
const (
	h265Delimiter = 35
	h265Filler    = 38
	h265AP        = 48
	h265FU        = 49
)

type h265 struct{}

// usable also leaves out the ends of sequences and streams, which are a header
// alone: receivers take that for a broken packet.
func (h265) usable(unit []byte) bool {
	if len(unit) < 3 {
		return false
	}
	kind := unit[0] >> 1 & 0x3f
	return kind < h265AP && kind != h265Delimiter && kind != h265Filler
}

func (h265) headerSize() int { return 2 }

// aggregation has F if one has it, and the lowest layer and temporal id (RFC
// 7798 §4.4.2).
func (h265) aggregation(b []byte, units [][]byte) []byte {
	var forbidden byte
	layer, temporal := byte(0x3f), byte(0x07)
	for _, unit := range units {
		forbidden |= unit[0] & 0x80
		layer = min(layer, unit[0]&1<<5|unit[1]>>3)
		temporal = min(temporal, unit[1]&0x07)
	}
	return append(b, forbidden|h265AP<<1|layer>>5, layer<<3|temporal)
}

// fragment has the unit's header with another type, and the FU header (RFC
// 7798 §4.4.3).
func (h265) fragment(b, header []byte) []byte {
	return append(b, header[0]&0x81|h265FU<<1, header[1], header[0]>>1&0x3f)
}

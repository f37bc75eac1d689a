package frame

import (
	"encoding/binary"
	"slices"

	"github.com/pion/rtp/codecs"
)

// joinVP8 reads RFC 7741.
func joinVP8(payloads [][]byte) (Frame, error) {
	var parts [][]byte
	for i, p := range payloads {
		var d codecs.VP8Packet
		part, err := d.Unmarshal(p)
		if err != nil {
			return Frame{}, incomplete("packet %d: %v", i, err)
		}
		if first := d.S == 1 && d.PID == 0; first != (i == 0) {
			return Frame{}, incomplete("packet %d begins a frame: %v", i, first)
		}
		parts = append(parts, part)
	}
	data := slices.Concat(parts...)
	const header = 10 // the tag, the start code and the size (RFC 6386 §9.1)
	switch {
	case len(data) < header:
		return Frame{}, incomplete("%d octets", len(data))
	case data[0]&0x01 != 0:
		return Frame{}, incomplete("not a key frame")
	case data[3] != 0x9d || data[4] != 0x01 || data[5] != 0x2a:
		return Frame{}, incomplete("no start code")
	}
	if first := int(data[0])>>5 | int(data[1])<<3 | int(data[2])<<11; header+first > len(data) {
		return Frame{}, incomplete("%d octets, with a first partition of %d", len(data), first)
	}
	const size = 1<<14 - 1 // above it there are two bits of scaling
	return Frame{
		Data:   data,
		Codec:  "vp8",
		Width:  int(binary.LittleEndian.Uint16(data[6:]) & size),
		Height: int(binary.LittleEndian.Uint16(data[8:]) & size),
	}, nil
}

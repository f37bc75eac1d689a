package packetize

import (
	"encoding/binary"
	"slices"
)

// NAL cuts access units of H.264 or H.265: small NAL units go together, large
// ones in fragments.
type NAL struct {
	format format
	buffer []byte
}

// format is what the two payload formats differ in.
type format interface {
	// usable says whether a NAL unit can be sent, and means something there.
	usable(unit []byte) bool
	// headerSize is of a NAL unit, and of the payload header that takes its
	// place in aggregations and fragments.
	headerSize() int
	// aggregation appends the payload header for some units.
	aggregation(b []byte, units [][]byte) []byte
	// fragment appends the payload header for a part of a unit with that
	// header, and the octet behind it without its two upper bits.
	fragment(b, header []byte) []byte
}

// NewH264 returns a NAL that writes RFC 6184 in packetization mode 1: single
// NAL units, STAP-A and FU-A.
func NewH264() *NAL { return &NAL{format: h264{}} }

// NewH265 returns a NAL that writes RFC 7798 without DONL fields: single NAL
// units, aggregation packets and fragmentation units.
func NewH265() *NAL { return &NAL{format: h265{}} }

// Packetize cuts one access unit, given as NAL units with their headers and
// without lengths or start codes. Of the slice, not of the units, the order is
// changed: what is not sent is taken out. Nothing is emitted when nothing is
// left. The error is emit's.
func (n *NAL) Packetize(units [][]byte, emit Emit) error {
	units = slices.DeleteFunc(units, func(unit []byte) bool { return !n.format.usable(unit) })
	for len(units) > 0 {
		var err error
		count := n.together(units)
		last := count == len(units)
		switch {
		case len(units[0]) > MTU:
			err = n.fragment(units[0], last, emit)
		case count == 1:
			err = emit(units[0], last)
		default:
			err = emit(n.aggregate(units[:count]), last)
		}
		if err != nil {
			return err
		}
		units = units[count:]
	}
	return nil
}

// lengthSize is of the length before a NAL unit in an aggregation.
const lengthSize = 2

// together is how many of the units go into the next payload; one that is too
// long is alone.
func (n *NAL) together(units [][]byte) int {
	size := n.format.headerSize()
	for i, unit := range units {
		if size += lengthSize + len(unit); size > MTU {
			return max(i, 1)
		}
	}
	return len(units)
}

func (n *NAL) aggregate(units [][]byte) []byte {
	n.buffer = n.format.aggregation(n.buffer[:0], units)
	for _, unit := range units {
		n.buffer = binary.BigEndian.AppendUint16(n.buffer, uint16(len(unit)))
		n.buffer = append(n.buffer, unit...)
	}
	return n.buffer
}

// fragment emits a unit in parts, which are of one size but the last: so the
// kernel can cut them, and a burst is sent as one.
func (n *NAL) fragment(unit []byte, last bool, emit Emit) error {
	const start, end = 0x80, 0x40
	header, rest := unit[:n.format.headerSize()], unit[n.format.headerSize():]
	flags := byte(start)
	for len(rest) > 0 {
		n.buffer = n.format.fragment(n.buffer[:0], header)
		part := rest[:min(len(rest), MTU-len(n.buffer))]
		rest = rest[len(part):]
		if len(rest) == 0 {
			flags |= end
		}
		n.buffer[len(n.buffer)-1] |= flags
		n.buffer = append(n.buffer, part...)
		if err := emit(n.buffer, last && len(rest) == 0); err != nil {
			return err
		}
		flags = 0
	}
	return nil
}

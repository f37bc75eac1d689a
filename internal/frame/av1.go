package frame

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// OBU types of the AV1 specification §6.2.2.
const (
	av1SequenceHeader    = 1
	av1TemporalDelimiter = 2
	av1FrameHeader       = 3
	av1Frame             = 6
	av1TileList          = 8
)

// temporalDelimiter begins a temporal unit (§5.6): an OBU of that type, with a
// size, which is 0.
var temporalDelimiter = []byte{av1TemporalDelimiter<<3 | 0x02, 0}

// joinAV1 reads the AV1 RTP payload format (AOMedia, version 1.0).
func joinAV1(payloads [][]byte) (Frame, error) {
	made := temporalUnit{data: slices.Clone(temporalDelimiter)}
	for i, p := range payloads {
		if err := made.packet(p); err != nil {
			return Frame{}, fmt.Errorf("packet %d: %w", i, err)
		}
	}
	switch {
	case made.open:
		return Frame{}, incomplete("a fragmented OBU does not end")
	case made.sequence == nil:
		return Frame{}, incomplete("no sequence header")
	case made.frame == nil:
		return Frame{}, incomplete("no frame")
	}
	h, err := parseAV1Sequence(made.sequence)
	if err != nil {
		return Frame{}, err
	}
	// show_existing_frame and the two bits of frame_type (§5.9.2), which is
	// KEY_FRAME.
	if !h.reduced && made.frame[0]&0xe0 != 0 {
		return Frame{}, incomplete("not a key frame")
	}
	return Frame{Data: made.data, Codec: h.name(), Width: h.width, Height: h.height}, nil
}

// temporalUnit collects OBUs.
type temporalUnit struct {
	data     []byte
	fragment []byte // of an OBU that goes on in the next packet
	open     bool   // there is one
	sequence []byte // the first sequence header
	frame    []byte // the first frame, or frame header
}

// packet adds the OBU elements of a packet (§4.3, §4.4 of the payload format).
func (u *temporalUnit) packet(p []byte) error {
	aggregation, rest := p[0], p[1:]
	if continues := aggregation&0x80 != 0; continues != u.open { // Z
		return incomplete("it goes on with a fragment: %v", continues)
	}
	count, last := int(aggregation>>4&0x03), false // W: 0, or how many elements
	for taken := 1; !last; taken++ {
		element := rest
		if last = taken == count; !last {
			n, size := binary.Uvarint(rest)
			if size <= 0 || n > uint64(len(rest)-size) {
				return incomplete("an element is longer than its packet")
			}
			element, rest = rest[size:size+int(n)], rest[size+int(n):]
			last = count == 0 && len(rest) == 0
		}
		continued := u.open
		if continued {
			element = append(u.fragment, element...)
			u.fragment, u.open = nil, false
		}
		if last && aggregation&0x40 != 0 { // Y
			if !continued { // else it is ours already, and grows in place
				element = slices.Clone(element)
			}
			u.fragment, u.open = element, true
			return nil
		}
		if err := u.add(element); err != nil {
			return err
		}
	}
	return nil
}

// add adds an OBU (§5.3), and gives it a size if it has none.
func (u *temporalUnit) add(element []byte) error {
	if len(element) == 0 || element[0]&0x80 != 0 { // obu_forbidden_bit
		return incomplete("no OBU header")
	}
	header := 1
	if element[0]&0x04 != 0 { // obu_extension_flag
		header = 2
	}
	if len(element) < header {
		return incomplete("half an OBU header")
	}
	body := element[header:]
	if element[0]&0x02 != 0 { // obu_has_size_field
		n, size := binary.Uvarint(body)
		if size <= 0 || n > uint64(len(body)-size) {
			return incomplete("an OBU is longer than its element")
		}
		body = body[size : size+int(n)]
	}
	switch kind := element[0] >> 3 & 0x0f; {
	case kind == av1TemporalDelimiter || kind == av1TileList:
		return nil // to be ignored (§5 of the payload format)
	case kind == av1SequenceHeader && u.sequence == nil:
		u.sequence = body
	case (kind == av1Frame || kind == av1FrameHeader) && u.frame == nil && len(body) > 0:
		u.frame = body
	}
	u.data = append(u.data, element[0]|0x02)
	u.data = append(u.data, element[1:header]...)
	u.data = binary.AppendUvarint(u.data, uint64(len(body)))
	u.data = append(u.data, body...)
	return nil
}

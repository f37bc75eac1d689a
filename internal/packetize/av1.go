package packetize

import (
	"encoding/binary"
	"errors"
	"slices"
)

// ErrMalformed says that a picture is not what its format says.
var ErrMalformed = errors.New("malformed picture")

// OBU types of the AV1 specification §6.2.2.
const (
	obuSequenceHeader    = 1
	obuTemporalDelimiter = 2
	obuFrameHeader       = 3
	obuFrame             = 6
	obuTileList          = 8
	obuPadding           = 15
)

// Bits of an OBU's header (AV1 specification §5.3.2).
const (
	obuForbidden = 0x80
	obuExtension = 0x04
	obuHasSize   = 0x02
)

// AV1 cuts temporal units as AOMedia's RTP payload format has it.
type AV1 struct {
	obus     []obu
	sequence []byte // the last sequence header, with its size
	buffer   []byte
	flags    byte // of the packet in buffer
}

// obu is an OBU without a size.
type obu struct {
	octets [2]byte // of the header, the first without obuHasSize
	size   int     // of the header: 1 or 2
	body   []byte
}

func (o *obu) kind() byte     { return o.octets[0] >> 3 & 0x0f }
func (o *obu) header() []byte { return o.octets[:o.size] }

// Bits of the aggregation header (§4.4 of the payload format).
const (
	av1Continues = 0x80 // Z
	av1GoesOn    = 0x40 // Y
	av1Sequence  = 0x08 // N
)

// NewAV1 returns an AV1.
func NewAV1() *AV1 { return &AV1{} }

// Configure gives OBUs that go before a key frame which has no sequence header
// of its own: those of the decoder configuration. They are copied.
func (a *AV1) Configure(obus []byte) error {
	if err := a.split(obus); err != nil {
		return err
	}
	a.remember()
	return nil
}

// Packetize cuts one temporal unit in the low-overhead format (AV1
// specification §5.2). Temporal delimiters, tile lists and padding are left out
// (§5 of the payload format), and nothing is emitted when nothing is left. key
// says that the unit begins a coded video sequence. The error wraps
// ErrMalformed or is emit's.
func (a *AV1) Packetize(unit []byte, emit Emit) (key bool, err error) {
	if err := a.split(unit); err != nil {
		return false, err
	}
	key = a.beginsSequence()
	if !a.remember() && key && a.sequence != nil {
		if err := a.split(slices.Concat(a.sequence, unit)); err != nil {
			return false, err
		}
	}
	if len(a.obus) == 0 {
		return false, nil
	}
	a.buffer, a.flags = append(a.buffer[:0], 0), 0
	if key && a.sequence != nil {
		a.flags = av1Sequence
	}
	for i := range a.obus {
		if err := a.element(&a.obus[i], emit); err != nil {
			return key, err
		}
	}
	return key, a.flush(0, true, emit)
}

// maxOBUs is how many of them a temporal unit may have: level 6.3 has no more
// than 160 tile groups in a frame (AV1 specification Annex A.3), and millions of
// two octets would be expensive.
const maxOBUs = 1024

// split finds the OBUs of a unit that are sent.
func (a *AV1) split(unit []byte) error {
	a.obus = a.obus[:0]
	for len(unit) > 0 {
		o := obu{size: 1}
		if unit[0]&obuExtension != 0 {
			o.size = 2
		}
		if unit[0]&obuForbidden != 0 || len(unit) < o.size {
			return ErrMalformed
		}
		sized := unit[0]&obuHasSize != 0
		copy(o.octets[:], unit[:o.size])
		o.octets[0] &^= obuHasSize
		o.body, unit = unit[o.size:], nil
		if sized {
			n, length := binary.Uvarint(o.body)
			if length <= 0 || n > uint64(len(o.body)-length) {
				return ErrMalformed
			}
			o.body, unit = o.body[length:length+int(n)], o.body[length+int(n):]
		}
		switch o.kind() {
		case obuTemporalDelimiter, obuTileList, obuPadding:
		default:
			if len(a.obus) == maxOBUs {
				return ErrMalformed
			}
			a.obus = append(a.obus, o)
		}
	}
	return nil
}

// beginsSequence says whether the first frame is a key frame:
// show_existing_frame and the two bits of frame_type are 0 (AV1 specification
// §5.9.2).
func (a *AV1) beginsSequence() bool {
	for _, o := range a.obus {
		if (o.kind() == obuFrame || o.kind() == obuFrameHeader) && len(o.body) > 0 {
			return o.body[0]&0xe0 == 0
		}
	}
	return false
}

// maxSequence is how long a sequence header may be, in octets, to be repeated
// before key frames: a key frame of ten octets is as expensive as it is. Those
// of the specification are far shorter.
const maxSequence = 4 << 10

// remember keeps a copy of the sequence header; false if there is none.
func (a *AV1) remember() bool {
	for _, o := range a.obus {
		if o.kind() != obuSequenceHeader || len(o.body) > maxSequence {
			continue
		}
		a.sequence = append(a.sequence[:0], o.header()...)
		a.sequence[0] |= obuHasSize
		a.sequence = binary.AppendUvarint(a.sequence, uint64(len(o.body)))
		a.sequence = append(a.sequence, o.body...)
		return true
	}
	return false
}

// element puts an OBU into the packet in buffer, and into further ones if it is
// long. Each part has its length before it, so that W is 0.
func (a *AV1) element(o *obu, emit Emit) error {
	const least = 4 // a length, and as much behind it that it is worth it
	header, body := o.header(), o.body
	for {
		if MTU-len(a.buffer) < least {
			if err := a.flush(0, false, emit); err != nil {
				return err
			}
		}
		left, room := len(header)+len(body), MTU-len(a.buffer)-1
		if min(left, room) >= 1<<7 {
			room-- // for the length's second octet
		}
		size := min(left, room)
		n := min(len(header), size)
		a.buffer = binary.AppendUvarint(a.buffer, uint64(size))
		a.buffer = append(a.buffer, header[:n]...)
		a.buffer = append(a.buffer, body[:size-n]...)
		header, body = header[n:], body[size-n:]
		if len(header)+len(body) == 0 {
			return nil
		}
		if err := a.flush(av1GoesOn, false, emit); err != nil {
			return err
		}
		a.flags |= av1Continues
	}
}

// flush emits the packet in buffer, and begins another one.
func (a *AV1) flush(more byte, last bool, emit Emit) error {
	a.buffer[0] = a.flags | more
	err := emit(a.buffer, last)
	a.buffer, a.flags = append(a.buffer[:0], 0), 0
	return err
}

package codec

import "encoding/binary"

// vp8 reads the payload descriptor of RFC 7741 §4.2, which tells everything
// but the size in every packet, so that no state is needed.
type vp8 struct{}

func (vp8) Inspect(payload []byte, _ uint32) Frame {
	d, ok := parseVP8Descriptor(payload)
	if !ok {
		return Frame{}
	}
	f := Frame{
		Start:       d.start,
		Temporal:    d.temporal,
		Discardable: d.nonReference,
	}
	data := payload[d.size:]
	// The P bit of the frame tag is inverse (RFC 7741 §4.3).
	if !d.start || len(data) == 0 || data[0]&0x01 != 0 {
		return f
	}
	f.Key = true
	f.Width, f.Height = vp8Size(data)
	return f
}

type vp8Descriptor struct {
	start        bool // S set in partition 0: the first packet of the frame
	nonReference bool // N
	temporal     uint8
	size         int // octets that the descriptor takes
}

func parseVP8Descriptor(payload []byte) (d vp8Descriptor, ok bool) {
	if len(payload) == 0 {
		return d, false
	}
	first := payload[0]
	d.start = first&0x10 != 0 && first&0x07 == 0
	d.nonReference = first&0x20 != 0
	d.size = 1
	if first&0x80 == 0 { // X
		return d, true
	}
	if len(payload) < 2 {
		return d, false
	}
	extension := payload[1]
	d.size = 2
	if extension&0x80 != 0 { // I: PictureID, of two octets when M is set
		if len(payload) <= d.size {
			return d, false
		}
		if payload[d.size]&0x80 != 0 {
			d.size++
		}
		d.size++
	}
	if extension&0x40 != 0 { // L: TL0PICIDX
		d.size++
	}
	if extension&0x30 != 0 { // T or K: one octet for both
		if len(payload) <= d.size {
			return d, false
		}
		if extension&0x20 != 0 {
			d.temporal = payload[d.size] >> 6
		}
		d.size++
	}
	return d, d.size <= len(payload)
}

// vp8Size reads the header of a key frame (RFC 6386 §9.1): a tag of three
// octets, the start code, then 14 bits each with two bits of scaling above.
// It gives 0, 0 when the packet ends before it or the start code is not there.
func vp8Size(data []byte) (width, height uint16) {
	if len(data) < 10 || data[3] != 0x9d || data[4] != 0x01 || data[5] != 0x2a {
		return 0, 0
	}
	const mask = 1<<14 - 1
	w, h := binary.LittleEndian.Uint16(data[6:])&mask, binary.LittleEndian.Uint16(data[8:])&mask
	return size(uint64(w), uint64(h))
}

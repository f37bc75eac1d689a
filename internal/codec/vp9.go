package codec

import "encoding/binary"

// vp9 reads the payload descriptor of RFC 9628 §4.2 and, where a frame begins,
// the first bits of its uncompressed header.
type vp9 struct {
	pictures
}

func (s *vp9) Inspect(payload []byte, timestamp uint32) Frame {
	d, ok := parseVP9Descriptor(payload)
	if !ok {
		return Frame{}
	}
	pic, _ := s.at(timestamp)
	f := Frame{
		Temporal: d.temporal,
		Width:    d.width,
		Height:   d.height,
	}
	if d.begins {
		h := parseVP9Header(payload[d.size:])
		base := d.spatial == 0
		f.Start = pic.begin(base)
		// Intra-only frames have no P bit either, and some senders never set
		// it: the frame's own header may overrule it.
		f.Key = pic.key(base && !d.predicted && !h.inter)
		if f.Key && f.Width == 0 {
			f.Width, f.Height = h.width, h.height
		}
		// Layers above come later; the picture is needed if one of them is.
		pic.unreferred = h.unreferred && (base || pic.unreferred)
	}
	f.Discardable = pic.unreferred
	return f
}

type vp9Descriptor struct {
	predicted bool // P: refers to earlier pictures
	begins    bool // B: the first packet of a layer's frame
	temporal  uint8
	spatial   uint8
	width     uint16 // of the largest layer, from the scalability structure
	height    uint16
	size      int // octets that the descriptor takes
}

// vp9References is how many P_DIFF fields may follow (RFC 9628 §4.2).
const vp9References = 3

func parseVP9Descriptor(payload []byte) (d vp9Descriptor, ok bool) {
	r := octets{data: payload}
	first := r.octet()
	flexible := first&0x10 != 0
	d.predicted = first&0x40 != 0
	d.begins = first&0x08 != 0
	if first&0x80 != 0 { // I: picture id, of two octets when M is set
		if r.octet()&0x80 != 0 {
			r.octet()
		}
	}
	if first&0x20 != 0 { // L
		layer := r.octet()
		d.temporal = layer >> 5
		d.spatial = layer >> 1 & 0x07
		if !flexible {
			r.octet() // TL0PICIDX
		}
	}
	if flexible && d.predicted {
		for i := 0; i < vp9References && r.octet()&0x01 != 0; i++ { // N: another one follows
		}
	}
	if first&0x02 != 0 { // V
		d.width, d.height = r.vp9Structure()
	}
	d.size = r.next
	return d, !r.short
}

// vp9Structure reads the scalability structure and gives the largest layer's
// size, 0, 0 when it has none.
func (r *octets) vp9Structure() (width, height uint16) {
	first := r.octet()
	if first&0x10 != 0 { // Y: a size for each spatial layer
		for range first>>5 + 1 {
			w, h := r.uint16(), r.uint16()
			if uint32(w)*uint32(h) > uint32(width)*uint32(height) {
				width, height = w, h
			}
		}
	}
	if first&0x08 != 0 { // G: the pictures of a group
		for range r.octet() {
			references := r.octet() >> 2 & 0x03
			for range references {
				r.octet()
			}
		}
	}
	return width, height
}

// octets reads whole octets, zeros past the end.
type octets struct {
	data  []byte
	next  int
	short bool
}

func (r *octets) octet() byte {
	if r.next >= len(r.data) {
		r.short = true
		return 0
	}
	r.next++
	return r.data[r.next-1]
}

func (r *octets) uint16() uint16 {
	if r.next+2 > len(r.data) {
		r.next, r.short = len(r.data), true
		return 0
	}
	r.next += 2
	return binary.BigEndian.Uint16(r.data[r.next-2:])
}

type vp9Header struct {
	inter      bool // not a key frame
	unreferred bool // the frame is kept for no other one
	width      uint16
	height     uint16
}

// parseVP9Header reads the uncompressed header (VP9 bitstream specification
// §6.2) as far as the size of a key frame, or the reference slots that another
// frame is kept in.
func parseVP9Header(frame []byte) (h vp9Header) {
	const keyFrame, sync = 0, 0x498342
	b := bits{data: frame}
	if b.uint(2) != 2 { // frame_marker
		return h
	}
	profile := b.bit() | b.bit()<<1
	if profile == 3 {
		b.skip(1)
	}
	if b.flag() { // show_existing_frame: three bits say which, and no more
		h.inter = true
		return h
	}
	kind := b.bit()
	shown := b.flag()
	resilient := b.flag()
	if kind == keyFrame {
		if b.uint(24) != sync {
			return h
		}
		skipVP9Color(&b, profile)
		w, ht := uint64(b.uint(16))+1, uint64(b.uint(16))+1
		if !b.short {
			h.width, h.height = size(w, ht)
		}
		return h
	}
	h.inter = !b.short
	intra := false
	if !shown {
		intra = b.flag()
	}
	if !resilient {
		b.skip(2) // reset_frame_context
	}
	if intra {
		if b.uint(24) != sync {
			return h
		}
		if profile > 0 {
			skipVP9Color(&b, profile)
		}
	}
	slots := b.uint(8) // refresh_frame_flags
	h.unreferred = slots == 0 && !b.short
	return h
}

// skipVP9Color passes over color_config (§6.2.2).
func skipVP9Color(b *bits, profile uint32) {
	const rgb = 7
	if profile >= 2 {
		b.skip(1) // ten_or_twelve_bit
	}
	odd := profile&1 == 1
	if b.uint(3) == rgb {
		if odd {
			b.skip(1)
		}
		return
	}
	b.skip(1) // color_range
	if odd {
		b.skip(3) // subsampling_x, subsampling_y, reserved_zero
	}
}

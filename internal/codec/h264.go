package codec

import "encoding/binary"

// NAL unit types of H.264 §7.4.1 and, from 24 on, of RFC 6184 §5.2.
const (
	h264Slice  = 1
	h264IDR    = 5
	h264SPS    = 7
	h264Prefix = 14
	h264STAPA  = 24
	h264FUA    = 28
)

// h264 reads RFC 6184 in packetization modes 0 and 1: single NAL units, STAP-A
// and FU-A. Interleaved mode is not for real time and not read.
type h264 struct {
	pictures
	inBand bool // an SPS has come in this stream
}

// h264Packet gathers what the NAL units of one packet say.
type h264Packet struct {
	first    bool // the picture's first slice is here
	leading  bool // a NAL unit that precedes the slices is here
	idr      bool // first belongs to an IDR picture
	sps      bool
	slices   bool
	referred bool // a slice is here whose nal_ref_idc is not 0
	prefixed bool // temporal is known
	temporal uint8
	width    uint16
	height   uint16
}

func (s *h264) Inspect(payload []byte, timestamp uint32) Frame {
	if len(payload) == 0 {
		return Frame{}
	}
	var p h264Packet
	p.read(payload)
	pic, fresh := s.at(timestamp)
	if p.prefixed {
		pic.temporal = p.temporal
	}
	key := p.sps || p.idr && !s.inBand
	s.inBand = s.inBand || p.sps
	return Frame{
		// A NAL unit other than a slice begins a picture only when nothing of
		// it has been seen: supplements may follow slices too.
		Start:       pic.begin(p.first || p.leading && fresh),
		Key:         pic.key(key),
		Temporal:    pic.temporal,
		Discardable: p.slices && !p.referred,
		Width:       p.width,
		Height:      p.height,
	}
}

func (p *h264Packet) read(payload []byte) {
	switch payload[0] & 0x1f {
	case h264STAPA:
		p.aggregate(payload[1:])
	case h264FUA:
		p.fragment(payload)
	default:
		p.unit(payload[0], payload[1:])
	}
}

// aggregate reads a STAP-A (RFC 6184 §5.7.1) as far as it is whole.
func (p *h264Packet) aggregate(rest []byte) {
	for len(rest) > 2 {
		n := int(binary.BigEndian.Uint16(rest))
		rest = rest[2:]
		if n == 0 || n > len(rest) {
			return
		}
		p.unit(rest[0], rest[1:n])
		rest = rest[n:]
	}
}

// fragment reads an FU-A (RFC 6184 §5.8).
func (p *h264Packet) fragment(payload []byte) {
	if len(payload) < 2 {
		return
	}
	indicator, header := payload[0], payload[1]
	unit := indicator&0xe0 | header&0x1f
	if header&0x80 != 0 { // S
		p.unit(unit, payload[2:])
		return
	}
	p.refer(unit)
}

// unit reads a NAL unit from its first octet on; body may end early.
func (p *h264Packet) unit(header byte, body []byte) {
	switch kind := header & 0x1f; {
	case kind >= h264Slice && kind <= h264IDR:
		p.refer(header)
		// first_mb_in_slice is 0 when its Exp-Golomb code is one bit, 1. Data
		// partitions B and C, 3 and 4, do not begin with it.
		if kind != 3 && kind != 4 && len(body) > 0 && body[0]&0x80 != 0 {
			p.first = true
			p.idr = p.idr || kind == h264IDR
		}
	case kind == h264SPS:
		p.leading, p.sps = true, true
		p.width, p.height = h264Size(body)
	case kind == h264Prefix:
		p.leading = true
		if len(body) >= 3 && body[0]&0x80 != 0 { // svc_extension_flag, H.264 §7.3.1
			p.prefixed, p.temporal = true, body[2]>>5
		}
	case kind > h264IDR && kind < h264STAPA:
		p.leading = true
	}
}

// refer notes nal_ref_idc if the NAL unit is a slice; it is the same in all
// slices of a picture (H.264 §7.4.1).
func (p *h264Packet) refer(header byte) {
	if kind := header & 0x1f; kind < h264Slice || kind > h264IDR {
		return
	}
	p.slices = true
	p.referred = p.referred || header&0x60 != 0
}

// h264Size reads a sequence parameter set (H.264 §7.3.2.1.1) after its first
// octet up to the cropping rectangle.
func h264Size(sps []byte) (width, height uint16) {
	b := bits{data: sps, escaped: true}
	profile := b.uint(8)
	b.skip(8 + 8) // constraint flags, level_idc
	b.golomb()    // seq_parameter_set_id
	chroma, separate := uint32(1), false
	if h264HasChroma(profile) {
		chroma = b.golomb()
		if chroma == 3 {
			separate = b.flag()
		}
		b.golomb() // bit_depth_luma_minus8
		b.golomb() // bit_depth_chroma_minus8
		b.skip(1)  // qpprime_y_zero_transform_bypass_flag
		if b.flag() {
			h264SkipScaling(&b, chroma)
		}
	}
	b.golomb() // log2_max_frame_num_minus4
	h264SkipOrder(&b)
	b.golomb() // max_num_ref_frames
	b.skip(1)  // gaps_in_frame_num_value_allowed_flag
	columns := uint64(b.golomb()) + 1
	rows := uint64(b.golomb()) + 1
	fields := uint64(1)
	if !b.flag() { // frame_mbs_only_flag
		fields = 2
		b.skip(1) // mb_adaptive_frame_field_flag
	}
	b.skip(1) // direct_8x8_inference_flag
	var left, right, top, bottom uint64
	if b.flag() {
		left, right = uint64(b.golomb()), uint64(b.golomb())
		top, bottom = uint64(b.golomb()), uint64(b.golomb())
	}
	if b.short {
		return 0, 0
	}
	// Cropping counts chroma samples, and lines of a field (H.264 §7.4.2.1.1).
	unitX, unitY := uint64(1), fields
	if !separate && (chroma == 1 || chroma == 2) {
		unitX = 2
	}
	if !separate && chroma == 1 {
		unitY *= 2
	}
	return size(cropped(16*columns, unitX*(left+right)), cropped(16*fields*rows, unitY*(top+bottom)))
}

// cropped is what a cut leaves, 0 if it leaves nothing.
func cropped(length, cut uint64) uint64 {
	if cut >= length {
		return 0
	}
	return length - cut
}

// h264HasChroma tells the profiles whose SPS has the chroma and scaling part.
func h264HasChroma(profile uint32) bool {
	switch profile {
	case 44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244:
		return true
	}
	return false
}

// h264SkipScaling passes over the scaling lists (H.264 §7.3.2.1.1.1).
func h264SkipScaling(b *bits, chroma uint32) {
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if !b.flag() {
			continue
		}
		entries := 16
		if i >= 6 {
			entries = 64
		}
		last, next := int32(8), int32(8)
		for range entries {
			if b.short {
				return
			}
			if next != 0 {
				next = (last + b.signed()) & 0xff
			}
			if next != 0 {
				last = next
			}
		}
	}
}

// h264SkipOrder passes over the picture order count's fields.
func h264SkipOrder(b *bits) {
	switch b.golomb() { // pic_order_cnt_type
	case 0:
		b.golomb() // log2_max_pic_order_cnt_lsb_minus4
	case 1:
		b.skip(1)  // delta_pic_order_always_zero_flag
		b.golomb() // offset_for_non_ref_pic
		b.golomb() // offset_for_top_to_bottom_field
		for n := b.golomb(); n > 0 && !b.short; n-- {
			b.golomb() // offset_for_ref_frame
		}
	}
}

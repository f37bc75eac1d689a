package codec

import "encoding/binary"

// NAL unit types of H.265 §7.4.2.2 and, from 48 on, of RFC 7798 §4.4.
const (
	h265FirstIRAP = 16
	h265LastIRAP  = 21
	h265LastSlice = 31
	h265VPS       = 32
	h265SPS       = 33
	h265AP        = 48
	h265FU        = 49
)

// h265 reads RFC 7798 without DONL fields, which only interleaved streams
// have: single NAL units, aggregation packets and fragmentation units. NAL
// units of enhancement layers (nuh_layer_id over 0) are not looked into.
type h265 struct {
	pictures
	inBand    bool  // a VPS or SPS has come in this stream
	subLayers uint8 // sps_max_sub_layers_minus1 + 1 of the last SPS, 0 before
}

// h265Packet gathers what the NAL units of one packet say.
type h265Packet struct {
	first     bool // the picture's first slice segment is here
	leading   bool // a NAL unit that may precede the slices is here
	irap      bool // first belongs to an intra random access point
	sets      bool // a VPS or SPS is here
	slices    bool
	referred  bool // a slice is here that its own sub-layer refers to
	subLayers uint8
	width     uint16
	height    uint16
}

func (s *h265) Inspect(payload []byte, timestamp uint32) Frame {
	if len(payload) < 3 {
		return Frame{}
	}
	var p h265Packet
	p.read(payload)
	pic, fresh := s.at(timestamp)
	key := p.sets || p.irap && !s.inBand
	s.inBand = s.inBand || p.sets
	if p.subLayers > 0 {
		s.subLayers = p.subLayers
	}
	temporal := h265Temporal(payload)
	return Frame{
		Start:    pic.begin(p.first || p.leading && fresh),
		Key:      pic.key(key),
		Temporal: temporal,
		// A higher sub-layer may refer to what its own does not
		// (H.265 §3, sub-layer non-reference picture).
		Discardable: p.slices && !p.referred && temporal+1 == s.subLayers,
		Width:       p.width,
		Height:      p.height,
	}
}

// h265Temporal is nuh_temporal_id_plus1 - 1. Aggregation packets and
// fragments have it in the same place (RFC 7798 §4.4.2, §4.4.3).
func h265Temporal(header []byte) uint8 {
	return max(header[1]&0x07, 1) - 1
}

func h265Kind(header byte) byte { return header >> 1 & 0x3f }

func (p *h265Packet) read(payload []byte) {
	switch h265Kind(payload[0]) {
	case h265AP:
		p.aggregate(payload[2:])
	case h265FU:
		p.fragment(payload)
	default:
		p.unit(h265Kind(payload[0]), payload)
	}
}

// aggregate reads an AP (RFC 7798 §4.4.2) as far as it is whole.
func (p *h265Packet) aggregate(rest []byte) {
	for len(rest) > 2 {
		n := int(binary.BigEndian.Uint16(rest))
		rest = rest[2:]
		if n < 2 || n > len(rest) {
			return
		}
		p.unit(h265Kind(rest[0]), rest[:n])
		rest = rest[n:]
	}
}

// fragment reads an FU (RFC 7798 §4.4.3): the payload header, then S, E and the
// type in the third octet, then the NAL unit without its own header.
func (p *h265Packet) fragment(payload []byte) {
	kind := payload[2] & 0x3f
	if payload[2]&0x80 == 0 { // S
		p.refer(kind)
		return
	}
	if h265Layer(payload) == 0 {
		p.body(kind, payload[3:])
	}
}

// unit reads a NAL unit that begins with its two octets of header.
func (p *h265Packet) unit(kind byte, unit []byte) {
	if h265Layer(unit) == 0 {
		p.body(kind, unit[2:])
	}
}

func h265Layer(header []byte) byte { return header[0]&1<<5 | header[1]>>3 }

func (p *h265Packet) body(kind byte, body []byte) {
	switch {
	case kind <= h265LastSlice:
		p.refer(kind)
		if len(body) > 0 && body[0]&0x80 != 0 { // first_slice_segment_in_pic_flag
			p.first = true
			p.irap = p.irap || kind >= h265FirstIRAP && kind <= h265LastIRAP
		}
	case kind == h265VPS:
		p.leading, p.sets = true, true
	case kind == h265SPS:
		p.leading, p.sets = true, true
		p.width, p.height, p.subLayers = h265Size(body)
	case kind < h265AP:
		p.leading = true
	}
}

// refer notes a slice. Even types below 16 are pictures that their own
// sub-layer does not refer to (H.265 table 7-1).
func (p *h265Packet) refer(kind byte) {
	if kind > h265LastSlice {
		return
	}
	p.slices = true
	p.referred = p.referred || kind >= 16 || kind&1 == 1
}

// h265Size reads a sequence parameter set (H.265 §7.3.2.2.1) after its header
// up to the conformance window. subLayers is 0 if it ends before.
func h265Size(sps []byte) (width, height uint16, subLayers uint8) {
	b := bits{data: sps, escaped: true}
	b.skip(4) // sps_video_parameter_set_id
	above := b.uint(3)
	b.skip(1) // sps_temporal_id_nesting_flag
	h265SkipProfile(&b, above)
	b.golomb() // sps_seq_parameter_set_id
	chroma := b.golomb()
	separate := chroma == 3 && b.flag()
	w, h := uint64(b.golomb()), uint64(b.golomb())
	var left, right, top, bottom uint64
	if b.flag() { // conformance_window_flag
		left, right = uint64(b.golomb()), uint64(b.golomb())
		top, bottom = uint64(b.golomb()), uint64(b.golomb())
	}
	if b.short {
		return 0, 0, 0
	}
	// The window counts chroma samples (H.265 §7.4.3.2.1, table 6-1).
	unitX, unitY := uint64(1), uint64(1)
	if !separate && (chroma == 1 || chroma == 2) {
		unitX = 2
	}
	if !separate && chroma == 1 {
		unitY = 2
	}
	width, height = size(cropped(w, unitX*(left+right)), cropped(h, unitY*(top+bottom)))
	return width, height, uint8(above) + 1
}

// h265SkipProfile passes over profile_tier_level (H.265 §7.3.3) with above
// sub-layers over the base.
func h265SkipProfile(b *bits, above uint32) {
	const profile, level = 88, 8
	b.skip(profile + level)
	if above == 0 {
		return
	}
	var present [8]uint32 // a profile flag and a level flag each
	for i := range present {
		present[i] = b.uint(2)
	}
	for _, flags := range present[:above] {
		if flags&2 != 0 {
			b.skip(profile)
		}
		if flags&1 != 0 {
			b.skip(level)
		}
	}
}

// cropped is what a cut leaves, 0 if it leaves nothing.
func cropped(length, cut uint64) uint64 {
	if cut >= length {
		return 0
	}
	return length - cut
}

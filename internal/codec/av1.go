package codec

// av1SequenceHeader is the one OBU type looked into (AV1 specification §6.2.2).
const av1SequenceHeader = 1

// av1 reads the AV1 RTP payload format's aggregation header and the OBU
// elements behind it.
type av1 struct {
	pictures
}

func (s *av1) Inspect(payload []byte, timestamp uint32) Frame {
	if len(payload) < 2 {
		return Frame{}
	}
	aggregation := payload[0]
	continues := aggregation&0x80 != 0              // Z
	sequence := aggregation&0x08 != 0 && !continues // N: never with Z
	elements := av1Elements{rest: payload[1:], count: int(aggregation >> 4 & 0x03)}
	pic, fresh := s.at(timestamp)
	f := Frame{
		// Nothing but the timestamp separates temporal units in the payload
		// that do not begin a sequence.
		Start: pic.begin(sequence || fresh && !continues),
		Key:   pic.key(sequence),
	}
	for first := true; ; first = false {
		element, ok := elements.next()
		if !ok {
			break
		}
		if first && continues || len(element) == 0 {
			continue
		}
		obu, ok := parseOBU(element)
		if !ok {
			continue
		}
		if obu.extended {
			pic.temporal = obu.temporal
		}
		if obu.kind == av1SequenceHeader && f.Key {
			f.Width, f.Height = av1Size(obu.data)
		}
	}
	f.Temporal = pic.temporal
	return f
}

// av1Elements walks the OBU elements of a packet.
type av1Elements struct {
	rest  []byte
	count int // W: so many elements, the last without a length; 0: all have one
	taken int
}

// next gives the next element, as much of it as the packet has.
func (e *av1Elements) next() (element []byte, ok bool) {
	if len(e.rest) == 0 || e.count > 0 && e.taken == e.count {
		return nil, false
	}
	e.taken++
	if e.taken == e.count {
		element, e.rest = e.rest, nil
		return element, true
	}
	n, size := leb128(e.rest)
	if size == 0 {
		return nil, false
	}
	e.rest = e.rest[size:]
	end := min(n, uint64(len(e.rest)))
	element, e.rest = e.rest[:end], e.rest[end:]
	return element, true
}

type obu struct {
	kind     byte
	extended bool // temporal is known
	temporal uint8
	data     []byte
}

// parseOBU reads an OBU's header (§5.3). The payload format leaves obu_size
// out as a rule but allows it.
func parseOBU(element []byte) (o obu, ok bool) {
	header := element[0]
	if header&0x80 != 0 { // obu_forbidden_bit
		return o, false
	}
	o.kind = header >> 3 & 0x0f
	o.data = element[1:]
	if header&0x04 != 0 { // obu_extension_flag
		if len(o.data) == 0 {
			return o, false
		}
		o.extended, o.temporal = true, o.data[0]>>5
		o.data = o.data[1:]
	}
	if header&0x02 != 0 { // obu_has_size_field
		n, size := leb128(o.data)
		if size == 0 {
			return o, false
		}
		o.data = o.data[size:]
		o.data = o.data[:min(n, uint64(len(o.data)))]
	}
	return o, true
}

// leb128 reads a little-endian base 128 number (§4.10.5). size is the octets
// that it takes, 0 if it has no end within eight octets or data.
func leb128(data []byte) (value uint64, size int) {
	for i, b := range data[:min(8, len(data))] {
		value |= uint64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}

// av1Size reads a sequence header (§5.5.1) up to the largest frame's size.
func av1Size(header []byte) (width, height uint16) {
	b := bits{data: header}
	b.skip(3 + 1) // seq_profile, still_picture
	if reduced := b.flag(); reduced {
		b.skip(5) // seq_level_idx
	} else {
		skipAV1Operation(&b)
	}
	widthBits, heightBits := b.uint(4)+1, b.uint(4)+1
	w := uint64(b.uint(uint(widthBits))) + 1
	h := uint64(b.uint(uint(heightBits))) + 1
	if b.short {
		return 0, 0
	}
	return size(w, h)
}

// skipAV1Operation passes over timing, the decoder model and the operating
// points.
func skipAV1Operation(b *bits) {
	var delayBits uint
	model := false
	if b.flag() { // timing_info_present_flag
		b.skip(32 + 32)
		if b.flag() { // equal_picture_interval
			b.golomb()
		}
		if model = b.flag(); model { // decoder_model_info_present_flag
			delayBits = uint(b.uint(5)) + 1
			b.skip(32 + 5 + 5)
		}
	}
	initialDelay := b.flag()
	for range b.uint(5) + 1 {
		b.skip(12)         // operating_point_idc
		if b.uint(5) > 7 { // seq_level_idx
			b.skip(1) // seq_tier
		}
		if model && b.flag() { // decoder_model_present_for_this_op
			b.skip(2*delayBits + 1)
		}
		if initialDelay && b.flag() { // initial_display_delay_present_for_this_op
			b.skip(4)
		}
	}
}

package h264

// restriction is bitstream_restriction() of the VUI (§E.1.1).
type restriction struct {
	said                       bool
	vectorsOverBoundaries      bool
	bytesDenominator           uint32
	bitsDenominator            uint32
	horizontalLog, verticalLog uint32
	reorder, buffering         uint32
}

// inferred is what a stream without the fields means (§E.2.1), but for the two
// about buffering.
var inferred = restriction{vectorsOverBoundaries: true, bytesDenominator: 2, bitsDenominator: 1, horizontalLog: 15, verticalLog: 15}

// readVUI reads the VUI. One that ends early counts as none: encoders are
// known to cut it, and nothing in it changes how pictures are decoded.
func (s *SPS) readVUI(b *bits) {
	const extendedSAR = 255
	if b.flag() && b.uint(8) == extendedSAR {
		b.skip(16 + 16)
	}
	if b.flag() { // overscan_info_present_flag
		b.skip(1)
	}
	if b.flag() { // video_signal_type_present_flag
		b.skip(3 + 1)
		if b.flag() { // colour_description_present_flag
			b.skip(8 + 8 + 8)
		}
	}
	if b.flag() { // chroma_loc_info_present_flag
		b.upTo(5)
		b.upTo(5)
	}
	var rate float64
	if b.flag() { // timing_info_present_flag
		tick, scale := b.uint(32), b.uint(32)
		b.skip(1) // fixed_frame_rate_flag
		if tick > 0 {
			rate = float64(scale) / float64(tick) / 2 // ticks are of fields
		}
	}
	nal := b.flag()
	if nal {
		skipHRD(b)
	}
	vcl := b.flag()
	if vcl {
		skipHRD(b)
	}
	if nal || vcl {
		b.skip(1) // low_delay_hrd_flag
	}
	b.skip(1) // pic_struct_present_flag
	at := b.next
	r := readRestriction(b)
	if b.short {
		s.vui = false
		return
	}
	s.FrameRate, s.restrictionAt, s.restriction = rate, at, r
	if r.said && s.order.kind != 2 {
		s.Reorder = int(r.reorder)
	}
}

func readRestriction(b *bits) restriction {
	if !b.flag() {
		return inferred
	}
	return restriction{
		said:                  true,
		vectorsOverBoundaries: b.flag(),
		bytesDenominator:      b.upTo(16),
		bitsDenominator:       b.upTo(16),
		horizontalLog:         b.upTo(16),
		verticalLog:           b.upTo(16),
		reorder:               b.upTo(referencesMost),
		buffering:             b.upTo(referencesMost),
	}
}

// skipHRD passes over hrd_parameters() (§E.1.2).
func skipHRD(b *bits) {
	count := b.upTo(31) + 1
	b.skip(4 + 4)
	for range count {
		b.golomb()
		b.golomb()
		b.skip(1)
	}
	b.skip(5 + 5 + 5 + 5)
}

// write is the reverse of readRestriction.
func (r restriction) write(w *bitWriter) {
	w.bit(1)
	if r.vectorsOverBoundaries {
		w.bit(1)
	} else {
		w.bit(0)
	}
	w.golomb(r.bytesDenominator)
	w.golomb(r.bitsDenominator)
	w.golomb(r.horizontalLog)
	w.golomb(r.verticalLog)
	w.golomb(r.reorder)
	w.golomb(r.buffering)
}

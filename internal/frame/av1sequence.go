package frame

import "fmt"

// av1Sequence is what a sequence header says (AV1 specification §5.5).
type av1Sequence struct {
	profile, level uint32
	high           bool // the tier
	depth          int
	reduced        bool // reduced_still_picture_header: frames have no type
	width, height  int
}

// name is as the AV1 binding to ISOBMFF has it, §5: profile, level, tier, depth.
func (h av1Sequence) name() string {
	tier := "M"
	if h.high {
		tier = "H"
	}
	return fmt.Sprintf("av01.%d.%02d%s.%02d", h.profile, h.level, tier, h.depth)
}

func parseAV1Sequence(header []byte) (h av1Sequence, err error) {
	b := bits{data: header}
	h.profile = b.uint(3)
	b.skip(1) // still_picture
	if h.reduced = b.flag(); h.reduced {
		h.level = b.uint(5)
	} else {
		h.operation(&b)
	}
	widthBits, heightBits := uint(b.uint(4))+1, uint(b.uint(4))+1
	h.width, h.height = int(b.uint(widthBits))+1, int(b.uint(heightBits))+1
	h.skipTools(&b)
	h.depth = 8
	if b.flag() { // high_bitdepth
		h.depth = 10
		if h.profile == 2 && b.flag() { // twelve_bit
			h.depth = 12
		}
	}
	if b.short {
		return av1Sequence{}, incomplete("a sequence header of %d octets", len(header))
	}
	return h, nil
}

// operation reads the level and tier of the first operating point, which is
// the whole stream, and passes over the others (§5.5.1).
func (h *av1Sequence) operation(b *bits) {
	var delayBits uint
	model := false
	if b.flag() { // timing_info_present_flag
		b.skip(32 + 32)
		if b.flag() { // equal_picture_interval
			b.skipVariable()
		}
		if model = b.flag(); model { // decoder_model_info_present_flag
			delayBits = uint(b.uint(5)) + 1
			b.skip(32 + 5 + 5)
		}
	}
	initialDelay := b.flag()
	for i := range b.uint(5) + 1 {
		b.skip(12)         // operating_point_idc
		level := b.uint(5) // seq_level_idx
		high := level > 7 && b.flag()
		if i == 0 {
			h.level, h.high = level, high
		}
		if model && b.flag() { // decoder_model_present_for_this_op
			b.skip(2*delayBits + 1)
		}
		if initialDelay && b.flag() { // initial_display_delay_present_for_this_op
			b.skip(4)
		}
	}
}

// skipTools passes over what stands between the size and color_config.
func (h *av1Sequence) skipTools(b *bits) {
	if !h.reduced && b.flag() { // frame_id_numbers_present_flag
		b.skip(4 + 3)
	}
	b.skip(1 + 1 + 1) // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
	if !h.reduced {
		b.skip(1 + 1 + 1 + 1) // interintra and masked compound, warped motion, dual filter
		order := b.flag()     // enable_order_hint
		if order {
			b.skip(1 + 1) // enable_jnt_comp, enable_ref_frame_mvs
		}
		chosen := b.flag() // seq_choose_screen_content_tools: by each frame
		if forced := chosen || b.flag(); forced {
			if !b.flag() { // seq_choose_integer_mv
				b.skip(1)
			}
		}
		if order {
			b.skip(3) // order_hint_bits_minus_1
		}
	}
	b.skip(1 + 1 + 1) // enable_superres, enable_cdef, enable_restoration
}

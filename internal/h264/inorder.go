package h264

// inOrder returns the unit of the sequence parameter set with the promise that
// pictures are shown in the order in which they come, so that decoders wait
// for no other (max_num_reorder_frames and max_dec_frame_buffering, §E.2.1).
// With gaps it also says that reference pictures may be missing by intention
// (gaps_in_frame_num_value_allowed_flag, §7.4.2.1.1). The unit itself is
// returned when it says so already.
func (s *SPS) inOrder(unit []byte, gaps bool) []byte {
	gaps = gaps && !s.gaps
	if s.Reorder == 0 && !gaps {
		return unit
	}
	src := bits{data: unescape(nil, unit, spsLen)}
	var w bitWriter
	w.copyFrom(src, s.gapsAt)
	src.skip(s.gapsAt + 1)
	if s.gaps || gaps {
		w.bit(1)
	} else {
		w.bit(0)
	}
	r := inferred
	if s.vui {
		w.copyFrom(src, s.restrictionAt)
		r = s.restriction
	} else {
		w.copyFrom(src, s.vuiAt)
		// vui_parameters_present_flag, and of the VUI nothing else: eight
		// parts of it are told absent before the restriction.
		w.bit(1)
		w.uint(0, 8)
	}
	r.reorder = 0
	// A decoder must keep what pictures refer to.
	r.buffering = uint32(s.References)
	r.write(&w)
	return escape(unit[0], w.finish())
}

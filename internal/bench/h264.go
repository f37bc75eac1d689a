package bench

import (
	"math/bits"
	"time"

	"lectern/internal/packetize"
)

// What the H.264 pictures are: grey, 640 by 360, of the constrained baseline
// profile, level 3.1, as "42e01f" says in SDP.
const (
	h264Columns, h264Rows = 40, 23 // macroblocks
	h264Crop              = 4      // units of two lines below the picture
	h264FrameNumbers      = 16     // after which frame_num begins again
)

// Heads of NAL units: how much others depend on it, and its type (H.264
// §7.3.1).
const (
	headSlice = 0x41
	headIDR   = 0x65
	headSEI   = 0x06
	headSPS   = 0x67
	headPPS   = 0x68
)

// What fills a picture up is its last macroblocks, which say each sample (I_PCM,
// H.264 §7.3.5): of luma and chroma, behind the type and what aligns it.
const (
	pcmSamples    = 256 + 2*64
	pcmMacroblock = pcmSamples + 2
)

// h264Film makes pictures in which nothing moves but the stamp, in the first of
// the macroblocks that fill it up. A picture is one slice, as encoders make it;
// only what its macroblocks cannot hold is user data in SEI before it, which
// decoders leave alone.
type h264Film struct {
	sps, pps []byte
	frame    uint32 // frame_num of the next picture
	idr      uint32 // idr_pic_id of the next key frame
	owed     int    // octets that pictures were too small by
	nal      *packetize.NAL
	payloads [][]byte
}

func newH264Film() *h264Film {
	return &h264Film{sps: h264SPS(), pps: h264PPS(), nal: packetize.NewH264()}
}

func (f *h264Film) picture(key bool, size int, at time.Duration) [][]byte {
	var units [][]byte
	if key {
		f.frame = 0
		units = append(units, f.sps, f.pps)
	}
	for _, u := range units {
		size -= len(u)
	}
	size += f.owed
	slice := f.slice(key, size, at)
	f.owed = max(size-len(slice), 0)
	if f.owed > 2*pcmMacroblock { // and so there is no macroblock left
		units = append(units, h264SEI(at, f.owed))
		f.owed = 0
	}
	units = append(units, slice)
	f.frame = (f.frame + 1) % h264FrameNumbers
	if key {
		f.idr = (f.idr + 1) % 2
	}
	f.payloads = f.payloads[:0]
	// emit gives no error, and so there is none
	_ = f.nal.Packetize(units, func(payload []byte, _ bool) error {
		f.payloads = append(f.payloads, append([]byte(nil), payload...))
		return nil
	})
	return f.payloads
}

// h264SPS is H.264 §7.3.2.1.1.
func h264SPS() []byte {
	w := bitWriter{octets: []byte{headSPS, 0x42, 0xe0, 0x1f}}
	w.ue(0)               // seq_parameter_set_id
	w.ue(0)               // log2_max_frame_num_minus4: h264FrameNumbers
	w.ue(2)               // pic_order_cnt_type: pictures come in order
	w.ue(1)               // max_num_ref_frames
	w.bits(0, 1)          // gaps_in_frame_num_value_allowed_flag
	w.ue(h264Columns - 1) // pic_width_in_mbs_minus1
	w.ue(h264Rows - 1)    // pic_height_in_map_units_minus1
	w.bits(1, 1)          // frame_mbs_only_flag
	w.bits(1, 1)          // direct_8x8_inference_flag
	w.bits(1, 1)          // frame_cropping_flag
	w.ue(0)               // left
	w.ue(0)               // right
	w.ue(0)               // top
	w.ue(h264Crop)        // bottom
	w.bits(0, 1)          // vui_parameters_present_flag
	return w.finish()
}

// h264PPS is H.264 §7.3.2.2.
func h264PPS() []byte {
	w := bitWriter{octets: []byte{headPPS}}
	w.ue(0)      // pic_parameter_set_id
	w.ue(0)      // seq_parameter_set_id
	w.bits(0, 1) // entropy_coding_mode_flag: CAVLC
	w.bits(0, 1) // bottom_field_pic_order_in_frame_present_flag
	w.ue(0)      // num_slice_groups_minus1
	w.ue(0)      // num_ref_idx_l0_default_active_minus1
	w.ue(0)      // num_ref_idx_l1_default_active_minus1
	w.bits(0, 1) // weighted_pred_flag
	w.bits(0, 2) // weighted_bipred_idc
	w.ue(0)      // pic_init_qp_minus26, which is signed
	w.ue(0)      // pic_init_qs_minus26
	w.ue(0)      // chroma_qp_index_offset
	w.bits(0, 1) // deblocking_filter_control_present_flag
	w.bits(0, 1) // constrained_intra_pred_flag
	w.bits(0, 1) // redundant_pic_cnt_present_flag
	return w.finish()
}

// slice is the whole picture (H.264 §7.3.3, §7.3.4), of size octets or up to a
// macroblock less, if it can be: each macroblock of a key frame is the mean of
// its neighbours without anything added, and each of another picture is the one
// before; those that fill it up come last.
func (f *h264Film) slice(key bool, size int, at time.Duration) []byte {
	const sliceP, sliceI = 5, 7 // with all slices of the picture alike
	const pcmI, pcmP = 25, 30   // mb_type I_PCM, behind the five of P
	w := bitWriter{octets: []byte{headSlice}}
	if key {
		w.octets[0] = headIDR
	}
	w.ue(0) // first_mb_in_slice
	if key {
		w.ue(sliceI)
	} else {
		w.ue(sliceP)
	}
	w.ue(0)            // pic_parameter_set_id
	w.bits(f.frame, 4) // frame_num
	if key {
		w.ue(f.idr)  // idr_pic_id
		w.bits(0, 1) // no_output_of_prior_pics_flag
		w.bits(0, 1) // long_term_reference_flag
	} else {
		w.bits(0, 1) // num_ref_idx_active_override_flag
		w.bits(0, 1) // ref_pic_list_modification_flag_l0
		w.bits(0, 1) // adaptive_ref_pic_marking_mode_flag
	}
	w.ue(0) // slice_qp_delta
	const all = h264Columns * h264Rows
	const ends = 8 // octets at the most that are neither of the head nor of a macroblock
	plain := 0     // octets of a macroblock that does not fill up
	if key {
		plain = 1
	}
	fills := (size - len(w.octets) - ends - all*plain) / (pcmMacroblock - plain)
	fills = min(max(fills, 1), all)
	for range (all - fills) * plain {
		w.ue(3) // mb_type I_16x16_2_0_0: the mean, no coefficients
		w.ue(0) // intra_chroma_pred_mode: the mean
		w.ue(0) // mb_qp_delta
		w.ue(0) // coeff_token of Intra16x16DCLevel: none, which is one bit too
	}
	stamp := appendStamp(nil, at)
	for n := range fills {
		switch {
		case key:
			w.ue(pcmI)
		case n == 0:
			w.ue(uint32(all - fills)) // mb_skip_run
			w.ue(pcmP)
		default:
			w.ue(0)
			w.ue(pcmP)
		}
		w.align()
		for _, sample := range stamp {
			w.put(sample)
		}
		for range pcmSamples - len(stamp) {
			w.put(128)
		}
		stamp = nil
	}
	return w.finish()
}

// h264SEI is user data (H.264 §7.3.2.3.1, §D.1.6) with the stamp, of so many
// octets if it is not too little.
func h264SEI(at time.Duration, size int) []byte {
	const unregistered = 5
	around := func(content int) int { return 2 + content/255 + 1 + 1 } // header, type, size, the last bit
	content := max(stampSize, size-around(max(0, size)))
	b := make([]byte, 0, content+around(content))
	b = append(b, headSEI, unregistered)
	for n := content; ; n -= 255 {
		if n < 255 {
			b = append(b, byte(n))
			break
		}
		b = append(b, 255)
	}
	b = appendStamp(b, at)
	for range content - stampSize {
		b = append(b, 'x')
	}
	return append(b, 0x80)
}

// bitWriter writes a NAL unit.
type bitWriter struct {
	octets []byte // done
	last   byte   // being filled, from its upper end
	filled int    // bits of it
}

// bits writes the lower n bits of v.
func (w *bitWriter) bits(v uint32, n int) {
	for n--; n >= 0; n-- {
		w.last |= byte(v>>n&1) << (7 - w.filled)
		if w.filled++; w.filled == 8 {
			w.put(w.last)
			w.last, w.filled = 0, 0
		}
	}
}

// align fills the octet up with zeros.
func (w *bitWriter) align() {
	for w.filled != 0 {
		w.bits(0, 1)
	}
}

// put appends an octet, escaped (H.264 §7.4.1).
func (w *bitWriter) put(b byte) {
	if n := len(w.octets); b <= 3 && n > 2 && w.octets[n-1] == 0 && w.octets[n-2] == 0 {
		w.octets = append(w.octets, 3)
	}
	w.octets = append(w.octets, b)
}

// ue writes an unsigned Exp-Golomb number (H.264 §9.1); 0 is also the signed 0.
func (w *bitWriter) ue(v uint32) {
	length := bits.Len32(v + 1)
	w.bits(0, length-1)
	w.bits(v+1, length)
}

// finish writes the stop bit and what is missing to a whole octet.
func (w *bitWriter) finish() []byte {
	w.bits(1, 1)
	w.align()
	return w.octets
}

package h264

import "fmt"

const (
	// spsLen holds an SPS with every list and table in it; longer ones are not
	// read.
	spsLen = 4096

	// columnsMost and rowsMost bound a picture in macroblocks: level 6.2
	// allows no side longer than 16 880 samples (§A.3.1).
	columnsMost, rowsMost = 1055, 1055

	// referencesMost is the largest decoded picture buffer in frames (§A.3.1).
	referencesMost = 16
)

// Unknown is the value of a number that a stream does not tell.
const Unknown = -1

// SPS is what a sequence parameter set says (§7.3.2.1.1).
type SPS struct {
	// ProfileIDC, Constraints and LevelIDC are the three octets of SDP's
	// profile-level-id (RFC 6184 §8.1).
	ProfileIDC, Constraints, LevelIDC byte

	// Width and Height are the picture's after cropping, in samples.
	Width, Height int

	// FrameRate is what the VUI says, in frames a second, 0 if it says nothing.
	FrameRate float64

	// References is max_num_ref_frames, 0 to 16.
	References int

	// Reorder is max_num_reorder_frames: how many pictures can come before one
	// that is shown before them. Unknown if it is not said.
	Reorder int

	id            uint32
	separate      bool // three colour planes, each with slices of its own
	monochrome    bool // ChromaArrayType is 0 (§7.4.2.1.1)
	frameNumBits  uint
	order         orderRule
	gaps          bool
	framesOnly    bool
	gapsAt        uint // bit of gaps_in_frame_num_value_allowed_flag
	vuiAt         uint // bit of vui_parameters_present_flag
	vui           bool
	restrictionAt uint // bit of bitstream_restriction_flag
	restriction   restriction
}

// orderRule is how pictures say where they are shown (§7.4.2.1.1).
type orderRule struct {
	kind         uint32
	lsbBits      uint
	alwaysZero   bool
	nonReference int32
	bottom       int32
	cycle        []int32
}

// ParseSPS reads a sequence parameter set's NAL unit. Errors wrap
// ErrMalformed.
func ParseSPS(unit []byte) (SPS, error) {
	if kind(unit) != unitSPS || len(unit) > spsLen {
		return SPS{}, fmt.Errorf("%w: no SPS of at most %d octets", ErrMalformed, spsLen)
	}
	var usual [128]byte // so that one of a usual length costs no allocation
	b := bits{data: unescape(usual[:0], unit, spsLen)}
	s, err := parseSPS(&b)
	if err != nil {
		return SPS{}, err
	}
	return s, nil
}

func parseSPS(b *bits) (SPS, error) {
	s := SPS{ProfileIDC: byte(b.uint(8)), Constraints: byte(b.uint(8)), LevelIDC: byte(b.uint(8))}
	s.id = b.upTo(31)
	chroma := s.readChroma(b)
	s.monochrome = chroma == 0 || s.separate
	s.frameNumBits = uint(b.upTo(12)) + 4
	s.order.read(b)
	s.References = int(b.upTo(referencesMost))
	s.gapsAt = b.next
	s.gaps = b.flag()
	columns, rows := int(b.upTo(columnsMost-1))+1, int(b.upTo(rowsMost-1))+1
	if s.framesOnly = b.flag(); !s.framesOnly {
		b.skip(1) // mb_adaptive_frame_field_flag
		rows *= 2
	}
	b.skip(1) // direct_8x8_inference_flag
	s.Width, s.Height = 16*columns, 16*rows
	if b.flag() {
		s.crop(b, chroma)
	}
	s.vuiAt = b.next
	s.Reorder = Unknown
	if s.order.kind == 2 {
		s.Reorder = 0 // §8.2.1.3: shown in the order of decoding
	}
	s.vui = b.flag()
	if b.short {
		return SPS{}, fmt.Errorf("%w: an SPS ends early or has a value out of range", ErrMalformed)
	}
	if s.vui {
		s.readVUI(b)
	}
	return s, nil
}

// readChroma reads what only the high profiles have, and returns
// chroma_format_idc.
func (s *SPS) readChroma(b *bits) uint32 {
	switch s.ProfileIDC {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
	default:
		return 1
	}
	chroma := b.upTo(3)
	if chroma == 3 {
		s.separate = b.flag()
	}
	b.upTo(6) // bit_depth_luma_minus8
	b.upTo(6) // bit_depth_chroma_minus8
	b.skip(1) // qpprime_y_zero_transform_bypass_flag
	if !b.flag() {
		return chroma
	}
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if b.flag() {
			skipScalingList(b, i)
		}
	}
	return chroma
}

// skipScalingList passes over scaling_list() (§7.3.2.1.1.1).
func skipScalingList(b *bits, number int) {
	entries := 16
	if number >= 6 {
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

func (o *orderRule) read(b *bits) {
	switch o.kind = b.upTo(2); o.kind {
	case 0:
		o.lsbBits = uint(b.upTo(12)) + 4
	case 1:
		o.alwaysZero = b.flag()
		o.nonReference = b.signed()
		o.bottom = b.signed()
		for n := b.upTo(255); n > 0 && !b.short; n-- {
			o.cycle = append(o.cycle, b.signed())
		}
	}
}

// crop cuts what frame_cropping_flag announces; it counts chroma samples, and
// lines of a field (§7.4.2.1.1).
func (s *SPS) crop(b *bits, chroma uint32) {
	unitX, unitY := 1, 1
	if !s.framesOnly {
		unitY = 2
	}
	if !s.separate && (chroma == 1 || chroma == 2) {
		unitX = 2
	}
	if !s.separate && chroma == 1 {
		unitY *= 2
	}
	const most = 16 * columnsMost
	x := int(b.upTo(most)) + int(b.upTo(most))
	y := int(b.upTo(2*most)) + int(b.upTo(2*most))
	s.Width -= unitX * x
	s.Height -= unitY * y
	if s.Width <= 0 || s.Height <= 0 {
		b.short = true
	}
}

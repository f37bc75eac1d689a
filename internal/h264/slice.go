package h264

import "fmt"

// sliceHeaderLen bounds what is read of a slice: a header with 32 references
// in both lists, all of them modified and weighted, has fewer octets.
const sliceHeaderLen = 2048

// Slice types (Table 7-6), modulo 5.
const (
	sliceP  = 0
	sliceB  = 1
	sliceI  = 2
	sliceSP = 3
	sliceSI = 4
)

// parameters are the parameter sets that a stream has sent.
type parameters struct {
	sps [32]*SPS
	pps [256]*pps
}

// slice is a slice header up to its reference picture marking (§7.3.3).
type slice struct {
	sps *SPS
	pps *pps

	idr       bool
	reference bool // nal_ref_idc is not 0
	first     uint32
	kind      uint32 // slice type modulo 5
	frameNum  uint32
	field     bool
	bottom    bool
	idrID     uint32
	lsb       uint32   // pic_order_cnt_lsb
	delta     [2]int32 // delta_pic_order_cnt_bottom, or delta_pic_order_cnt
	redundant bool

	active  [2]int // entries of the reference lists
	changes [2][]change
	marking marking
}

// change is one ref_pic_list_modification command (§7.3.3.1).
type change struct{ operation, value uint32 }

// marking is dec_ref_pic_marking() (§7.3.3.3).
type marking struct {
	longTerm bool // of an IDR picture
	adaptive bool
	commands []command
}

// command is one memory_management_control_operation with its values in the
// order of the syntax.
type command struct{ operation, a, b uint32 }

const (
	// changesMost and commandsMost are more than any list or buffer can need.
	changesMost  = 66
	commandsMost = 66
)

// readSlice reads the header of a slice whose parameter sets are known.
func (p *parameters) readSlice(unit, scratch []byte) (slice, error) {
	b := bits{data: unescape(scratch[:0], unit, sliceHeaderLen)}
	s := slice{idr: kind(unit) == unitIDR, reference: unit[0]&0x60 != 0}
	s.first = b.golomb()
	s.kind = b.upTo(9) % 5
	if s.pps = p.pps[b.upTo(255)]; s.pps == nil {
		return slice{}, fmt.Errorf("%w: a slice without its PPS", ErrMalformed)
	}
	if s.sps = p.sps[s.pps.sps]; s.sps == nil {
		return slice{}, fmt.Errorf("%w: a slice without its SPS", ErrMalformed)
	}
	s.readPicture(&b)
	s.readLists(&b)
	if s.weighted() {
		s.skipWeights(&b)
	}
	if s.reference {
		s.marking.read(&b, s.idr)
	}
	if b.short {
		return slice{}, fmt.Errorf("%w: a slice header ends early or has a value out of range", ErrMalformed)
	}
	return s, nil
}

// readPicture reads what is the same in all slices of a picture.
func (s *slice) readPicture(b *bits) {
	if s.sps.separate {
		b.skip(2) // colour_plane_id
	}
	s.frameNum = b.uint(s.sps.frameNumBits)
	if !s.sps.framesOnly {
		if s.field = b.flag(); s.field {
			s.bottom = b.flag()
		}
	}
	if s.idr {
		s.idrID = b.upTo(65535)
	}
	switch order := &s.sps.order; {
	case order.kind == 0:
		s.lsb = b.uint(order.lsbBits)
		if s.pps.fieldOrder && !s.field {
			s.delta[0] = b.signed()
		}
	case order.kind == 1 && !order.alwaysZero:
		s.delta[0] = b.signed()
		if s.pps.fieldOrder && !s.field {
			s.delta[1] = b.signed()
		}
	}
	if s.pps.redundant {
		s.redundant = b.upTo(127) > 0
	}
}

// lists is how many reference lists the slice has.
func (s *slice) lists() int {
	switch s.kind {
	case sliceP, sliceSP:
		return 1
	case sliceB:
		return 2
	}
	return 0
}

func (s *slice) readLists(b *bits) {
	lists := s.lists()
	if s.kind == sliceB {
		b.skip(1) // direct_spatial_mv_pred_flag
	}
	override := lists > 0 && b.flag()
	for i := range lists {
		s.active[i] = int(s.pps.active[i])
		if override {
			s.active[i] = int(b.upTo(31)) + 1
		}
	}
	for i := range lists {
		if b.flag() {
			s.changes[i] = readChanges(b)
		}
	}
}

func readChanges(b *bits) []change {
	const end = 3
	var all []change
	for !b.short {
		c := change{operation: b.upTo(3)} // 4 and 5 are of other profiles
		if c.operation == end {
			return all
		}
		c.value = b.golomb()
		all = append(all, c)
		if len(all) > changesMost {
			b.short = true
		}
	}
	return nil
}

func (s *slice) weighted() bool {
	switch s.kind {
	case sliceP, sliceSP:
		return s.pps.weighted
	case sliceB:
		return s.pps.weightedB == 1
	}
	return false
}

// skipWeights passes over pred_weight_table() (§7.3.3.2).
func (s *slice) skipWeights(b *bits) {
	b.upTo(7) // luma_log2_weight_denom
	chroma := !s.sps.monochrome
	if chroma {
		b.upTo(7) // chroma_log2_weight_denom
	}
	for i := range s.lists() {
		for range s.active[i] {
			if b.flag() {
				b.signed()
				b.signed()
			}
			if chroma && b.flag() {
				for range 4 {
					b.signed()
				}
			}
		}
	}
}

func (m *marking) read(b *bits, idr bool) {
	if idr {
		b.skip(1) // no_output_of_prior_pics_flag
		m.longTerm = b.flag()
		return
	}
	if m.adaptive = b.flag(); !m.adaptive {
		return
	}
	for !b.short {
		c := command{operation: b.upTo(6)}
		switch c.operation {
		case 0:
			return
		case 1, 2, 4, 6:
			c.a = b.golomb()
		case 3:
			c.a, c.b = b.golomb(), b.golomb()
		}
		m.commands = append(m.commands, c)
		if len(m.commands) > commandsMost {
			b.short = true
		}
	}
}

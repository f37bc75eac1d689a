package h264

import "fmt"

// ppsLen bounds what is read of a PPS: the fields wanted here come before its
// scaling lists.
const ppsLen = 1024

// pps is what slice headers need of a picture parameter set (§7.3.2.2).
type pps struct {
	id, sps    uint32
	fieldOrder bool // bottom_field_pic_order_in_frame_present_flag
	active     [2]uint32
	weighted   bool
	weightedB  uint32
	redundant  bool
}

func parsePPS(unit []byte) (pps, error) {
	b := bits{data: unescape(nil, unit, ppsLen)}
	p := pps{id: b.upTo(255), sps: b.upTo(31)}
	b.skip(1) // entropy_coding_mode_flag
	p.fieldOrder = b.flag()
	skipSliceGroups(&b)
	for i := range p.active {
		p.active[i] = b.upTo(31) + 1
	}
	p.weighted = b.flag()
	p.weightedB = b.uint(2)
	b.signed() // pic_init_qp_minus26
	b.signed() // pic_init_qs_minus26
	b.signed() // chroma_qp_index_offset
	b.skip(2)  // deblocking_filter_control_present_flag, constrained_intra_pred_flag
	p.redundant = b.flag()
	if b.short {
		return pps{}, fmt.Errorf("%w: a PPS ends early or has a value out of range", ErrMalformed)
	}
	return p, nil
}

func skipSliceGroups(b *bits) {
	groups := b.upTo(7) + 1
	if groups == 1 {
		return
	}
	switch kind := b.upTo(6); kind {
	case 0:
		for range groups {
			b.golomb()
		}
	case 2:
		for range groups - 1 {
			b.golomb()
			b.golomb()
		}
	case 3, 4, 5:
		b.skip(1)
		b.golomb()
	case 6:
		width := uint(1) // Ceil(Log2(groups))
		for 1<<width < groups {
			width++
		}
		const most = columnsMost * rowsMost
		units := b.upTo(most) + 1
		b.skip(uint(units) * width)
	}
}

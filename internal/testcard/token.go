package testcard

// Tokens of coefficients: the value, or the class of large values, whose
// offset follows in extra bits (RFC 6386 §13.2).
var classes = []struct {
	least int
	path  []branch // from the branch behind "more than one"
	extra []uint8  // probabilities of the bits of the offset
}{
	{67, []branch{{3, true}, {6, true}, {8, true}, {10, true}}, []uint8{254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129}},
	{35, []branch{{3, true}, {6, true}, {8, true}, {10, false}}, []uint8{180, 157, 141, 134, 130}},
	{19, []branch{{3, true}, {6, true}, {8, false}, {9, true}}, []uint8{176, 155, 140, 135}},
	{11, []branch{{3, true}, {6, true}, {8, false}, {9, false}}, []uint8{173, 148, 140}},
	{7, []branch{{3, true}, {6, false}, {7, true}}, []uint8{165, 145}},
	{5, []branch{{3, true}, {6, false}, {7, false}}, []uint8{159}},
	{4, []branch{{3, false}, {4, true}, {5, true}}, nil},
	{3, []branch{{3, false}, {4, true}, {5, false}}, nil},
	{2, []branch{{3, false}, {4, false}}, nil},
}

// branch is one decision in the token tree, and its place in probabilities.
type branch struct {
	probability int
	bit         bool
}

// zigzag is the order in which the coefficients of a block are written (RFC
// 6386 §13).
var zigzag = [16]int{0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15}

// writeBlock writes a block of coefficients, those at the end that are zero
// left out, and reports whether there is any.
func writeBlock(w *boolWriter, p *probabilities, coefficients []int) bool {
	end := len(coefficients)
	for end > 0 && coefficients[zigzag[end-1]] == 0 {
		end--
	}
	afterZero := false // where the block cannot end
	for _, at := range zigzag[:end] {
		if !afterZero {
			w.write(true, p[0])
		}
		afterZero = coefficients[at] == 0
		writeCoefficient(w, p, coefficients[at])
	}
	if end < 16 {
		w.write(false, p[0])
	}
	return end > 0
}

func writeCoefficient(w *boolWriter, p *probabilities, value int) {
	size := max(value, -value)
	w.write(size > 0, p[1])
	if size == 0 {
		return
	}
	w.write(size > 1, p[2])
	if size > 1 {
		writeLarge(w, p, size)
	}
	w.flag(value < 0)
}

func writeLarge(w *boolWriter, p *probabilities, size int) {
	for _, c := range classes {
		if size < c.least {
			continue
		}
		for _, b := range c.path {
			w.write(b.bit, p[b.probability])
		}
		for i, probability := range c.extra {
			w.write((size-c.least)>>(len(c.extra)-1-i)&1 == 1, probability)
		}
		return
	}
}

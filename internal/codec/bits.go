package codec

// bits reads a header bit by bit. Past its end it gives zeros and remembers
// that: one look at short after a whole header replaces an error a field.
type bits struct {
	data []byte
	next int // index of the octet after the current one
	cur  byte
	left uint // bits of cur not yet read

	// escaped makes it step over emulation prevention octets, the 3 in 0 0 3
	// (H.264 §7.4.1, H.265 §7.4.2).
	escaped bool
	zeros   int

	short bool
}

func (b *bits) bit() uint32 {
	if b.left == 0 && !b.load() {
		b.short = true
		return 0
	}
	b.left--
	return uint32(b.cur>>b.left) & 1
}

func (b *bits) load() bool {
	if b.next >= len(b.data) {
		return false
	}
	if b.escaped && b.zeros >= 2 && b.data[b.next] == 3 {
		b.next++
		b.zeros = 0
		if b.next >= len(b.data) {
			return false
		}
	}
	b.cur, b.left = b.data[b.next], 8
	b.next++
	if b.cur == 0 {
		b.zeros++
	} else {
		b.zeros = 0
	}
	return true
}

func (b *bits) flag() bool { return b.bit() == 1 }

// uint reads n ≤ 32 bits, the most significant first.
func (b *bits) uint(n uint) uint32 {
	var v uint32
	for range n {
		v = v<<1 | b.bit()
	}
	return v
}

// golomb reads an unsigned Exp-Golomb code: ue(v) of H.264 and H.265, uvlc()
// of AV1. A signed one takes the same bits.
func (b *bits) golomb() uint32 {
	var zeros uint
	for !b.flag() {
		if zeros++; zeros >= 32 || b.short {
			b.short = true // no field has a value that long
			return 0
		}
	}
	return 1<<zeros - 1 + b.uint(zeros)
}

// skip passes over n bits.
func (b *bits) skip(n uint) {
	for range n {
		b.bit()
	}
}

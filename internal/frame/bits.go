package frame

// bits reads a header bit by bit. Past its end it gives zeros and remembers
// that: one look at short replaces an error a field.
type bits struct {
	data  []byte
	next  uint // of the bits
	short bool
}

// uint reads n ≤ 32 bits, the most significant first.
func (b *bits) uint(n uint) uint32 {
	var v uint32
	for range n {
		v <<= 1
		if b.next/8 >= uint(len(b.data)) {
			b.short = true
			continue
		}
		v |= uint32(b.data[b.next/8]>>(7-b.next%8)) & 1
		b.next++
	}
	return v
}

func (b *bits) flag() bool { return b.uint(1) == 1 }

// skip passes over n bits.
func (b *bits) skip(n uint) { b.next += n }

// skipVariable passes over AV1's uvlc() (§4.10.3).
func (b *bits) skipVariable() {
	zeros := uint(0)
	for !b.flag() {
		if zeros++; b.short {
			return
		}
	}
	if zeros < 32 {
		b.skip(zeros)
	}
}

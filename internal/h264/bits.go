package h264

// bits reads an RBSP bit by bit. Past its end it gives zeros and remembers
// that: one look at short after a whole header replaces an error a field.
type bits struct {
	data  []byte
	next  uint // of the bits
	short bool
}

func (b *bits) bit() uint32 {
	at := b.next / 8
	if at >= uint(len(b.data)) {
		b.short = true
		return 0
	}
	v := uint32(b.data[at]>>(7-b.next%8)) & 1
	b.next++
	return v
}

func (b *bits) flag() bool { return b.bit() == 1 }

// uint reads n ≤ 32 bits, the most significant first: u(n).
func (b *bits) uint(n uint) uint32 {
	var v uint32
	for range n {
		v = v<<1 | b.bit()
	}
	return v
}

// skip passes over n bits.
func (b *bits) skip(n uint) {
	if left := 8*uint(len(b.data)) - b.next; n > left {
		b.short = true
		n = left
	}
	b.next += n
}

// golomb reads an unsigned Exp-Golomb code: ue(v) of §9.1.
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

// upTo reads ue(v) which must not exceed limit.
func (b *bits) upTo(limit uint32) uint32 {
	v := b.golomb()
	if v > limit {
		b.short = true
		return 0
	}
	return v
}

// signed reads a signed Exp-Golomb code, se(v).
func (b *bits) signed() int32 {
	v := b.golomb()
	if v&1 == 1 {
		return int32(v/2) + 1
	}
	return -int32(v / 2)
}

// bitWriter makes an RBSP.
type bitWriter struct {
	data []byte
	free uint // bits of the last octet not yet written
}

func (w *bitWriter) bit(v uint32) {
	if w.free == 0 {
		w.data = append(w.data, 0)
		w.free = 8
	}
	w.free--
	w.data[len(w.data)-1] |= byte(v&1) << w.free
}

func (w *bitWriter) uint(v uint32, n uint) {
	for n > 0 {
		n--
		w.bit(v >> n)
	}
}

// golomb writes ue(v) of a value below 2^32-1.
func (w *bitWriter) golomb(v uint32) {
	v++
	n := uint(0)
	for v>>n > 1 {
		n++
	}
	w.uint(0, n)
	w.uint(v, n+1)
}

// copyFrom writes the bits of b up to end.
func (w *bitWriter) copyFrom(b bits, end uint) {
	for b.next < end {
		w.bit(b.bit())
	}
}

// finish writes rbsp_trailing_bits (§7.3.2.11).
func (w *bitWriter) finish() []byte {
	w.bit(1)
	return w.data
}

// unescape appends at most limit octets of a NAL unit's RBSP to dst: unit
// without its header and without emulation prevention octets, the 3 in 0 0 3
// (§7.3.1).
func unescape(dst, unit []byte, limit int) []byte {
	zeros := 0
	for _, c := range unit[min(1, len(unit)):] {
		if limit == 0 {
			break
		}
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		if c == 0 {
			zeros++
		} else {
			zeros = 0
		}
		dst = append(dst, c)
		limit--
	}
	return dst
}

// escape makes a NAL unit of its header and its RBSP (§7.4.1).
func escape(header byte, rbsp []byte) []byte {
	unit := make([]byte, 1, len(rbsp)+4)
	unit[0] = header
	zeros := 0
	for _, c := range rbsp {
		if zeros >= 2 && c <= 3 {
			unit = append(unit, 3)
			zeros = 0
		}
		if c == 0 {
			zeros++
		} else {
			zeros = 0
		}
		unit = append(unit, c)
	}
	return unit
}

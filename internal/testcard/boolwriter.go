package testcard

import "math/bits"

// boolWriter is the boolean entropy encoder of RFC 6386 §7: each bit is
// written with the probability, of 256, that it is false.
type boolWriter struct {
	out []byte
	// low is the lower end of the interval that stands for all bits so far,
	// less the bytes in out; it has 8 bits and the pending ones above them.
	low     uint64
	size    uint32 // of the interval, 128 to 255 between two bits
	pending int    // 0 to 7 between two bits
}

// reset begins a new partition in the place of the one before.
func (w *boolWriter) reset() { *w = boolWriter{out: w.out[:0], size: 255} }

func (w *boolWriter) write(bit bool, probability uint8) {
	split := 1 + (w.size-1)*uint32(probability)>>8
	if bit {
		w.low += uint64(split)
		w.size -= split
	} else {
		w.size = split
	}
	shift := bits.LeadingZeros8(uint8(w.size))
	w.size <<= shift
	w.shift(shift)
}

// shift makes room for n more bits, and moves whole bytes out.
func (w *boolWriter) shift(n int) {
	w.low <<= n
	w.pending += n
	for w.pending >= 8 {
		top := w.low >> w.pending
		if top > 0xff {
			w.carry()
		}
		w.out = append(w.out, byte(top))
		w.low &= 1<<w.pending - 1
		w.pending -= 8
	}
}

// carry adds one to what has been moved out. There is always a byte that can
// take it, because the whole is a fraction less than one.
func (w *boolWriter) carry() {
	i := len(w.out) - 1
	for w.out[i] == 0xff {
		w.out[i] = 0
		i--
	}
	w.out[i]++
}

// literal writes the n low bits of value, highest first, at even odds.
func (w *boolWriter) literal(value, n int) {
	for n--; n >= 0; n-- {
		w.write(value>>n&1 == 1, 128)
	}
}

func (w *boolWriter) flag(bit bool) { w.write(bit, 128) }

// bytes ends the partition. The result is valid until the next reset.
func (w *boolWriter) bytes() []byte {
	w.shift(16)
	return w.out
}

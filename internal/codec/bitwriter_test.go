package codec

import mathbits "math/bits"

// bitWriter makes headers of fields, without emulation prevention.
type bitWriter struct{ bit []byte }

func (w *bitWriter) uint(n int, v uint32) {
	for i := n - 1; i >= 0; i-- {
		w.bit = append(w.bit, byte(v>>i&1))
	}
}

func (w *bitWriter) golomb(v uint32) {
	n := mathbits.Len64(uint64(v) + 1)
	w.uint(n-1, 0)
	w.uint(1, 1)
	w.uint(n-1, v+1)
}

// bytes ends with a one and zeros, as rbsp_trailing_bits does.
func (w *bitWriter) bytes() []byte {
	all := append(w.bit[:len(w.bit):len(w.bit)], 1)
	for len(all)%8 != 0 {
		all = append(all, 0)
	}
	made := make([]byte, len(all)/8)
	for i, b := range all {
		made[i/8] |= b << (7 - i%8)
	}
	return made
}

package testcard

import "slices"

// quantizerIndex is chosen so that whole steps of luma and chroma are whole
// coefficients (RFC 6386 §14.1 has the tables). Index 53 makes
//
//   - 96 of a Y2 DC coefficient, and 96 of an AC one at index 56. The inverse
//     Walsh-Hadamard transform (§14.3) and the inverse DCT (§14.4) divide by
//     eight each: a luma of 24 is 16 coefficients of a whole macroblock.
//   - 48 of a chroma DC coefficient: a chroma of 6.
//
// The rounding of both transforms then never matters.
const (
	quantizerIndex   = 53
	quantizerY2Delta = 3 // of AC
)

// frameTag begins a frame: kind, version 0, shown, size of the first
// partition; a key frame's size of the picture follows (RFC 6386 §9.1).
func frameTag(out []byte, key bool, first int) []byte {
	tag := first<<5 | 1<<4
	if !key {
		tag |= 1
	}
	out = append(out, byte(tag), byte(tag>>8), byte(tag>>16))
	if key {
		out = append(out, 0x9d, 0x01, 0x2a, Width&0xff, Width>>8, Height&0xff, Height>>8)
	}
	return out
}

// writeHeader writes the frame's header (RFC 6386 §9.2 to §9.11, §19.2).
// coded is the probability that a macroblock has coefficients.
func writeHeader(w *boolWriter, key bool, coded uint8) {
	if key {
		w.literal(0, 2) // color space, clamping
	}
	w.flag(false)   // segments
	w.literal(0, 1) // kind of the loop filter
	w.literal(0, 6) // its level: off, the squares are meant
	w.literal(0, 3) // its sharpness
	w.flag(false)   // its adjustments
	w.literal(0, 2) // one partition of coefficients
	w.literal(quantizerIndex, 7)
	for _, delta := range []int{0, 0, quantizerY2Delta, 0, 0} { // Y DC, Y2 DC, Y2 AC, chroma DC, chroma AC
		w.flag(delta != 0)
		if delta != 0 {
			w.literal(delta, 4)
			w.flag(false) // its sign
		}
	}
	if !key {
		w.literal(0, 2) // golden and alternate frame stay
		w.literal(0, 4) // and are not replaced by others
		w.literal(0, 2) // their vectors' signs
	}
	w.flag(true) // token probabilities hold until the next key frame
	if !key {
		w.flag(true) // this is the frame that the next one refers to
	}
	updateTokens(w, key)
	w.flag(true) // there are macroblocks without coefficients
	w.literal(int(coded), 8)
	if !key {
		w.literal(neverIntra, 8)
		w.literal(alwaysLast, 8)
		w.literal(128, 8)
		w.literal(0, 2) // modes of macroblocks that do not come up
		for _, stays := range slices.Concat(updateVector[0][:], updateVector[1][:]) {
			w.write(false, stays)
		}
	}
}

// Probabilities of a macroblock between key frames: to be coded by itself,
// and to refer to the frame before. Zero is not allowed.
const (
	neverIntra = 1
	alwaysLast = 255
)

// updateVector is the probability that a probability of motion vectors stays
// as it is (RFC 6386 §17.2).
var updateVector = [2][19]uint8{
	{237, 246, 253, 253, 254, 254, 254, 254, 254, 254, 254, 254, 254, 254, 250, 250, 252, 254, 254},
	{231, 243, 245, 253, 254, 254, 254, 254, 254, 254, 254, 254, 254, 254, 251, 251, 254, 254, 254},
}

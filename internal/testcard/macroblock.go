package testcard

// A macroblock is 16 × 16 pixels: 4 × 4 squares of luma, 2 × 2 of each chroma.
const mbColumns, mbRows = Width / 16, Height / 16

// residual is what a macroblock differs from its prediction, in steps.
type residual struct {
	y    [16]int
	u, v [4]int
}

func (r *residual) empty() bool { return *r == residual{} }

// prediction says what a macroblock is taken to be before its residual.
type prediction uint8

// The predictions in use, all of which leave each square flat.
const (
	fromGrey   prediction = iota // the middle of all levels: DC_PRED without neighbours
	fromLeft                     // H_PRED
	fromAbove                    // V_PRED
	fromBefore                   // the same macroblock of the frame before: ZEROMV
)

// grey is the luma of fromGrey, 128, in steps; that of chroma is zero.
const grey = 5

// predictionAt chooses for the macroblock at x, y. In a key frame none looks
// across the edge, where decoders see levels that are no whole steps (RFC
// 6386 §12.2).
func predictionAt(x, y int, key bool) prediction {
	switch {
	case !key:
		return fromBefore
	case y > 0:
		return fromAbove
	case x > 0:
		return fromLeft
	}
	return fromGrey
}

// residual subtracts the prediction of the macroblock at x, y.
func (c *canvas) residual(x, y int, from prediction, before *canvas) (r residual) {
	for i := range r.y {
		row, column := 4*y+i/4, 4*x+i%4
		predicted := int8(grey)
		switch from {
		case fromLeft:
			predicted = c.y[row][4*x-1]
		case fromAbove:
			predicted = c.y[4*y-1][column]
		case fromBefore:
			predicted = before.y[row][column]
		}
		r.y[i] = int(c.y[row][column] - predicted)
	}
	r.u = chromaResidual(&c.u, &before.u, x, y, from)
	r.v = chromaResidual(&c.v, &before.v, x, y, from)
	return r
}

func chromaResidual(c, before *[chromaRows][chromaColumns]int8, x, y int, from prediction) (r [4]int) {
	for i := range r {
		row, column := 2*y+i/2, 2*x+i%2
		var predicted int8
		switch from {
		case fromLeft:
			predicted = c[row][2*x-1]
		case fromAbove:
			predicted = c[2*y-1][column]
		case fromBefore:
			predicted = before[row][column]
		}
		r[i] = int(c[row][column] - predicted)
	}
	return r
}

// writeModes writes whether a macroblock is without coefficients, with the
// probability that it is not, and what it is predicted from (RFC 6386 §19.3).
func writeModes(w *boolWriter, x, y int, from prediction, empty bool, coded uint8) {
	w.write(empty, coded)
	switch from {
	case fromBefore:
		w.write(true, neverIntra)
		w.write(false, alwaysLast)
		w.write(false, zeroVector(x, y))
	case fromGrey:
		w.write(true, 145) // luma, in the tree of key frames (RFC 6386 §11.2)
		w.write(false, 156)
		w.write(false, 163)
		w.write(false, 142) // chroma (RFC 6386 §11.4)
	case fromAbove:
		w.write(true, 145)
		w.write(false, 156)
		w.write(true, 163)
		w.write(true, 142)
		w.write(false, 114)
	case fromLeft:
		w.write(true, 145)
		w.write(true, 156)
		w.write(false, 128)
		w.write(true, 142)
		w.write(true, 114)
		w.write(false, 183)
	}
}

// zeroVector is the probability of no motion, which goes by how many
// neighbours do not move (RFC 6386 §18.3): all that there are.
func zeroVector(x, y int) uint8 {
	switch {
	case x > 0 && y > 0:
		return 234
	case x > 0 || y > 0:
		return 135
	}
	return 7
}

// writeCoefficients writes the 25 blocks of a macroblock (RFC 6386 §13).
// Luma is all in the Y2 block, whose coefficients are the Walsh-Hadamard
// transform of the steps.
func writeCoefficients(w *boolWriter, r *residual) {
	y2 := walshHadamard(r.y)
	writeBlock(w, &tokenProbability[planeY2], y2[:])
	for range r.y {
		w.write(false, tokenProbability[planeY][0])
	}
	for _, plane := range [][4]int{r.u, r.v} {
		for i := range plane {
			writeBlock(w, &tokenProbability[planeChroma], plane[i:i+1])
		}
	}
}

// walshHadamard is its own inverse but for a factor of 16 (RFC 6386 §14.3).
func walshHadamard(block [16]int) [16]int {
	for range 2 {
		var turned [16]int
		for i := range 4 {
			a, b, c, d := block[4*i], block[4*i+1], block[4*i+2], block[4*i+3]
			turned[i] = a + b + c + d
			turned[4+i] = a + b - c - d
			turned[8+i] = a - b - c + d
			turned[12+i] = a - b + c - d
		}
		block = turned
	}
	return block
}

package testcard

// Size of the picture in pixels.
const (
	Width  = 768
	Height = 432
)

// The picture is made of flat squares, so that it can be coded without loss
// in a few bits: of 4 × 4 pixels in luma, of 8 × 8 in chroma.
const (
	columns, rows             = Width / 4, Height / 4
	chromaColumns, chromaRows = Width / 8, Height / 8
)

// color is a luma of 0 to 10 steps and a chroma of −21 to 21.
type color struct{ y, u, v int8 }

// One step is as much as one unit of a coefficient: see quantizerIndex.
func lumaLevel(step int8) uint8   { return uint8(8 + 24*int(step)) }
func chromaLevel(step int8) uint8 { return uint8(128 + 6*int(step)) }

var (
	black      = color{0, 0, 0}
	white      = color{9, 0, 0}
	background = color{1, 0, -1}
	ink        = color{9, 0, -1}
	bar        = color{4, 2, -7}
	lampOff    = color{2, 0, -1}
	lampOn     = color{7, 1, -11}
)

// canvas is a picture in steps.
type canvas struct {
	y    [rows][columns]int8
	u, v [chromaRows][chromaColumns]int8
}

// fill paints a rectangle, given in squares of luma. Where its edges are odd,
// its chroma reaches one square further.
func (c *canvas) fill(x, y, width, height int, with color) {
	for row := y; row < y+height; row++ {
		for column := x; column < x+width; column++ {
			c.set(column, row, with)
		}
	}
}

func (c *canvas) set(x, y int, with color) {
	c.y[y][x] = with.y
	c.u[y/2][x/2], c.v[y/2][x/2] = with.u, with.v
}

// disc paints a circle that fills a square of that size.
func (c *canvas) disc(x, y, size int, with color) {
	for row := range size {
		for column := range size {
			dx, dy := 2*column+1-size, 2*row+1-size
			if dx*dx+dy*dy <= size*size {
				c.set(x+column, y+row, with)
			}
		}
	}
}

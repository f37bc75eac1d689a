package testcard

import "time"

// flash is how long the lamps are lit at each full second; the tone begins
// with them.
const flash = 100 * time.Millisecond

// draw paints the card as it is at a moment, in the moment's time zone.
func (c *canvas) draw(at time.Time) {
	c.fill(0, 0, columns, rows, background)
	c.drawBarcode(at.UnixMilli())

	const title, clock = "Lectern demo", "15:04:05"
	c.write((columns-textWidth(len(title), 1))/2, 28, 1, title, ink)
	c.write((columns-textWidth(len(clock), 3))/2, 42, 3, at.Format(clock), ink)
	c.write(72, 70, 2, at.Format(".000"), ink)

	second := time.Duration(at.Nanosecond())
	lamp := lampOff
	if second < flash {
		lamp = lampOn
	}
	c.disc(24, 68, 16, lamp)
	c.disc(columns-24-16, 68, 16, lamp)

	done := int(chromaColumns * second / time.Second)
	c.fill(0, 98, 2*done, rows-98, bar)
}

func (c *canvas) drawBarcode(ms int64) {
	const width = columns / barcodeColumns
	edge := func(row int) int { return int(float64(row)*barcodeShare/barcodeRows*rows + 0.5) }
	for i, lit := range barcode(ms) {
		with := black
		if lit {
			with = white
		}
		column, row := i%barcodeColumns, i/barcodeColumns
		c.fill(column*width, edge(row), width, edge(row+1)-edge(row), with)
	}
}

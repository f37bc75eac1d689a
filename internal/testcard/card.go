package testcard

import "time"

// Card makes the pictures, one after another. The zero Card is ready; it is
// not safe for concurrent use.
type Card struct {
	shown, next canvas
	begun       bool
	residuals   [mbRows * mbColumns]residual
	modes       boolWriter // the first partition
	tokens      boolWriter // the second
}

// Picture returns the card at a moment, as the VP8 frame that follows the one
// of the last call; time and digits are those of the moment's zone. With key,
// and the first time, it is a key frame. What is seen depends on the moment
// alone, whatever was asked for before.
func (c *Card) Picture(at time.Time, key bool) []byte {
	c.next.draw(at)
	return c.encode(key || !c.begun)
}

// encode makes the frame from what was shown to what is shown next.
func (c *Card) encode(key bool) []byte {
	c.modes.reset()
	c.tokens.reset()
	coded := c.subtract(key)
	writeHeader(&c.modes, key, coded)
	for i := range c.residuals {
		x, y, r := i%mbColumns, i/mbColumns, &c.residuals[i]
		writeModes(&c.modes, x, y, predictionAt(x, y, key), r.empty(), coded)
		if !r.empty() {
			writeCoefficients(&c.tokens, r)
		}
	}
	c.shown, c.begun = c.next, true

	modes, tokens := c.modes.bytes(), c.tokens.bytes()
	frame := frameTag(make([]byte, 0, 10+len(modes)+len(tokens)), key, len(modes))
	return append(append(frame, modes...), tokens...)
}

// subtract makes the residuals, and returns the probability, of 256, that one
// is not empty.
func (c *Card) subtract(key bool) uint8 {
	coded := 0
	for i := range c.residuals {
		x, y, r := i%mbColumns, i/mbColumns, &c.residuals[i]
		*r = c.next.residual(x, y, predictionAt(x, y, key), &c.shown)
		if !r.empty() {
			coded++
		}
	}
	return uint8(max(1, min(255, 256*coded/len(c.residuals))))
}

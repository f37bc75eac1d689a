package peer

import (
	"encoding/binary"
	"strings"
)

// pictureIDs makes the picture numbers in the payloads of VP8 (RFC 7741 §4.2)
// and VP9 (RFC 9628 §4.2) go on when the packets of another layer or publisher
// follow, which count from elsewhere, or the past is sent again. A browser
// remembers the last pictures by them, and drops those that it takes for old
// ones, some seconds later even.
//
// Payloads are shared by all viewers: one that has to be changed is copied.
type pictureIDs struct {
	locate   func(payload []byte) numbersAt // nil for codecs without them
	fresh    bool                           // the next packet is the first of a track
	known    bool                           // something was sent before
	id       uint16                         // of the newest picture as sent, of 15 bits
	base     uint8                          // TL0PICIDX, of the newest picture of the base layer as sent
	moveID   uint16                         // what is added
	moveBase uint8
	copied   []byte
}

// numbersAt is where in a payload the numbers are; 0 where they are not.
type numbersAt struct {
	id   int
	wide bool // it has 15 bits, else 7
	base int
}

// begin lets what follows go on behind what was sent.
func (c *pictureIDs) begin() { c.fresh, c.moveID, c.moveBase = true, 0, 0 }

// turn is called before the first packet of another track.
func (c *pictureIDs) turn(mimeType string) {
	switch {
	case strings.EqualFold(mimeType, names["vp8"]):
		c.locate = locateVP8
	case strings.EqualFold(mimeType, names["vp9"]):
		c.locate = locateVP9
	default:
		c.locate = nil
	}
	c.begin()
}

// returns says that a key frame, by its first packet, comes before the newest
// picture: the past is sent again.
func (c *pictureIDs) returns(payload []byte) bool {
	if c.locate == nil || c.fresh || !c.known {
		return false
	}
	at := c.locate(payload)
	if at.id == 0 {
		return false
	}
	id, bits := at.read(payload)
	behind := (c.id - id - c.moveID) & bits
	return behind > 0 && behind <= bits/2
}

// read returns the picture's number, and the highest that there can be.
func (at numbersAt) read(payload []byte) (id, bits uint16) {
	if at.wide {
		return binary.BigEndian.Uint16(payload[at.id:]) & 0x7fff, 1<<15 - 1
	}
	return uint16(payload[at.id] & 0x7f), 1<<7 - 1
}

// renumber returns the payload with the numbers that the viewer sees. What it
// returns is valid until the next call.
func (c *pictureIDs) renumber(payload []byte) []byte {
	if c.locate == nil {
		return payload
	}
	at := c.locate(payload)
	if at.id == 0 {
		return payload
	}
	id, bits := at.read(payload)
	var base uint8
	if at.base > 0 {
		base = payload[at.base]
	}
	if c.fresh && c.known {
		c.moveID, c.moveBase = c.id+1-id, c.base+1-base
	}
	id, base = (id+c.moveID)&bits, base+c.moveBase
	if ahead := (id - c.id) & bits; c.fresh || !c.known || ahead <= bits/2 {
		c.id, c.base = id, base
	}
	c.fresh, c.known = false, true
	if c.moveID&bits == 0 && c.moveBase == 0 {
		return payload
	}
	c.copied = append(c.copied[:0], payload...)
	if at.wide {
		binary.BigEndian.PutUint16(c.copied[at.id:], 1<<15|id)
	} else {
		c.copied[at.id] = uint8(id)
	}
	if at.base > 0 {
		c.copied[at.base] = base
	}
	return c.copied
}

// locateVP8 finds the numbers behind the bytes that say what is there.
func locateVP8(b []byte) (at numbersAt) {
	const extended, hasID, hasBase = 0x80, 0x80, 0x40
	if len(b) < 3 || b[0]&extended == 0 || b[1]&hasID == 0 {
		return numbersAt{}
	}
	at.id, at.wide = 2, b[2]&0x80 != 0
	end := 3
	if at.wide {
		end++
	}
	if b[1]&hasBase != 0 {
		at.base = end
		end++
	}
	if end > len(b) {
		return numbersAt{}
	}
	return at
}

// locateVP9 does too. The base layer's is there only where pictures refer to
// others by a pattern, and not each by numbers of its own (the F bit).
func locateVP9(b []byte) (at numbersAt) {
	const hasID, hasLayers, flexible = 0x80, 0x20, 0x10
	if len(b) < 2 || b[0]&hasID == 0 {
		return numbersAt{}
	}
	at.id, at.wide = 1, b[1]&0x80 != 0
	end := 2
	if at.wide {
		end++
	}
	if b[0]&hasLayers != 0 && b[0]&flexible == 0 {
		at.base = end + 1
		end += 2
	}
	if end > len(b) {
		return numbersAt{}
	}
	return at
}

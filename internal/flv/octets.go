package flv

import "encoding/binary"

// octets reads from the front of a slice. Past its end it gives zeros and
// remembers that: one look at short replaces an error a field.
type octets struct {
	rest  []byte
	short bool
}

// take returns the next n octets.
func (o *octets) take(n int) []byte {
	if n < 0 || n > len(o.rest) {
		o.rest, o.short = nil, true
		return nil
	}
	taken := o.rest[:n:n]
	o.rest = o.rest[n:]
	return taken
}

func (o *octets) uint8() uint8 {
	if b := o.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (o *octets) uint16() uint16 {
	if b := o.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (o *octets) uint24() uint32 {
	if b := o.take(3); b != nil {
		return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	}
	return 0
}

// int24 is a signed number of 24 bits.
func (o *octets) int24() int32 { return int32(o.uint24()<<8) >> 8 }

// fourCC is four characters; "" past the end.
func (o *octets) fourCC() string { return string(o.take(4)) }

func appendUint24(b []byte, v uint32) []byte { return append(b, byte(v>>16), byte(v>>8), byte(v)) }

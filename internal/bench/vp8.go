package bench

import (
	"time"

	"lectern/internal/testcard"
)

// vp8Film is the test card, a clock. What fills its pictures up stands behind
// the last partition, where decoders do not look, and ends in the stamp.
type vp8Film struct {
	card     testcard.Card
	number   uint16 // picture ID
	payloads [][]byte
}

// vp8Start is S of the payload descriptor (RFC 7741 §4.2).
const vp8Start = 0x10

func (f *vp8Film) picture(key bool, size int, at time.Duration) [][]byte {
	const descriptor = 4
	frame := f.card.Picture(time.Now(), key)
	for len(frame)+stampSize < size {
		frame = append(frame, 'x')
	}
	frame = appendStamp(frame, at)
	parts := (len(frame) + payloadSize - descriptor - 1) / (payloadSize - descriptor)
	length := (len(frame) + parts - 1) / parts
	// The stamp is not cut in two.
	if last := len(frame) - (parts-1)*length; last < stampSize && parts > 1 {
		length -= (stampSize - last + parts - 2) / (parts - 1)
	}
	f.payloads = f.payloads[:0]
	start := byte(vp8Start)
	for n := range parts {
		part := frame[n*length:]
		if n < parts-1 {
			part = part[:length]
		}
		// extended, picture ID of 15 bits
		payload := []byte{0x80 | start, 0x80, 0x80 | byte(f.number>>8), byte(f.number)}
		f.payloads = append(f.payloads, append(payload, part...))
		start = 0
	}
	f.number++
	return f.payloads
}

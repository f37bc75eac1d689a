package wire

import "fmt"

// tagHeader is what is in front of each message of an aggregate: type, length,
// timestamp and stream, as in an FLV file.
const tagHeader = 11

// aggregate is what is left of a message that holds others (§7.1.6).
type aggregate struct {
	body      []byte
	stream    uint32
	timestamp uint32 // of the aggregate, which is that of its first message
	first     uint32 // that message's own
	begun     bool
	skipped   int // octets that were not for here
}

func newAggregate(m Message) aggregate {
	return aggregate{body: m.Body, stream: m.Stream, timestamp: m.Timestamp}
}

// next returns the next message, false when there is none any more.
func (a *aggregate) next() (m Message, ok bool, err error) {
	for len(a.body) > 0 {
		if len(a.body) < tagHeader {
			return Message{}, false, fmt.Errorf("aggregate: %w: %d octets are left", ErrMalformed, len(a.body))
		}
		b := a.body
		length := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		time := uint32(b[7])<<24 | uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6])
		if len(b) < tagHeader+length {
			return Message{}, false, fmt.Errorf("aggregate: %w: a message of %d octets, and %d are left", ErrMalformed, length, len(b)-tagHeader)
		}
		if !a.begun {
			a.begun, a.first = true, time
		}
		m = Message{Type: Type(b[0]), Stream: a.stream, Timestamp: a.timestamp + time - a.first, Body: b[tagHeader : tagHeader+length]}
		a.body = b[min(tagHeader+length+4, len(b)):] // with a pointer back, which the last one may lack
		switch m.Type {
		case Audio, Video, DataAMF0, DataAMF3: // what else may be in there is not for here
			return m, true, nil
		}
		a.skipped += tagHeader + length
	}
	return Message{}, false, nil
}

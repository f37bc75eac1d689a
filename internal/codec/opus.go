package codec

// opus is RFC 7587: a packet is a whole frame, and a decoder can start at any.
type opus struct{}

func (opus) Inspect(payload []byte, _ uint32) Frame {
	whole := len(payload) > 0
	return Frame{Start: whole, Key: whole}
}

package audio

// packets gathers samples into Opus packets.
type packets struct {
	encoder  *opusEncoder
	channels int
	pcm      []int16 // of the packet to be
	at       uint64  // position of its first sample
	emit     func(position uint64, opus []byte)
	lost     uint64
}

func newPackets(channels, bitrate int) (*packets, error) {
	encoder, err := newOpusEncoder(channels, bitrate)
	if err != nil {
		return nil, err
	}
	return &packets{encoder: encoder, channels: channels, pcm: make([]int16, 0, opusFrame*channels)}, nil
}

// add takes interleaved samples, of which the first has a position. It is the
// one behind the last one, unless there was a flush.
func (p *packets) add(position uint64, samples []float32) {
	for _, v := range samples {
		if len(p.pcm) == 0 {
			p.at = position
		}
		p.pcm = append(p.pcm, round(v))
		if len(p.pcm) == cap(p.pcm) {
			position = p.at + opusFrame
			p.send()
		}
	}
}

// flush sends what there is, with silence behind it.
func (p *packets) flush() {
	if n := len(p.pcm); n > 0 {
		p.pcm = p.pcm[:cap(p.pcm)]
		clear(p.pcm[n:])
		p.send()
	}
}

// send encodes what there is. The position of a packet is that of its first
// sample that comes out of a decoder: the encoder's delay earlier.
func (p *packets) send() {
	packet, err := p.encoder.encode(p.pcm)
	p.pcm = p.pcm[:0]
	if err != nil {
		p.lost++ // a hole of 20 ms, which the receiver conceals
		return
	}
	p.emit(p.at-uint64(p.encoder.lookahead()), packet)
}

// round is a sample as 16 bits.
func round(v float32) int16 {
	switch {
	case v >= 32767:
		return 32767
	case v <= -32768:
		return -32768
	case v < 0:
		return int16(v - 0.5)
	}
	return int16(v + 0.5)
}

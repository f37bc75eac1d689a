package codec

import (
	"encoding/binary"

	sets "lectern/internal/h264"
)

// NAL unit types of H.264 §7.4.1 and, from 24 on, of RFC 6184 §5.2.
const (
	h264Slice  = 1
	h264IDR    = 5
	h264SPS    = 7
	h264Prefix = 14
	h264STAPA  = 24
	h264FUA    = 28
)

// h264 reads RFC 6184 in packetization modes 0 and 1: single NAL units, STAP-A
// and FU-A. Interleaved mode is not for real time and not read.
type h264 struct {
	pictures
	inBand bool // an SPS has come in this stream
}

// h264Packet gathers what the NAL units of one packet say.
type h264Packet struct {
	first    bool // the picture's first slice is here
	leading  bool // a NAL unit that precedes the slices is here
	idr      bool // first belongs to an IDR picture
	sps      bool
	slices   bool
	referred bool // a slice is here whose nal_ref_idc is not 0
	prefixed bool // temporal is known
	temporal uint8
	width    uint16
	height   uint16
}

func (s *h264) Inspect(payload []byte, timestamp uint32) Frame {
	if len(payload) == 0 {
		return Frame{}
	}
	var p h264Packet
	p.read(payload)
	pic, fresh := s.at(timestamp)
	if p.prefixed {
		pic.temporal = p.temporal
	}
	key := p.sps || p.idr && !s.inBand
	s.inBand = s.inBand || p.sps
	return Frame{
		// A NAL unit other than a slice begins a picture only when nothing of
		// it has been seen: supplements may follow slices too.
		Start:       pic.begin(p.first || p.leading && fresh),
		Key:         pic.key(key),
		Temporal:    pic.temporal,
		Discardable: p.slices && !p.referred,
		Width:       p.width,
		Height:      p.height,
	}
}

func (p *h264Packet) read(payload []byte) {
	switch payload[0] & 0x1f {
	case h264STAPA:
		p.aggregate(payload[1:])
	case h264FUA:
		p.fragment(payload)
	default:
		p.whole(payload)
	}
}

// whole reads a NAL unit that is not in parts.
func (p *h264Packet) whole(unit []byte) {
	p.unit(unit[0], unit[1:])
	if unit[0]&0x1f != h264SPS {
		return
	}
	if set, err := sets.ParseSPS(unit); err == nil {
		p.width, p.height = size(uint64(set.Width), uint64(set.Height))
	}
}

// aggregate reads a STAP-A (RFC 6184 §5.7.1) as far as it is whole.
func (p *h264Packet) aggregate(rest []byte) {
	for len(rest) > 2 {
		n := int(binary.BigEndian.Uint16(rest))
		rest = rest[2:]
		if n == 0 || n > len(rest) {
			return
		}
		p.whole(rest[:n])
		rest = rest[n:]
	}
}

// fragment reads an FU-A (RFC 6184 §5.8).
func (p *h264Packet) fragment(payload []byte) {
	if len(payload) < 2 {
		return
	}
	indicator, header := payload[0], payload[1]
	unit := indicator&0xe0 | header&0x1f
	if header&0x80 != 0 { // S
		p.unit(unit, payload[2:])
		return
	}
	p.refer(unit)
}

// unit reads a NAL unit from its first octet on; body may end early.
func (p *h264Packet) unit(header byte, body []byte) {
	switch kind := header & 0x1f; {
	case kind >= h264Slice && kind <= h264IDR:
		p.refer(header)
		// first_mb_in_slice is 0 when its Exp-Golomb code is one bit, 1. Data
		// partitions B and C, 3 and 4, do not begin with it.
		if kind != 3 && kind != 4 && len(body) > 0 && body[0]&0x80 != 0 {
			p.first = true
			p.idr = p.idr || kind == h264IDR
		}
	case kind == h264SPS:
		p.leading, p.sps = true, true
	case kind == h264Prefix:
		p.leading = true
		if len(body) >= 3 && body[0]&0x80 != 0 { // svc_extension_flag, H.264 §7.3.1
			p.prefixed, p.temporal = true, body[2]>>5
		}
	case kind > h264IDR && kind < h264STAPA:
		p.leading = true
	}
}

// refer notes nal_ref_idc if the NAL unit is a slice; it is the same in all
// slices of a picture (H.264 §7.4.1).
func (p *h264Packet) refer(header byte) {
	if kind := header & 0x1f; kind < h264Slice || kind > h264IDR {
		return
	}
	p.slices = true
	p.referred = p.referred || header&0x60 != 0
}

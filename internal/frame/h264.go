package frame

import "fmt"

// NAL unit types of H.264 §7.4.1 and, from 24 on, of RFC 6184 §5.2.
const (
	h264IDR   = 5
	h264SPS   = 7
	h264PPS   = 8
	h264STAPA = 24
	h264FUA   = 28
)

// joinH264 reads RFC 6184 in packetization modes 0 and 1.
func joinH264(payloads [][]byte) (Frame, error) {
	var s byteStream
	for _, p := range payloads {
		if err := addH264(&s, p); err != nil {
			return Frame{}, err
		}
	}
	units, err := s.units(func(unit []byte) byte { return unit[0] & 0x1f }, h264STAPA-1)
	if err != nil {
		return Frame{}, err
	}
	sps := units[h264SPS]
	if len(sps) < 4 || units[h264PPS] == nil || units[h264IDR] == nil {
		return Frame{}, incomplete("no sequence or picture parameter set, or no IDR picture")
	}
	// profile_idc, the constraint flags and level_idc (H.264 §7.3.2.1.1), in
	// which nothing can need an emulation prevention octet.
	name := fmt.Sprintf("avc1.%02x%02x%02x", sps[1], sps[2], sps[3])
	return Frame{Data: s.data, Codec: name}, nil
}

func addH264(s *byteStream, p []byte) error {
	switch kind := p[0] & 0x1f; {
	case kind == h264STAPA:
		return s.aggregate(p[1:], 1)
	case kind == h264FUA:
		if len(p) < 3 {
			return incomplete("an empty fragment")
		}
		return s.fragment(p[1], string([]byte{p[0]&0xe0 | p[1]&0x1f}), p[2:])
	case kind == 0 || kind > h264STAPA:
		return fmt.Errorf("%w packet of type %d", ErrUnsupported, kind)
	}
	return s.unit(p)
}

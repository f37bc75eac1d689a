package frame

import "encoding/binary"

// startCode goes before each NAL unit (Annex B of H.264 and H.265).
var startCode = []byte{0, 0, 0, 1}

// byteStream collects NAL units.
type byteStream struct {
	data   []byte
	begins []int  // where in data each NAL unit begins, behind its start code
	open   bool   // the last one is a fragment that goes on
	header string // of the one that goes on
}

// unit adds a whole NAL unit.
func (s *byteStream) unit(unit []byte) error {
	if s.open {
		return incomplete("a fragmented NAL unit does not end")
	}
	s.begin()
	s.data = append(s.data, unit...)
	return nil
}

func (s *byteStream) begin() {
	s.data = append(s.data, startCode...)
	s.begins = append(s.begins, len(s.data))
}

// aggregate adds the NAL units of a STAP-A (RFC 6184 §5.7.1) or an aggregation
// packet (RFC 7798 §4.4.2): each has its length before it, and is not shorter
// than its header.
func (s *byteStream) aggregate(rest []byte, shortest int) error {
	for len(rest) > 0 {
		if len(rest) < 2 {
			return incomplete("an aggregation ends in a length")
		}
		n := int(binary.BigEndian.Uint16(rest))
		rest = rest[2:]
		if n < shortest || n > len(rest) {
			return incomplete("%d octets of an aggregation are a NAL unit of %d", len(rest), n)
		}
		if err := s.unit(rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// fragment adds a part of a NAL unit: flags has S and E in its two upper bits
// in both formats.
func (s *byteStream) fragment(flags byte, header string, body []byte) error {
	start, end := flags&0x80 != 0, flags&0x40 != 0
	switch {
	case start && s.open:
		return incomplete("a fragmented NAL unit does not end")
	case !start && !s.open:
		return incomplete("a fragmented NAL unit does not begin")
	case !start && header != s.header:
		return incomplete("a fragmented NAL unit goes on as another one")
	}
	if start {
		s.begin()
		s.data = append(s.data, header...)
	}
	s.data = append(s.data, body...)
	s.open, s.header = !end, header
	return nil
}

// units gives the NAL units by their types: the first one of each. Those of
// higher types than last are for packets alone.
func (s *byteStream) units(kind func(unit []byte) byte, last byte) (map[byte][]byte, error) {
	if s.open {
		return nil, incomplete("a fragmented NAL unit does not end")
	}
	found := map[byte][]byte{}
	for i, begin := range s.begins {
		end := len(s.data)
		if i+1 < len(s.begins) {
			end = s.begins[i+1] - len(startCode)
		}
		unit := s.data[begin:end]
		k := kind(unit)
		if k > last {
			return nil, incomplete("a NAL unit of type %d", k)
		}
		if found[k] == nil {
			found[k] = unit
		}
	}
	return found, nil
}

// unescaped leaves out emulation prevention octets, the 3 in 0 0 3 (H.264
// §7.4.1, H.265 §7.4.2).
func unescaped(unit []byte) []byte {
	made := make([]byte, 0, len(unit))
	zeros := 0
	for _, b := range unit {
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		zeros++
		if b != 0 {
			zeros = 0
		}
		made = append(made, b)
	}
	return made
}

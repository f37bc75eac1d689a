package frame

import (
	"encoding/binary"
	"fmt"
	mathbits "math/bits"
	"strings"
)

// NAL unit types of H.265 §7.4.2.2 and, from 48 on, of RFC 7798 §4.4.
const (
	h265FirstIRAP = 16
	h265LastIRAP  = 21
	h265VPS       = 32
	h265SPS       = 33
	h265PPS       = 34
	h265AP        = 48
	h265FU        = 49
)

// joinH265 reads RFC 7798 without DONL fields, which only interleaved streams
// have.
func joinH265(payloads [][]byte) (Frame, error) {
	var s byteStream
	for _, p := range payloads {
		if err := addH265(&s, p); err != nil {
			return Frame{}, err
		}
	}
	units, err := s.units(func(unit []byte) byte { return h265Kind(unit[0]) }, h265AP-1)
	if err != nil {
		return Frame{}, err
	}
	picture := false
	for kind := byte(h265FirstIRAP); kind <= h265LastIRAP; kind++ {
		picture = picture || units[kind] != nil
	}
	if !picture || units[h265VPS] == nil || units[h265SPS] == nil || units[h265PPS] == nil {
		return Frame{}, incomplete("no video, sequence or picture parameter set, or no intra random access point")
	}
	name, err := h265Name(units[h265SPS])
	if err != nil {
		return Frame{}, err
	}
	return Frame{Data: s.data, Codec: name}, nil
}

func h265Kind(header byte) byte { return header >> 1 & 0x3f }

func addH265(s *byteStream, p []byte) error {
	if len(p) < 3 {
		return incomplete("an empty packet")
	}
	switch kind := h265Kind(p[0]); {
	case kind == h265AP:
		return s.aggregate(p[2:], 2)
	case kind == h265FU:
		if len(p) < 4 {
			return incomplete("an empty fragment")
		}
		return s.fragment(p[2], string([]byte{p[0]&0x81 | p[2]&0x3f<<1, p[1]}), p[3:])
	case kind > h265FU:
		return fmt.Errorf("%w packet of type %d", ErrUnsupported, kind)
	}
	return s.unit(p)
}

// h265Name makes the name of profile, tier and level (ISO/IEC 14496-15 Annex E)
// of a sequence parameter set's profile_tier_level (H.265 §7.3.3).
func h265Name(sps []byte) (string, error) {
	const (
		header = 2 + 1                  // of the NAL unit; the ids before
		used   = header + 1 + 4 + 6 + 1 // profile, compatibility, constraints, level
	)
	sps = unescaped(sps)
	if len(sps) < used {
		return "", incomplete("a sequence parameter set of %d octets", len(sps))
	}
	profile, rest := sps[header], sps[header+1:]
	compatible := mathbits.Reverse32(binary.BigEndian.Uint32(rest))
	constraints, level := rest[4:10], rest[10]
	space, tier := "", "L"
	if n := profile >> 6; n > 0 {
		space = string('A' + rune(n) - 1)
	}
	if profile&0x20 != 0 {
		tier = "H"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "hev1.%s%d.%X.%s%d", space, profile&0x1f, compatible, tier, level)
	for len(constraints) > 0 && constraints[len(constraints)-1] == 0 {
		constraints = constraints[:len(constraints)-1]
	}
	for _, c := range constraints {
		fmt.Fprintf(&b, ".%X", c)
	}
	return b.String(), nil
}

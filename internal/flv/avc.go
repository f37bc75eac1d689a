package flv

import "encoding/binary"

// maxSets is how many parameter sets a configuration may have. Encoders send
// one of each kind; the formats could have thousands.
const maxSets = 64

// AVCConfig is an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1) as
// far as it is needed for streams.
type AVCConfig struct {
	// Profile, Compatibility and Level are the three octets behind the header
	// of a sequence parameter set, of which the record has a copy.
	Profile, Compatibility, Level uint8
	// LengthSize is how many octets the length before a NAL unit takes: 1, 2
	// or 4.
	LengthSize int
	// SPS and PPS are NAL units with their headers, parts of what was parsed.
	SPS, PPS [][]byte
}

// ParseAVCConfig reads a record. The error wraps ErrMalformed.
func ParseAVCConfig(record []byte) (AVCConfig, error) {
	o := octets{rest: record}
	version := o.uint8()
	c := AVCConfig{Profile: o.uint8(), Compatibility: o.uint8(), Level: o.uint8()}
	c.LengthSize = int(o.uint8()&0x03) + 1
	c.SPS = readSets(&o, int(o.uint8()&0x1f))
	c.PPS = readSets(&o, int(o.uint8()))
	switch {
	case o.short:
		return AVCConfig{}, malformed("an H.264 configuration of %d octets ends too early", len(record))
	case version != 1:
		return AVCConfig{}, malformed("an H.264 configuration of version %d", version)
	case c.LengthSize == 3:
		return AVCConfig{}, malformed("an H.264 configuration with lengths of 3 octets")
	case len(c.SPS)+len(c.PPS) > maxSets:
		return AVCConfig{}, malformed("an H.264 configuration with %d parameter sets, at most %d", len(c.SPS)+len(c.PPS), maxSets)
	}
	return c, nil
}

// readSets reads n NAL units, each with two octets of length before it, and
// leaves out empty ones. It stops where the record ends.
func readSets(o *octets, n int) [][]byte {
	var sets [][]byte
	for range n {
		unit := o.take(int(o.uint16()))
		if o.short {
			return sets
		}
		if len(unit) > 0 {
			sets = append(sets, unit)
		}
	}
	return sets
}

// AppendAVCConfig appends the record to b. Its profile, compatibility and level
// are those of the first SPS if there is one, and LengthSize is 4 if it is 0.
func AppendAVCConfig(b []byte, c AVCConfig) []byte {
	if len(c.SPS) > 0 && len(c.SPS[0]) >= 4 {
		c.Profile, c.Compatibility, c.Level = c.SPS[0][1], c.SPS[0][2], c.SPS[0][3]
	}
	if c.LengthSize == 0 {
		c.LengthSize = 4
	}
	b = append(b, 1, c.Profile, c.Compatibility, c.Level, 0xfc|byte(c.LengthSize-1), 0xe0|byte(len(c.SPS)))
	b = appendSets(b, c.SPS)
	return appendSets(append(b, byte(len(c.PPS))), c.PPS)
}

func appendSets(b []byte, sets [][]byte) []byte {
	for _, s := range sets {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
	}
	return b
}

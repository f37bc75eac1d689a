package flv

// NAL unit types of H.265 table 7-1.
const (
	h265VPS = 32
	h265SPS = 33
	h265PPS = 34
)

// HEVCConfig is an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1)
// as far as it is needed for streams.
type HEVCConfig struct {
	Profile    uint8 // general_profile_idc
	High       bool  // general_tier_flag
	Level      uint8 // general_level_idc: 30 times the level
	Depth      int   // bits of a luma sample
	LengthSize int   // octets of the length before a NAL unit: 1, 2 or 4
	// VPS, SPS and PPS are NAL units with their headers, parts of what was
	// parsed.
	VPS, SPS, PPS [][]byte
}

// ParseHEVCConfig reads a record. The error wraps ErrMalformed.
func ParseHEVCConfig(record []byte) (HEVCConfig, error) {
	o := octets{rest: record}
	o.uint8() // configurationVersion, 0 in what older encoders write
	head := o.uint8()
	c := HEVCConfig{Profile: head & 0x1f, High: head&0x20 != 0}
	o.take(4 + 6) // compatibility, constraints
	c.Level = o.uint8()
	o.take(2 + 1 + 1) // segmentation, parallelism, chroma format
	c.Depth = int(o.uint8()&0x07) + 8
	o.take(1 + 2) // depth of chroma, frame rate
	c.LengthSize = int(o.uint8()&0x03) + 1
	total := 0
	for range int(o.uint8()) {
		kind := o.uint8() & 0x3f
		sets := readSets(&o, int(o.uint16()))
		if total += len(sets); total > maxSets {
			return HEVCConfig{}, malformed("an H.265 configuration with more than %d parameter sets", maxSets)
		}
		switch kind {
		case h265VPS:
			c.VPS = append(c.VPS, sets...)
		case h265SPS:
			c.SPS = append(c.SPS, sets...)
		case h265PPS:
			c.PPS = append(c.PPS, sets...)
		}
		if o.short {
			break
		}
	}
	switch {
	case o.short:
		return HEVCConfig{}, malformed("an H.265 configuration of %d octets ends too early", len(record))
	case c.LengthSize == 3:
		return HEVCConfig{}, malformed("an H.265 configuration with lengths of 3 octets")
	}
	return c, nil
}

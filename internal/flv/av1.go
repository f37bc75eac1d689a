package flv

// AV1Config is an AV1CodecConfigurationRecord (AV1 in ISOBMFF §2.3.3).
type AV1Config struct {
	Profile uint8
	Level   uint8 // seq_level_idx: 8 is 4.0
	High    bool  // the tier
	Depth   int   // bits of a sample
	// OBUs are what goes before the first frame, in the low-overhead format: a
	// sequence header as a rule. They are a part of what was parsed.
	OBUs []byte
}

// ParseAV1Config reads a record. The error wraps ErrMalformed.
func ParseAV1Config(record []byte) (AV1Config, error) {
	o := octets{rest: record}
	marker, profile, flags := o.uint8(), o.uint8(), o.uint8()
	o.uint8() // initial presentation delay
	if o.short || marker != 0x81 {
		return AV1Config{}, malformed("an AV1 configuration of %d octets", len(record))
	}
	c := AV1Config{Profile: profile >> 5, Level: profile & 0x1f, High: flags&0x80 != 0, Depth: 8, OBUs: o.rest}
	if flags&0x40 != 0 { // high_bitdepth
		c.Depth = 10
		if flags&0x20 != 0 { // twelve_bit
			c.Depth = 12
		}
	}
	return c, nil
}

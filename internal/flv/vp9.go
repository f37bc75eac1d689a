package flv

// VP9Config is a VPCodecConfigurationRecord (VP codec ISO media file format
// binding) as far as it is needed for streams.
type VP9Config struct {
	Profile uint8
	Level   uint8 // ten times the level
	Depth   int   // bits of a sample
}

// ParseVP9Config reads a record, with or without the four octets of version and
// flags that a box has before it: encoders differ. The error wraps ErrMalformed.
func ParseVP9Config(record []byte) (VP9Config, error) {
	o := octets{rest: record}
	if len(record) >= 12 && record[0] == 1 && record[1]|record[2]|record[3] == 0 {
		o.take(4)
	}
	c := VP9Config{Profile: o.uint8(), Level: o.uint8()}
	c.Depth = int(o.uint8() >> 4)
	if o.short || c.Profile > 3 {
		return VP9Config{}, malformed("a VP9 configuration of %d octets", len(record))
	}
	return c, nil
}

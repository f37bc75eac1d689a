package flv

// maxUnits is how many NAL units an access unit may have: many times those of
// encoders that cut pictures into slices of a packet's size. Each is looked
// into, so that millions of two octets would be expensive.
const maxUnits = 4096

// AppendUnits appends to units the NAL units of an access unit whose lengths of
// lengthSize octets go before them (AVCConfig.LengthSize), without empty ones.
// They are parts of data. An access unit that makes no sense so, and begins with
// a start code, as some encoders have it all the same, is split at those. The
// error wraps ErrMalformed, for too many of them as well; the units before the place are there then.
func AppendUnits(units [][]byte, data []byte, lengthSize int) ([][]byte, error) {
	before := len(units)
	o := octets{rest: data}
	for len(o.rest) > 0 {
		size := 0
		for _, b := range o.take(lengthSize) {
			size = size<<8 | int(b)
		}
		unit := o.take(size)
		switch {
		case o.short && startCode(data) > 0:
			return appendByteStream(units[:before], data)
		case o.short:
			return units, malformed("an access unit of %d octets with a NAL unit that goes beyond it", len(data))
		case len(units)-before >= maxUnits:
			return units, tooMany()
		case len(unit) > 0:
			units = append(units, unit)
		}
	}
	return units, nil
}

// appendByteStream splits at start codes (Annex B of H.264 and H.265).
func appendByteStream(units [][]byte, data []byte) ([][]byte, error) {
	before, begin := len(units), startCode(data)
	for i := begin; i < len(data); i++ {
		n := 0
		if data[i] == 0 {
			n = startCode(data[i:])
		}
		if n == 0 {
			continue
		}
		if len(units)-before >= maxUnits {
			return units, tooMany()
		}
		if i > begin {
			units = append(units, data[begin:i:i])
		}
		begin = i + n
		i = begin - 1
	}
	if begin == len(data) {
		return units, nil
	}
	if len(units)-before >= maxUnits {
		return units, tooMany()
	}
	return append(units, data[begin:]), nil
}

func tooMany() error { return malformed("an access unit of more than %d NAL units", maxUnits) }

// startCode is how many octets of a start code data begins with, 0 if none.
func startCode(data []byte) int {
	for i, b := range data[:min(4, len(data))] {
		if b == 1 && i >= 2 {
			return i + 1
		}
		if b != 0 {
			break
		}
	}
	return 0
}

package flv

// AppendUnits appends to units the NAL units of an access unit whose lengths of
// lengthSize octets go before them (AVCConfig.LengthSize), without empty ones.
// They are parts of data. An access unit that makes no sense so, and begins with
// a start code, as some encoders have it all the same, is split at those. The
// error wraps ErrMalformed; the units before the place are there then.
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
			return appendByteStream(units[:before], data), nil
		case o.short:
			return units, malformed("an access unit of %d octets with a NAL unit that goes beyond it", len(data))
		case len(unit) > 0:
			units = append(units, unit)
		}
	}
	return units, nil
}

// appendByteStream splits at start codes (Annex B of H.264 and H.265).
func appendByteStream(units [][]byte, data []byte) [][]byte {
	begin := startCode(data)
	for i := begin; i < len(data); i++ {
		n := 0
		if data[i] == 0 {
			n = startCode(data[i:])
		}
		if n == 0 {
			continue
		}
		if i > begin {
			units = append(units, data[begin:i:i])
		}
		begin = i + n
		i = begin - 1
	}
	if begin < len(data) {
		units = append(units, data[begin:])
	}
	return units
}

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

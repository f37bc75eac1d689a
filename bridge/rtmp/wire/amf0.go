package wire

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Markers of AMF 0 §2.1.
const (
	markNumber      = 0x00
	markBoolean     = 0x01
	markString      = 0x02
	markObject      = 0x03
	markNull        = 0x05
	markUndefined   = 0x06
	markECMAArray   = 0x08
	markObjectEnd   = 0x09
	markStrictArray = 0x0a
	markDate        = 0x0b
	markLongString  = 0x0c
	markUnsupported = 0x0d
	markXML         = 0x0f
	markTypedObject = 0x10
)

// ParseAMF0 reads the values in b, within the depth and items of l. The error
// wraps ErrMalformed or ErrLimit. What it returns shares no memory with b.
func ParseAMF0(b []byte, l Limits) ([]any, error) {
	l = l.orDefaults()
	d := amfDecoder{rest: b, depth: l.Depth, items: l.Items}
	var values []any
	for len(d.rest) > 0 {
		v, err := d.value(0)
		if err != nil {
			return values, fmt.Errorf("AMF at octet %d: %w", len(b)-len(d.rest), err)
		}
		values = append(values, v)
	}
	return values, nil
}

type amfDecoder struct {
	rest  []byte
	depth int
	items int // that may still come
}

func (d *amfDecoder) value(depth int) (any, error) {
	if d.items--; d.items < 0 {
		return nil, fmt.Errorf("%w: too many values", ErrLimit)
	}
	marker, err := d.take(1)
	if err != nil {
		return nil, err
	}
	switch marker[0] {
	case markNumber:
		return d.number()
	case markBoolean:
		b, err := d.take(1)
		return err == nil && b[0] != 0, err
	case markString:
		return d.text(2)
	case markLongString, markXML:
		return d.text(4)
	case markNull, markUndefined, markUnsupported:
		return nil, nil
	case markDate:
		n, err := d.number()
		if err == nil {
			_, err = d.take(2) // a time zone, which is not used (§2.13)
		}
		return n, err
	}
	if depth >= d.depth {
		return nil, fmt.Errorf("%w: values nested more than %d deep", ErrLimit, d.depth)
	}
	switch marker[0] {
	case markObject:
		return d.object(depth + 1)
	case markTypedObject:
		if _, err := d.text(2); err != nil {
			return nil, err
		}
		return d.object(depth + 1)
	case markECMAArray:
		if _, err := d.take(4); err != nil { // a count, which some get wrong
			return nil, err
		}
		return d.object(depth + 1)
	case markStrictArray:
		return d.array(depth + 1)
	}
	return nil, fmt.Errorf("%w: a value with the marker %#02x", ErrMalformed, marker[0])
}

func (d *amfDecoder) take(n int) ([]byte, error) {
	if n > len(d.rest) {
		return nil, fmt.Errorf("%w: it ends too early", ErrMalformed)
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b, nil
}

func (d *amfDecoder) number() (float64, error) {
	b, err := d.take(8)
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

// text reads a string behind its length, which has that many octets.
func (d *amfDecoder) text(octets int) (string, error) {
	b, err := d.take(octets)
	if err != nil {
		return "", err
	}
	var n uint64
	for _, o := range b {
		n = n<<8 | uint64(o)
	}
	if n > uint64(len(d.rest)) {
		return "", fmt.Errorf("%w: a string of %d octets, and %d are left", ErrMalformed, n, len(d.rest))
	}
	b, err = d.take(int(n))
	return string(b), err
}

// object reads properties up to the end marker. Some encoders leave that out
// where the message ends.
func (d *amfDecoder) object(depth int) (Object, error) {
	o := Object{}
	for len(d.rest) > 0 {
		name, err := d.text(2)
		if err != nil {
			return nil, err
		}
		if name == "" && len(d.rest) > 0 && d.rest[0] == markObjectEnd {
			_, err := d.take(1)
			return o, err
		}
		v, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		o = append(o, Property{name, v})
	}
	return o, nil
}

// array reads §2.12. Nothing is reserved for the count, which can be a lie.
func (d *amfDecoder) array(depth int) ([]any, error) {
	b, err := d.take(4)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for range binary.BigEndian.Uint32(b) {
		v, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// AppendAMF0 appends values: those that ParseAMF0 returns, and int. Anything
// else is a mistake of the programmer.
func AppendAMF0(b []byte, values ...any) []byte {
	for _, v := range values {
		b = appendValue(b, v)
	}
	return b
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, markNull)
	case float64:
		return binary.BigEndian.AppendUint64(append(b, markNumber), math.Float64bits(v))
	case int:
		return appendValue(b, float64(v))
	case bool:
		if v {
			return append(b, markBoolean, 1)
		}
		return append(b, markBoolean, 0)
	case string:
		if len(v) > math.MaxUint16 {
			b = binary.BigEndian.AppendUint32(append(b, markLongString), uint32(len(v)))
		} else {
			b = binary.BigEndian.AppendUint16(append(b, markString), uint16(len(v)))
		}
		return append(b, v...)
	case Object:
		b = append(b, markObject)
		for _, p := range v {
			name := p.Name[:min(len(p.Name), math.MaxUint16)]
			b = binary.BigEndian.AppendUint16(b, uint16(len(name)))
			b = appendValue(append(b, name...), p.Value)
		}
		return append(b, 0, 0, markObjectEnd)
	case []any:
		b = binary.BigEndian.AppendUint32(append(b, markStrictArray), uint32(len(v)))
		return AppendAMF0(b, v...)
	}
	panic(fmt.Sprintf("wire: AMF has no %T", v))
}

package config

import (
	"errors"
	"strconv"
	"strings"
)

// Size is a number of bytes, written with its unit: 64KiB, 4MiB, 1GiB.
type Size int64

// maxSize is more than any message may have.
const maxSize = 1 << 40

// sizeUnits has the largest first; the last is each other's end.
var sizeUnits = []struct {
	suffix string
	bytes  Size
}{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1},
}

// String is the form that UnmarshalText reads, in the largest unit that is exact.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s != 0 && s%u.bytes == 0 {
			return strconv.FormatInt(int64(s/u.bytes), 10) + u.suffix
		}
	}
	return "0B"
}

// MarshalText is String.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a whole number and its unit.
func (s *Size) UnmarshalText(text []byte) error {
	for _, u := range sizeUnits {
		number, ok := strings.CutSuffix(strings.TrimSpace(string(text)), u.suffix)
		if !ok {
			continue
		}
		value, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if err == nil && value >= 0 && value <= maxSize/int64(u.bytes) {
			*s = Size(value) * u.bytes
			return nil
		}
		break
	}
	return errors.New("want a size such as 64KiB or 4MiB")
}

func (s Size) sound() bool { return s >= 0 && s <= maxSize }

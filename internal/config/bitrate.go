package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Bitrate is in bits a second, written with its unit: 800kbit/s, 20Mbit/s, 1Gbit/s. 0 is no limit.
type Bitrate int64

// maxBitrate is more than any network card of today carries.
const maxBitrate = 1_000_000_000_000

// bitrateUnits has the longest suffix first, because each ends in the last.
var bitrateUnits = []struct {
	suffix string
	bps    Bitrate
}{
	{"Gbit/s", 1_000_000_000}, {"Mbit/s", 1_000_000}, {"kbit/s", 1_000}, {"bit/s", 1},
}

// String is the form that UnmarshalText reads, in the largest unit that is exact.
func (b Bitrate) String() string {
	if b == 0 {
		return "0"
	}
	for _, u := range bitrateUnits {
		if b%u.bps == 0 {
			return strconv.FormatInt(int64(b/u.bps), 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(b), 10) // not reached: the last unit is 1
}

// MarshalText is String.
func (b Bitrate) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads a number and its unit, or 0. A fraction may be given, of whole bits.
func (b *Bitrate) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if s == "0" {
		*b = 0
		return nil
	}
	wrong := fmt.Errorf("want a bitrate such as 800kbit/s, 20Mbit/s or 1Gbit/s, or 0 for no limit")
	for _, u := range bitrateUnits {
		number, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		bps := value * float64(u.bps)
		if err != nil || !(bps >= 0 && bps <= maxBitrate) || bps != math.Trunc(bps) {
			return wrong
		}
		*b = Bitrate(bps)
		return nil
	}
	return wrong
}

func (b Bitrate) sound() bool { return b >= 0 && b <= maxBitrate }

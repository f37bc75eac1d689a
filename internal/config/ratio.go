package config

import (
	"errors"
	"strconv"
	"strings"
)

// Ratio is a part of a whole, 0 to 1, written 0.1 or 10%.
type Ratio float64

// String is the form that UnmarshalText reads.
func (r Ratio) String() string { return strconv.FormatFloat(float64(r), 'g', -1, 64) }

// MarshalText is String.
func (r Ratio) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a number, or a percentage.
func (r *Ratio) UnmarshalText(text []byte) error {
	number, percent := strings.CutSuffix(string(text), "%")
	f, err := strconv.ParseFloat(number, 64)
	if percent {
		f /= 100
	}
	if err != nil || !Ratio(f).sound() {
		return errors.New("want a number from 0 to 1, such as 0.1, or a percentage")
	}
	*r = Ratio(f)
	return nil
}

func (r Ratio) sound() bool { return r >= 0 && r <= 1 }

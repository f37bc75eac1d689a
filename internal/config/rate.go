package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Rate is a token bucket, written "2/s burst 10", or "off", which is the zero Rate.
type Rate struct {
	// PerSecond is how fast the bucket fills; at most 1e6.
	PerSecond float64
	// Burst is what it holds; at least 1 unless the Rate is off, at most 1e6.
	Burst int
}

// maxRate keeps rates where floating point and counters are exact.
const maxRate = 1e6

// Off reports whether there is no limit.
func (r Rate) Off() bool { return r == Rate{} }

// String is the form that UnmarshalText reads.
func (r Rate) String() string {
	if r.Off() {
		return "off"
	}
	return fmt.Sprintf("%s/s burst %d", strconv.FormatFloat(r.PerSecond, 'g', -1, 64), r.Burst)
}

// MarshalText is String.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads "N/s", "N/s burst N" or "off". Without a burst it is the
// rate itself, rounded up.
func (r *Rate) UnmarshalText(text []byte) error {
	words := strings.Fields(string(text))
	if len(words) == 1 && words[0] == "off" {
		*r = Rate{}
		return nil
	}
	wrong := fmt.Errorf(`want a rate such as "2/s burst 10", up to %d a second, or off`, int(maxRate))
	if len(words) != 1 && (len(words) != 3 || words[1] != "burst") {
		return wrong
	}
	number, ok := strings.CutSuffix(words[0], "/s")
	perSecond, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(perSecond > 0 && perSecond <= maxRate) {
		return wrong
	}
	burst := int(math.Ceil(perSecond))
	if len(words) == 3 {
		if burst, err = strconv.Atoi(words[2]); err != nil {
			return wrong
		}
	}
	next := Rate{perSecond, burst}
	if !next.sound() {
		return wrong
	}
	*r = next
	return nil
}

func (r Rate) sound() bool {
	return r.Off() || r.PerSecond > 0 && r.PerSecond <= maxRate && r.Burst >= 1 && r.Burst <= maxRate
}

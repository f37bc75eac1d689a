package peer

import "time"

// ntpEpoch is the start of NTP's time (RFC 3550 §4).
var ntpEpoch = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)

// toNTP returns the 64-bit NTP timestamp of a moment: seconds, and their
// fraction in the low 32 bits.
func toNTP(t time.Time) uint64 {
	d := uint64(t.Unix() - ntpEpoch.Unix())
	return d<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

func fromNTP(ntp uint64) time.Time {
	nanoseconds := (ntp & 0xffffffff) * uint64(time.Second) >> 32
	return time.Unix(ntpEpoch.Unix()+int64(ntp>>32), int64(nanoseconds))
}

package peer

import (
	"time"

	"github.com/pion/rtcp"

	"lectern/internal/seq"
)

// maxDropout is how far a sequence number may jump before it is taken for a new
// run of numbers: RFC 3550 §A.1's MAX_DROPOUT, and what a Track goes by.
const maxDropout = 3000

// reception counts what came of one RTP stream, for the receiver reports to its
// sender (RFC 3550 §6.4.2, §A.3, §A.8).
type reception struct {
	ssrc, clockRate uint32

	numbers        seq.Unwrapper[uint16]
	first, highest uint64
	received       uint64
	reported       struct{ expected, received uint64 } // by the report before

	timestamp uint32
	arrival   time.Time
	jitter    float64 // in units of the timestamp

	clock   uint32    // of the last sender report, the middle 32 bits, which
	clockAt time.Time // came then
}

// note takes a packet. Numbers that jump begin a new count.
func (r *reception) note(number uint16, timestamp uint32, at time.Time) {
	n := r.numbers.Resolve(number)
	if r.received == 0 || int64(n-r.highest) > maxDropout || int64(r.highest-n) > maxDropout {
		if r.received > 0 {
			n = r.numbers.Restart(number)
		}
		r.numbers.Next(number)
		r.first, r.highest, r.received = n, n, 1
		r.reported.expected, r.reported.received = 0, 0
		r.timestamp, r.arrival = timestamp, at
		return
	}
	r.highest = max(r.highest, r.numbers.Next(number))
	r.first = min(r.first, n)
	r.received++
	if timestamp != r.timestamp {
		transit := at.Sub(r.arrival).Seconds()*float64(r.clockRate) - float64(int32(timestamp-r.timestamp))
		r.jitter += (min(max(transit, -transit), float64(r.clockRate)) - r.jitter) / 16
		r.timestamp, r.arrival = timestamp, at
	}
}

// synced takes the sender's clock from its report.
func (r *reception) synced(ntp uint64, at time.Time) { r.clock, r.clockAt = uint32(ntp>>16), at }

// heard says whether something has come since the report before.
func (r *reception) heard() bool { return r.received > r.reported.received }

// report says what has come since the report before.
func (r *reception) report(at time.Time) rtcp.ReceptionReport {
	const mostLost = 1<<23 - 1
	expected := r.highest - r.first + 1
	report := rtcp.ReceptionReport{
		SSRC:               r.ssrc,
		LastSequenceNumber: uint32(r.highest),
		TotalLost:          uint32(min(expected-min(r.received, expected), mostLost)),
		Jitter:             uint32(r.jitter),
	}
	expectedNow, receivedNow := expected-r.reported.expected, r.received-r.reported.received
	if expectedNow > receivedNow {
		report.FractionLost = uint8(min((expectedNow-receivedNow)<<8/expectedNow, 255))
	}
	r.reported.expected, r.reported.received = expected, r.received
	if !r.clockAt.IsZero() {
		report.LastSenderReport = r.clock
		report.Delay = uint32(at.Sub(r.clockAt) << 16 / time.Second)
	}
	return report
}

package peer

import (
	"encoding/binary"
	"time"

	"lectern/internal/seq"
)

const (
	// arrivalWindow is how many packets are remembered until they are reported:
	// nearly a second of the most that a publisher may send.
	arrivalWindow = 4096
	// arrivalsAgain is how far a report goes back for a packet that came late.
	// What came behind it is reported again, which a sender ignores.
	arrivalsAgain = 512
	// arrivalTick is the unit of the arrival times in a report.
	arrivalTick = 250 * time.Microsecond
	// referenceTicks are how many of them the time at the head of a report has.
	referenceTicks = 256
	// arrivalReport bounds the lists of a report in bytes, so that it fits into
	// one packet.
	arrivalReport = 1000
	// arrivalHeader is how many bytes it has before its lists.
	arrivalHeader = 20
)

// arrivals notes when each packet of a connection came, of whatever stream, by
// the number that the sender gives all of them, and makes the reports from
// which the sender learns how much it may send
// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
//
// It has to see every packet: what is not noted, the sender takes for lost.
type arrivals struct {
	epoch   time.Time // of the arrival times
	numbers seq.Unwrapper[uint16]
	first   uint64               // the first one to report
	end     uint64               // one above the highest; 0 before there is one
	ticks   [arrivalWindow]int64 // when a number came, 0 if it did not; of end-arrivalWindow up to end
	reports uint8
	pending bool
}

// note takes a packet's number and the time of its arrival.
func (a *arrivals) note(number uint16, at time.Time) {
	n := a.numbers.Next(number)
	switch {
	case a.end == 0:
		a.epoch = at.Add(-time.Second)
		a.first, a.end = n, n+1
	case n >= a.end+arrivalWindow: // too far to be loss: begin anew
		clear(a.ticks[:])
		a.first, a.end = n, n+1
	case n >= a.end:
		for ; a.end <= n; a.end++ {
			a.ticks[a.end%arrivalWindow] = 0
		}
		a.first = max(a.first, a.end-arrivalWindow)
	case a.end-n > arrivalWindow || a.ticks[n%arrivalWindow] != 0:
		return
	case n < a.first:
		if a.first-n > arrivalsAgain {
			return
		}
		a.first = n
	}
	a.ticks[n%arrivalWindow] = max(int64(at.Sub(a.epoch)/arrivalTick), 1)
	a.pending = true
}

// report returns the next report, as an RTCP packet from one SSRC about
// another; nil when everything has been reported.
func (a *arrivals) report(sender, media uint32) []byte {
	came := a.first
	for came < a.end && a.ticks[came%arrivalWindow] == 0 {
		came++
	}
	if came >= a.end {
		a.pending = false
		return nil
	}
	base, reference := a.first, a.ticks[came%arrivalWindow]/referenceTicks
	last := reference * referenceTicks
	symbols := make([]byte, came-base) // a packet's: 0 it did not come, 1 or 2 it came, and how many bytes its time takes
	var times []byte
	n := came
	for ; n < a.end && int(n-came)/7*2+len(times) < arrivalReport; n++ {
		tick := a.ticks[n%arrivalWindow]
		if tick == 0 {
			symbols = append(symbols, 0)
			continue
		}
		delta := tick - last
		if delta != int64(int16(delta)) {
			break // eight seconds
		}
		if delta == int64(uint8(delta)) {
			symbols, times = append(symbols, 1), append(times, byte(delta))
		} else {
			symbols, times = append(symbols, 2), binary.BigEndian.AppendUint16(times, uint16(delta))
		}
		last = tick
	}
	a.first = n
	b := make([]byte, arrivalHeader, arrivalHeader+arrivalReport+16)
	const packetType, format = 205, 15
	b[0], b[1] = 2<<6|format, packetType
	binary.BigEndian.PutUint32(b[4:], sender)
	binary.BigEndian.PutUint32(b[8:], media)
	binary.BigEndian.PutUint16(b[12:], uint16(base))
	binary.BigEndian.PutUint16(b[14:], uint16(len(symbols)))
	binary.BigEndian.PutUint32(b[16:], uint32(reference)<<8|uint32(a.reports))
	a.reports++
	b = append(appendSymbols(b, symbols), times...)
	if padding := -len(b) & 3; padding > 0 {
		b = append(b, make([]byte, padding)...)
		b[0] |= 1 << 5
		b[len(b)-1] = byte(padding)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))
	return b
}

// appendSymbols packs symbols into chunks of 16 bits (§3.1.3, §3.1.4): runs of
// one symbol, 14 that are 0 or 1, or seven of any.
func appendSymbols(b, symbols []byte) []byte {
	const longestRun = 1<<13 - 1
	for len(symbols) > 0 {
		run, small := 0, 0
		for run < min(len(symbols), longestRun) && symbols[run] == symbols[0] {
			run++
		}
		for small < min(len(symbols), 14) && symbols[small] < 2 {
			small++
		}
		var chunk uint16
		var taken int
		switch {
		case run >= 14 || run == len(symbols) || run >= 7 && small < 14:
			chunk, taken = uint16(symbols[0])<<13|uint16(run), run
		case small == min(len(symbols), 14):
			chunk, taken = 1<<15, small
			for i, s := range symbols[:taken] {
				chunk |= uint16(s) << (13 - i)
			}
		default:
			chunk, taken = 3<<14, min(len(symbols), 7)
			for i, s := range symbols[:taken] {
				chunk |= uint16(s) << (12 - 2*i)
			}
		}
		b = binary.BigEndian.AppendUint16(b, chunk)
		symbols = symbols[taken:]
	}
	return b
}

package peer

import (
	"encoding/binary"
	"time"
)

const (
	// departureWindow is how many packets are remembered until the viewer says
	// when they came: seven seconds of a usual stream, and 0.4 s of the most that
	// a publisher may send, which is as long as a report on a bad network takes.
	departureWindow = 2048
	// arrivalsBegin is where in a report of arrivals its lists begin.
	arrivalsBegin = 20
)

// departures numbers the packets of all streams to a viewer, notes when each
// was sent, and finds in the viewer's reports when each came
// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
//
// What a report says is a stranger's word: it may name any number any number of
// times. Each packet counts once, and only when it has been sent.
type departures struct {
	epoch   time.Time
	next    uint16
	packets []departure // by number
	newest  uint16      // the number above the highest reported
	ticks   int64       // the last report's reference time, without wrap-arounds
	started bool
}

type departure struct {
	at     uint32 // microseconds since epoch, less wrap-arounds
	size   uint16 // bytes on the wire, 0 when nothing is expected of it any more
	number uint16
}

// arrival is what became of a packet.
type arrival struct {
	sent time.Duration // since the epoch of departures
	came time.Duration // since an epoch of the viewer's; negative when it did not
	size int
	// heard is when the viewer's word of it came, since the epoch of departures.
	heard time.Duration
}

// note takes a packet of so many bytes that is sent now, and returns its number.
func (d *departures) note(size int, at time.Time) (number uint16) {
	if d.packets == nil {
		d.epoch = at
		d.packets = make([]departure, departureWindow)
	}
	number = d.next
	d.next++
	d.packets[number%departureWindow] = departure{
		at:     uint32(at.Sub(d.epoch) / time.Microsecond),
		size:   uint16(min(size, 1<<16-1)),
		number: number,
	}
	return number
}

// read takes a report, an RTCP packet, and calls took for each packet that is
// heard of for the first time, or that came after all. It allocates nothing. A
// report that does not hold together is left where it breaks.
func (d *departures) read(b []byte, at time.Time, took func(arrival)) {
	if len(b) < arrivalsBegin || d.packets == nil {
		return
	}
	base, count := binary.BigEndian.Uint16(b[12:]), int(binary.BigEndian.Uint16(b[14:]))
	if count > departureWindow {
		return
	}
	var symbols [departureWindow]byte
	rest, ok := readSymbols(symbols[:count], b[arrivalsBegin:])
	if !ok {
		return
	}
	tick := d.reference(binary.BigEndian.Uint32(b[16:])>>8) * referenceTicks
	now := at.Sub(d.epoch)
	for i, s := range symbols[:count] {
		came := time.Duration(-1)
		switch {
		case s == 1 && len(rest) >= 1:
			tick += int64(rest[0])
			rest = rest[1:]
			came = time.Duration(tick) * arrivalTick
		case s == 2 && len(rest) >= 2:
			tick += int64(int16(binary.BigEndian.Uint16(rest)))
			rest = rest[2:]
			came = time.Duration(tick) * arrivalTick
		case s != 0:
			return
		}
		d.tell(base+uint16(i), came, now, took)
	}
}

// tell hears of a packet. One that did not come is told of once, and may still
// come.
func (d *departures) tell(number uint16, came, now time.Duration, took func(arrival)) {
	p := &d.packets[number%departureWindow]
	if p.number != number || p.size == 0 || d.next-number > departureWindow || d.next == number {
		return
	}
	first := !d.started || int16(number-d.newest) >= 0
	if first {
		d.newest, d.started = number+1, true
	}
	if came < 0 && !first {
		return
	}
	age := time.Duration(uint32(now/time.Microsecond)-p.at) * time.Microsecond
	took(arrival{sent: now - age, came: came, size: int(p.size), heard: now})
	if came >= 0 {
		p.size = 0
	}
}

// reference returns a report's reference time, of 24 bits, without
// wrap-arounds. It begins so that times stay positive.
func (d *departures) reference(ticks uint32) int64 {
	const span = 1 << 24
	if d.ticks == 0 {
		d.ticks = span + int64(ticks)
		return d.ticks
	}
	ahead := (int64(ticks) - d.ticks) & (span - 1)
	if ahead >= span/2 {
		ahead -= span
	}
	d.ticks = max(d.ticks+ahead, span)
	return d.ticks
}

// readSymbols unpacks the chunks of a report (§3.1.3, §3.1.4) into symbols, and
// returns what follows them.
func readSymbols(symbols, b []byte) (rest []byte, ok bool) {
	for len(symbols) > 0 {
		if len(b) < 2 {
			return nil, false
		}
		chunk := binary.BigEndian.Uint16(b)
		b = b[2:]
		n := 0
		switch chunk >> 14 {
		case 2:
			for n = 0; n < min(14, len(symbols)); n++ {
				symbols[n] = byte(chunk >> (13 - n) & 1)
			}
		case 3:
			for n = 0; n < min(7, len(symbols)); n++ {
				symbols[n] = byte(chunk >> (12 - 2*n) & 3)
			}
		default:
			n = min(int(chunk&0x1fff), len(symbols))
			if n == 0 {
				return nil, false // it would go on for ever
			}
			for i := range symbols[:n] {
				symbols[i] = byte(chunk >> 13 & 3)
			}
		}
		symbols = symbols[n:]
	}
	return b, true
}

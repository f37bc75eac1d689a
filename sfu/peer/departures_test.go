package peer

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"
)

// Whoever reads a report of ours finds in it what we noted, wherever numbers
// and times wrap.
func TestWhatIsReportedIsRead(t *testing.T) {
	for _, first := range []uint16{0, 1, 127, 32767, 32768, 65000, 65535} {
		chance := rand.New(rand.NewPCG(uint64(first), 1))
		d := departures{next: first}
		var a arrivals
		at := time.Unix(1_000_000, 0)
		epoch, sent, came := at, map[time.Duration]bool{}, 0
		base := time.Duration(-1)
		var expect []time.Duration
		for i := range 3000 {
			at = at.Add(time.Duration(chance.IntN(8000)) * time.Microsecond)
			number := d.note(1000, at)
			sent[at.Sub(epoch).Truncate(time.Microsecond)] = true
			if chance.IntN(10) > 0 || i == 0 {
				a.note(number, at.Add(30*time.Millisecond))
				expect = append(expect, at.Sub(epoch))
			}
			if i%50 != 49 {
				continue
			}
			for a.pending {
				report := a.report(1, 2)
				if report == nil {
					continue
				}
				for range 2 { // a report that comes twice counts once
					d.read(report, at.Add(50*time.Millisecond), func(r arrival) {
						if r.came < 0 {
							return
						}
						if r.size != 1000 {
							t.Fatalf("%d bytes", r.size)
						}
						if base < 0 {
							base = r.came - r.sent
						}
						if off := r.came - r.sent - base; off.Abs() > time.Millisecond {
							t.Fatalf("packet %d took %v more than the first", came, off)
						}
						came++
					})
				}
			}
		}
		if came != len(expect) {
			t.Errorf("from %d: %d packets came, want %d", first, came, len(expect))
		}
	}
}

func TestWhatWasNotSentIsNotHeardOf(t *testing.T) {
	var d departures
	at := time.Unix(1_000_000, 0)
	for range 10 {
		d.note(1000, at)
	}
	for _, base := range []uint16{10, 11, 2048, 65000} {
		report := make([]byte, arrivalsBegin, 64)
		binary.BigEndian.PutUint16(report[12:], base)
		binary.BigEndian.PutUint16(report[14:], 7)
		report = append(report, 0x20, 7, 1, 1, 1, 1, 1, 1, 1)
		d.read(report, at, func(a arrival) { t.Errorf("of %d to %d, one came: %+v", base, base+6, a) })
	}
}

// A packet that is reported lost first, and then as come, counts as both.
func TestAPacketThatComesAfterAll(t *testing.T) {
	var d departures
	var a arrivals
	at := time.Unix(1_000_000, 0)
	for range 3 {
		d.note(1000, at)
	}
	lost, came := 0, 0
	read := func() {
		for a.pending {
			if report := a.report(1, 2); report != nil {
				d.read(report, at, func(r arrival) {
					if r.came < 0 {
						lost++
					} else {
						came++
					}
				})
			}
		}
	}
	a.note(0, at)
	a.note(2, at)
	read()
	a.note(1, at.Add(time.Millisecond))
	read()
	if lost != 1 || came != 3 {
		t.Errorf("%d lost and %d came, want 1 and 3", lost, came)
	}
}

func FuzzReportsOfArrivals(f *testing.F) {
	var a arrivals
	for i := range uint16(40) {
		if i%3 != 0 {
			a.note(i, time.Unix(1000, int64(i)*1e7))
		}
	}
	f.Add(a.report(1, 2))
	f.Add([]byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0x3f, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		var d departures
		var e estimate
		at := time.Unix(1000, 0)
		for i := range 100 {
			d.note(i*20, at)
		}
		for range 3 {
			heard := 0
			at = at.Add(100 * time.Millisecond)
			d.read(b, at, func(r arrival) {
				heard++
				e.take(r)
			})
			if heard > 100 {
				t.Fatalf("heard of %d packets, sent 100", heard)
			}
			e.conclude(at)
			if e.limit != 0 && e.limit < estimateFloor {
				t.Fatalf("an estimate of %v", e.limit)
			}
		}
	})
}

func BenchmarkDepart(b *testing.B) {
	var x path
	b.ReportAllocs()
	for b.Loop() {
		x.depart(1, 1100, time.Now())
	}
}

func TestReportsCostNoMemory(t *testing.T) {
	var x path
	var a arrivals
	at := time.Unix(1_000_000, 0)
	for range 50 {
		a.note(x.depart(1, 1100, at), at)
	}
	report := a.report(1, 2)
	if n := testing.AllocsPerRun(100, func() {
		at = at.Add(time.Millisecond)
		x.depart(1, 1100, at)
		x.arrived(report, at)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

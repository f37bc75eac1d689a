package peer

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// edges are where 16-bit numbers break.
var edges = []uint16{0, 1, 127, 32767, 32768, 65534, 65535}

// told is what a sender learns from a report: the numbers of a range, and when
// they came, in ticks; absent if they did not.
type told struct {
	base  uint16
	count int
	at    map[uint16]int64
}

// readReport reads a report with another implementation.
func readReport(t testing.TB, b []byte) told {
	t.Helper()
	if len(b) > 1200 || len(b)%4 != 0 {
		t.Fatalf("a report of %d bytes", len(b))
	}
	var r rtcp.TransportLayerCC
	if err := r.Unmarshal(b); err != nil {
		t.Fatalf("%v in % x", err, b)
	}
	var symbols []uint16
	for _, c := range r.PacketChunks {
		switch c := c.(type) {
		case *rtcp.RunLengthChunk:
			for range c.RunLength {
				symbols = append(symbols, c.PacketStatusSymbol)
			}
		case *rtcp.StatusVectorChunk:
			symbols = append(symbols, c.SymbolList...)
		}
	}
	n := int(r.PacketStatusCount)
	if len(symbols) < n || len(symbols) >= n+14 {
		t.Fatalf("%d symbols of %d packets", len(symbols), n)
	}
	got := told{base: r.BaseSequenceNumber, count: n, at: map[uint16]int64{}}
	at, deltas := int64(r.ReferenceTime)*referenceTicks, r.RecvDeltas
	for i, s := range symbols[:n] {
		if s == rtcp.TypeTCCPacketNotReceived {
			continue
		}
		at += deltas[0].Delta / rtcp.TypeTCCDeltaScaleFactor
		deltas = deltas[1:]
		got.at[r.BaseSequenceNumber+uint16(i)] = at
	}
	if len(deltas) > 0 {
		t.Fatalf("%d times too many", len(deltas))
	}
	return got
}

// reports empties a.
func reports(t testing.TB, a *arrivals) []told {
	t.Helper()
	var all []told
	for a.pending {
		if b := a.report(1, 2); b != nil {
			all = append(all, readReport(t, b))
		}
		if len(all) > arrivalWindow {
			t.Fatal("reports without an end")
		}
	}
	return all
}

func TestArrivalsAreReported(t *testing.T) {
	// Offsets from the first number, and from the first time in milliseconds.
	type packet struct{ number, at int }
	var burst, sparse []packet
	for i := range 1500 {
		burst = append(burst, packet{i, i / 100})
		sparse = append(sparse, packet{i * 2, i * 70})
	}
	for name, c := range map[string]struct {
		packets []packet
		most    int // reports
	}{
		"one":                         {[]packet{{0, 0}}, 1},
		"all in a row":                {[]packet{{0, 0}, {1, 1}, {2, 1}, {3, 9}}, 1},
		"two lost":                    {[]packet{{0, 0}, {3, 5}, {4, 5}}, 1},
		"one after a while":           {[]packet{{0, 0}, {1, 63}, {2, 64 + 63}, {3, 400}, {4, 400}}, 1},
		"after ten seconds":           {[]packet{{0, 0}, {1, 10_000}, {2, 10_001}}, 2},
		"many lost":                   {[]packet{{0, 0}, {3000, 40}}, 1},
		"out of order":                {[]packet{{2, 0}, {1, 3}, {0, 4}, {3, 5}}, 1},
		"more than one report has":    {burst, 3},
		"every other one, far apart":  {sparse, 10},
		"more than can be remembered": {[]packet{{0, 0}, {5000, 1}, {5001, 2}}, 1},
	} {
		for _, start := range edges {
			t.Run(fmt.Sprint(name, " from ", start), func(t *testing.T) {
				var a arrivals
				began := time.Unix(1_000_000, 0)
				want := map[uint16]int64{}
				for i, p := range c.packets {
					number := start + uint16(p.number)
					if i > 0 && p.number-c.packets[i-1].number >= arrivalWindow {
						clear(want) // forgotten
					}
					a.note(number, began.Add(time.Duration(p.at)*time.Millisecond))
					want[number] = int64(p.at) * 4
				}
				all := reports(t, &a)
				if len(all) > c.most {
					t.Errorf("%d reports, want at most %d", len(all), c.most)
				}
				var zero int64
				seen := 0
				for i, r := range all {
					if i > 0 && r.base != all[i-1].base+uint16(all[i-1].count) {
						t.Errorf("a report of %d on follows one up to %d", r.base, all[i-1].base+uint16(all[i-1].count))
					}
					for number, at := range r.at {
						if seen == 0 {
							zero = at - want[number]
						}
						if _, ok := want[number]; !ok || at-zero != want[number] {
							t.Errorf("%d came at %d, want %d", number, at-zero, want[number])
						}
						seen++
					}
				}
				if seen != len(want) {
					t.Errorf("%d packets reported, want %d", seen, len(want))
				}
			})
		}
	}
}

// A packet that comes behind its report is reported, and once.
func TestALatePacketIsReported(t *testing.T) {
	for _, start := range edges {
		var a arrivals
		at := time.Unix(1_000_000, 0)
		for i := range uint16(10) {
			if i != 4 {
				a.note(start+i, at)
			}
		}
		reports(t, &a)
		a.note(start+4, at.Add(30*time.Millisecond))
		again := reports(t, &a)
		if len(again) != 1 || again[0].base != start+4 || len(again[0].at) != 6 {
			t.Errorf("from %d: reported %+v", start, again)
		}
		a.note(start+4, at.Add(40*time.Millisecond))
		if again := reports(t, &a); len(again) != 0 {
			t.Errorf("from %d: a second copy is reported: %+v", start, again)
		}
	}
}

// Whatever numbers are sent, reports can be read, tell nothing but what came,
// and leave out nothing that is in the window.
func FuzzArrivals(f *testing.F) {
	f.Add([]byte{0, 1, 0, 1, 0, 1, 1, 0, 4, 0xff, 0xff, 9, 0x7f, 0xff, 200})
	f.Add([]byte{0, 1, 0, 0x10, 0, 0, 0, 1, 255, 0xf0, 0, 3})
	f.Fuzz(func(t *testing.T, script []byte) {
		var a arrivals
		at, number := time.Unix(1_000_000, 0), uint16(0)
		came := map[uint16]bool{}
		for step := 0; len(script) >= 3; script, step = script[3:], step+1 {
			number += uint16(script[0])<<8 | uint16(script[1])
			at = at.Add(time.Duration(script[2]) * 100 * time.Microsecond)
			ahead := a.end != 0 && a.numbers.Resolve(number) >= a.end
			a.note(number, at)
			came[number] = true
			if step%5 != 4 {
				continue
			}
			found := !ahead
			for _, r := range reports(t, &a) {
				for n := range r.at {
					if !came[n] {
						t.Fatalf("%d did not come", n)
					}
				}
				_, ok := r.at[number]
				found = found || ok
			}
			if !found {
				t.Fatalf("%d came, and was not reported", number)
			}
		}
	})
}

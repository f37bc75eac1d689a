package peer

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// lossy is a clock and a stream whose losses are looked for.
type lossy struct {
	losses
	at    time.Time
	start uint16
	asked map[int][]time.Duration // by offset from start: how long after the first packet it was asked for
	rtt   time.Duration
	began time.Time
}

func newLossy(start uint16) *lossy {
	began := time.Unix(1_000_000, 0)
	return &lossy{losses: losses{repairs: true}, at: began, began: began, start: start, asked: map[int][]time.Duration{}}
}

// pass lets time pass, and asks when it is due.
func (l *lossy) pass(d time.Duration) {
	until := l.at.Add(d)
	for {
		ask, next := l.due(l.at, l.rtt)
		for _, n := range ask {
			offset := int(int16(n - l.start))
			l.asked[offset] = append(l.asked[offset], l.at.Sub(l.began))
		}
		if next.IsZero() || next.After(until) {
			break
		}
		l.at = next
	}
	l.at = until
}

// come notes packets by their offsets, a millisecond apart.
func (l *lossy) come(offsets ...int) {
	for _, o := range offsets {
		l.note(l.start+uint16(o), false, l.at)
		l.pass(time.Millisecond)
	}
}

func TestLostPacketsAreAskedFor(t *testing.T) {
	for _, start := range edges {
		t.Run(fmt.Sprint(start), func(t *testing.T) {
			l := newLossy(start)
			l.come(0, 1, 3, 4, 7)
			gap := 2 * time.Millisecond
			l.pass(15 * time.Millisecond)
			for _, o := range []int{2, 5, 6} {
				if len(l.asked[o]) != 1 || l.asked[o][0] > gap+20*time.Millisecond {
					t.Errorf("%d was asked for at %v, want once within 20 ms", o, l.asked[o])
				}
			}
			l.note(start+2, true, l.at) // sent again
			l.pass(time.Minute)
			if got := len(l.asked[2]); got != 1 {
				t.Errorf("2 was asked for %d times, but it had come", got)
			}
			for _, o := range []int{5, 6} {
				if got := l.asked[o]; len(got) != mostAsks {
					t.Errorf("%d was asked for at %v, want %d times", o, got, mostAsks)
				}
			}
			if len(l.asked) != 3 || l.needless != 0 || l.disorder != 0 {
				t.Errorf("asked for %v, %d needlessly", l.asked, l.needless)
			}
		})
	}
}

func TestPausesBetweenRequests(t *testing.T) {
	for _, rtt := range []time.Duration{0, 15 * time.Millisecond, 50 * time.Millisecond, 300 * time.Millisecond, 2 * time.Second} {
		l := newLossy(7)
		l.rtt = rtt
		l.come(0, 2)
		l.pass(time.Minute)
		asked := l.asked[1]
		if len(asked) != mostAsks {
			t.Errorf("round trip of %v: asked at %v", rtt, asked)
		}
		for i := 1; i < len(asked); i++ {
			if pause := asked[i] - asked[i-1]; pause < max(20*time.Millisecond, rtt) {
				t.Errorf("round trip of %v: a pause of %v", rtt, pause)
			}
		}
	}
}

func TestDisorderIsNotLoss(t *testing.T) {
	for name, offsets := range map[string][]int{
		"two changed":         {0, 2, 1, 3},
		"one three late":      {0, 2, 3, 4, 1, 5},
		"before the first":    {1, 0, 2},
		"twice the same":      {0, 1, 1, 2},
		"an old one":          {500, 0, 501},
		"one that is far off": {0, 1, 20_000, 2, 3, 40_000, 4},
	} {
		for _, start := range edges {
			l := newLossy(start)
			if name == "an old one" {
				offsets = []int{0, -500, 1}
			}
			l.come(offsets...)
			l.pass(time.Minute)
			if len(l.asked) > 0 || len(l.missing) > 0 {
				t.Errorf("%s, from %d: asked for %v", name, start, l.asked)
			}
		}
	}
}

// Where packets are out of order by more than we wait, the wait becomes longer,
// and shorter again when that is over.
func TestDisorderIsLearned(t *testing.T) {
	l := newLossy(100)
	late := func(first int, d time.Duration) {
		l.come(first, first+2)
		l.pass(d)
		l.come(first + 1)
	}
	late(0, 30*time.Millisecond)
	if len(l.asked[1]) == 0 || l.needless != 1 {
		t.Errorf("asked for %v, %d needlessly; want once for the first that is late", l.asked, l.needless)
	}
	for i := 3; i < 100; i += 3 {
		late(i, 30*time.Millisecond)
	}
	if l.needless != 1 {
		t.Errorf("%d needless requests, want 1 before it is learned", l.needless)
	}
	l.pass(2 * disorderKept)
	began := l.at.Sub(l.began)
	l.come(102, 104)
	l.pass(time.Second)
	if asked := l.asked[103]; len(asked) == 0 || asked[0]-began > 20*time.Millisecond {
		t.Errorf("in order again, at %v: asked at %v", began, asked)
	}
}

func TestWhatCannotBeRepaired(t *testing.T) {
	l := newLossy(65000)
	l.come(0, 2)
	l.pass(time.Minute)
	if !l.lostForGood() || l.lostForGood() {
		t.Error("a packet was given up, which is not said once")
	}
	l.come(3, 5, 6)
	l.keyFrame(l.start + 6)
	l.pass(time.Minute)
	if l.lostForGood() {
		t.Error("what was lost before a key frame matters")
	}
	l.come(8)
	l.pass(time.Minute)
	if !l.lostForGood() {
		t.Error("what was lost behind a key frame does not matter")
	}
}

func TestTheNumbersStartAnew(t *testing.T) {
	l := newLossy(10)
	l.come(0, 1, 3)
	l.come(30_000, 30_001, 30_003)
	l.pass(time.Minute)
	if len(l.asked) != 1 || len(l.asked[30_002]) != mostAsks {
		t.Errorf("asked for %v, want 30002 alone", l.asked)
	}
}

func TestALongGapIsGivenUp(t *testing.T) {
	l := newLossy(0)
	l.come(0, 2900)
	if len(l.missing) != mostMissing || !l.lostForGood() {
		t.Errorf("%d are missing, want %d and the others given up", len(l.missing), mostMissing)
	}
	l.pass(time.Second)
	if l.asked[2899] == nil || l.asked[2900-mostMissing] == nil || len(l.asked) != mostMissing {
		t.Errorf("asked for %d packets", len(l.asked))
	}
	for i := range 3000 {
		l.come(2901 + 2*i)
	}
	if len(l.missing) > mostMissing {
		t.Errorf("%d are missing, want at most %d", len(l.missing), mostMissing)
	}
}

// Whatever numbers come: what is remembered is bounded and in order, no packet
// is asked for too often or too soon, and none that has come.
func FuzzLosses(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 3, 5, 1, 255, 9, 0, 2, 30})
	f.Add([]byte{0, 1, 0, 0x20, 0, 4, 0x20, 1, 4, 0, 1, 200, 0xfe, 0, 10, 1, 0, 255})
	f.Fuzz(func(t *testing.T, script []byte) {
		const rtt = 30 * time.Millisecond
		script = script[:min(len(script), 900)]
		l := losses{repairs: len(script)%2 == 0}
		at, number := time.Unix(1_000_000, 0), uint16(65000)
		last := map[uint64]time.Time{}
		for ; len(script) >= 3; script = script[3:] {
			number += uint16(script[0])<<8 | uint16(script[1])
			at = at.Add(time.Duration(script[2]) * time.Millisecond)
			l.note(number, script[2]%3 == 0, at)
			if script[2]%7 == 0 {
				l.keyFrame(number)
			}
			if len(l.missing) > mostMissing || !slices.IsSortedFunc(l.missing, func(a, b missing) int { return int(int64(a.number - b.number)) }) {
				t.Fatalf("%d are missing: %v", len(l.missing), l.missing)
			}
			before := map[uint64]int{}
			for _, m := range l.missing {
				before[m.number] = m.asks
			}
			ask, next := l.due(at, rtt)
			if len(l.missing) > 0 && !next.After(at) {
				t.Fatal("due again at once")
			}
			for _, m := range l.missing {
				if before[m.number] == m.asks {
					continue
				}
				if m.asks > mostAsks || at.Sub(last[m.number]) < rtt {
					t.Fatalf("%d is asked for the %d. time after %v", m.number, m.asks, at.Sub(last[m.number]))
				}
				if !slices.Contains(ask, uint16(m.number)) {
					t.Fatalf("%d is not asked for", m.number)
				}
				last[m.number] = at
			}
		}
	})
}

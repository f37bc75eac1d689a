package rewrite

import (
	"fmt"
	"testing"
)

type out struct {
	seq uint16
	ts  uint32
}

func next(t *testing.T, r *Rewriter, index uint64, ts uint32) out {
	t.Helper()
	seq, outTS, ok := r.Next(index, ts)
	if !ok {
		t.Fatalf("Next(%d) has no place", index)
	}
	return out{seq, outTS}
}

func TestContinuousAcrossASwitch(t *testing.T) {
	for _, start := range []uint16{0, 1, 127, 32767, 32768, 65534, 65535} {
		for _, incoming := range []uint64{1 << 32, 1<<32 + 65535} {
			t.Run(fmt.Sprint(start, incoming), func(t *testing.T) {
				r := New(start, 0xfffffff0)
				r.Switch(1, incoming, 7000, 0)
				if got, want := next(t, r, incoming, 7000), (out{start, 0xfffffff0}); got != want {
					t.Errorf("first = %v, want %v", got, want)
				}
				if got, want := next(t, r, incoming+1, 10000), (out{start + 1, 0xfffffff0 + 3000 - 1<<32}); got != want {
					t.Errorf("second = %v, want %v", got, want)
				}
				r.Switch(2, 1<<33, 500, 90000)
				if got, want := next(t, r, 1<<33, 500), (out{start + 2, 0xfffffff0 + 93000 - 1<<32}); got != want {
					t.Errorf("after the switch = %v, want %v", got, want)
				}
				for seq, want := range map[uint16]struct {
					run     uint32
					index   uint64
					in, out uint32
				}{
					start:     {1, incoming, 7000, 0xfffffff0},
					start + 1: {1, incoming + 1, 10000, 0xfffffff0 + 3000 - 1<<32},
					start + 2: {2, 1 << 33, 500, 0xfffffff0 + 93000 - 1<<32},
				} {
					got, ok := r.Reverse(seq)
					if !ok || got.Run != want.run || got.Index != want.index || got.Timestamp(want.in) != want.out {
						t.Errorf("Reverse(%d) = %v %v, want %v", seq, got, ok, want)
					}
				}
				if got, ok := r.Reverse(start + 3); ok {
					t.Errorf("Reverse of a number not used = %v", got)
				}
				if got, ok := r.Reverse(start - 1); ok {
					t.Errorf("Reverse of a number before the first = %v", got)
				}
			})
		}
	}
}

func TestALateOldPacketHasNoPlaceAfterASwitch(t *testing.T) {
	r := New(10, 0)
	r.Switch(1, 100, 0, 0)
	next(t, r, 100, 0)
	r.Switch(2, 500, 0, 1)
	if seq, _, ok := r.Next(499, 0); ok {
		t.Errorf("a packet from before the switch got number %d", seq)
	}
}

func TestLossIsKeptAndSkipsAreHidden(t *testing.T) {
	r := New(0, 0)
	r.Switch(1, 100, 0, 0)
	next(t, r, 100, 0)
	r.Skip(101)
	r.Skip(102)
	if got := next(t, r, 103, 0); got.seq != 1 {
		t.Errorf("after two skips = %d, want 1", got.seq)
	}
	if got := next(t, r, 105, 0); got.seq != 3 {
		t.Errorf("after a loss = %d, want 3", got.seq)
	}
	if got := next(t, r, 104, 0); got.seq != 2 {
		t.Errorf("the lost one, late = %d, want 2", got.seq)
	}
	for _, skipped := range []uint64{101, 102} {
		if seq, _, ok := r.Next(skipped, 0); ok {
			t.Errorf("the skipped %d got number %d", skipped, seq)
		}
	}
	if got := next(t, r, 100, 0); got.seq != 0 {
		t.Errorf("the first again = %d, want 0", got.seq)
	}
}

func TestSkipAfterALossKeepsTheLoss(t *testing.T) {
	r := New(0, 0)
	r.Switch(1, 100, 0, 0)
	next(t, r, 100, 0)
	r.Skip(103) // 101 and 102 were lost
	if got := next(t, r, 104, 0); got.seq != 3 {
		t.Errorf("after = %d, want 3", got.seq)
	}
	if origin, ok := r.Reverse(2); !ok || origin.Index != 102 {
		t.Errorf("Reverse(2) = %v %v, want 102", origin, ok)
	}
	if got := next(t, r, 102, 0); got.seq != 2 {
		t.Errorf("the lost one, late = %d, want 2", got.seq)
	}
}

func TestPaceMakesTimePassFaster(t *testing.T) {
	r := New(0, 1000)
	at := uint32(0xfffff000)
	r.Switch(1, 100, at, 0)
	r.Pace(100, at, 10)
	for i := range uint64(5) {
		if got, want := next(t, r, 100+i, at+uint32(i)*3000), (out{uint16(i), 1000 + uint32(i)*300}); got != want {
			t.Errorf("packet %d at ten times the pace = %v, want %v", i, got, want)
		}
	}
	r.Pace(105, at+5*3000, 1)
	for i := range uint64(5) {
		if got, want := next(t, r, 105+i, at+uint32(5+i)*3000), (out{uint16(5 + i), 2500 + uint32(i)*3000}); got != want {
			t.Errorf("packet %d at the old pace = %v, want %v", 5+i, got, want)
		}
	}
	if origin, ok := r.Reverse(3); !ok || origin.Index != 103 || origin.Timestamp(at+3*3000) != 1900 {
		t.Errorf("Reverse(3) = %v %v", origin, ok)
	}
	if got := next(t, r, 102, at+2*3000); got != (out{2, 1600}) {
		t.Errorf("a late packet of the fast part = %v", got)
	}
}

func TestLatePacketsBetweenSkips(t *testing.T) {
	r := New(0, 0)
	r.Switch(1, 1000, 0, 0)
	next(t, r, 1000, 0)
	r.Skip(1001)
	r.Skip(1004) // 1002 and 1003 are late
	if got := next(t, r, 1005, 0); got.seq != 3 {
		t.Errorf("1005 = %d, want 3", got.seq)
	}
	for i := range uint64(2) {
		if got := next(t, r, 1002+i, 0); got.seq != uint16(1+i) {
			t.Errorf("late %d = %d, want %d", 1002+i, got.seq, 1+i)
		}
		if origin, ok := r.Reverse(uint16(1 + i)); !ok || origin.Index != 1002+i {
			t.Errorf("Reverse(%d) = %d %v, want %d", 1+i, origin.Index, ok, 1002+i)
		}
	}
}

func TestSkipAtTheStart(t *testing.T) {
	r := New(5, 0)
	r.Switch(1, 100, 0, 0)
	r.Skip(100)
	if got := next(t, r, 101, 0); got.seq != 5 {
		t.Errorf("first = %d, want 5", got.seq)
	}
}

func TestNothingBeforeTheFirstSwitch(t *testing.T) {
	r := New(0, 0)
	r.Skip(1)
	if _, _, ok := r.Next(1, 0); ok {
		t.Error("a packet before the first switch has a place")
	}
	if _, ok := r.Reverse(0); ok {
		t.Error("Reverse before the first packet found something")
	}
}

// FuzzNumbersStayUniqueAndReversible runs scripts of arrivals, losses, skips,
// late packets and switches.
func FuzzNumbersStayUniqueAndReversible(f *testing.F) {
	f.Add([]byte{0, 0, 1, 2, 3, 4, 0, 1, 0})
	f.Add([]byte{2, 2, 2, 0, 3, 0, 3, 1, 0, 4, 2, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		r := New(65530, 0xffffff00)
		run, index := uint32(1), uint64(1<<32)
		r.Switch(run, index, 0, 0)
		used := map[uint16]Origin{}
		newest, sent := uint16(65529), false
		for step, op := range script {
			if step > 30_000 {
				return // the 16-bit numbers come round
			}
			switch op % 6 {
			case 0: // the next packet
				seq, _, ok := r.Next(index, uint32(step))
				if !ok {
					t.Fatalf("step %d: packet %d has no place", step, index)
				}
				if int16(seq-newest) <= 0 {
					t.Fatalf("step %d: %d does not follow %d", step, seq, newest)
				}
				origin := Origin{Run: run, Index: index}
				used[seq], newest, sent = origin, seq, true
				index++
			case 1: // lost
				index++
			case 2:
				r.Skip(index)
				index++
			case 3: // a late one
				late := index - 1 - uint64(op/5)%8
				if seq, _, ok := r.Next(late, 0); ok {
					if before, taken := used[seq]; taken && (before.Index != late || before.Run != run) {
						t.Fatalf("step %d: late %d got %d, which was %v", step, late, seq, before)
					}
					used[seq] = Origin{Run: run, Index: late}
				}
				index = max(index, late+1)
			case 5:
				r.Pace(index, uint32(step), 1+uint32(op)/6%10)
			case 4:
				run++
				index += 1 << 20
				r.Switch(run, index, uint32(op), uint32(op))
			}
			if sent {
				if got, ok := r.Reverse(newest); ok && (got.Index != used[newest].Index || got.Run != used[newest].Run) {
					t.Fatalf("step %d: Reverse(%d) = %v, want %v", step, newest, got, used[newest])
				}
			}
		}
	})
}

func BenchmarkNext(b *testing.B) {
	r := New(0, 0)
	r.Switch(1, 0, 0, 0)
	b.ReportAllocs()
	for i := range b.N {
		r.Next(uint64(i), uint32(i))
	}
}

package seq

import (
	"fmt"
	"testing"
)

func TestUnwrapFromTheEdges(t *testing.T) {
	for _, start := range []uint16{0, 1, 127, 32767, 32768, 65534, 65535} {
		t.Run(fmt.Sprint(start), func(t *testing.T) {
			var u Unwrapper[uint16]
			first := u.Next(start)
			for _, step := range []struct {
				by   int
				want int
			}{{1, 1}, {2, 2}, {1, 1}, {0, 0}, {3000, 3000}, {2999, 2999}, {35000, 35000}, {67000, 67000}, {67000 - 32000, 67000 - 32000}} {
				if got, want := u.Next(start+uint16(step.by)), first+uint64(step.want); got != want {
					t.Fatalf("Next(start%+d) = first%+d, want first%+d", step.by, int64(got-first), step.want)
				}
			}
		})
	}
}

func TestUnwrapBeforeTheFirst(t *testing.T) {
	var u Unwrapper[uint16]
	first := u.Next(0)
	if got := u.Next(65535); got != first-1 {
		t.Errorf("the packet before the first = %d, want %d", got, first-1)
	}
}

func TestUnwrapTimestamps(t *testing.T) {
	var u Unwrapper[uint32]
	first := u.Next(0xffffff00)
	if got := u.Next(0x100); got != first+0x200 {
		t.Errorf("across the wrap = first+%#x, want first+0x200", got-first)
	}
}

func TestRestartGoesOnAbove(t *testing.T) {
	for _, v := range []uint16{0, 1, 65535} {
		var u Unwrapper[uint16]
		before := u.Next(65535) + 65535
		u.Next(32766)
		after := u.Restart(v)
		if after <= before || uint16(after) != v {
			t.Errorf("Restart(%d) = %d, want above %d and congruent", v, after, before)
		}
		if got := u.Next(v + 1); got != after+1 {
			t.Errorf("the next = %d, want %d", got, after+1)
		}
	}
}

func TestResolveLearnsNothing(t *testing.T) {
	var u Unwrapper[uint16]
	first := u.Next(10)
	if got := u.Resolve(30010); got != first+30000 {
		t.Errorf("Resolve = %d, want %d", got, first+30000)
	}
	if got := u.Next(9); got != first-1 {
		t.Errorf("Next after Resolve = %d, want %d", got, first-1)
	}
}

func FuzzUnwrapIsCongruentAndNear(f *testing.F) {
	f.Add([]byte{0, 0, 255, 255, 128, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		var u Unwrapper[uint16]
		var highest uint64
		for ; len(script) >= 2; script = script[2:] {
			v := uint16(script[0])<<8 | uint16(script[1])
			got := u.Next(v)
			if uint16(got) != v {
				t.Fatalf("Next(%d) = %d, not congruent", v, got)
			}
			if highest != 0 && int64(got-highest) > 32767 {
				t.Fatalf("Next(%d) moved by %d", v, int64(got-highest))
			}
			highest = max(highest, got)
		}
	})
}

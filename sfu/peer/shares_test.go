package peer

import (
	"slices"
	"testing"
)

func TestTheFirstSeatIsFedFirst(t *testing.T) {
	none := need{}
	for _, c := range []struct {
		name  string
		total uint64
		first bool
		needs []need
		want  []uint64
	}{
		{"nobody sends", 1000, true, []need{none, none}, []uint64{1000, 1000}},
		{"one camera has all", 1000, true, []need{none, {true, 500}}, []uint64{500, 1000}},
		{"the screen before the cameras", 1000, true, []need{{true, 1000}, {true, 500}, {true, 500}}, []uint64{1000, 1, 1}},
		{"the cameras get what the screen leaves", 2000, true, []need{{true, 1000}, {true, 500}, {true, 500}}, []uint64{1300, 350, 350}},
		{"there is enough for all", 4000, true, []need{{true, 1000}, {true, 500}, {true, 500}}, []uint64{1300 + 466, 650 + 466, 650 + 466}},
		{"a small camera leaves to a large one", 1000, true, []need{none, {true, 100}, {true, 2000}}, []uint64{333, 130, 870}},
		{"no priority", 900, false, []need{{true, 2000}, {true, 2000}, {true, 2000}}, []uint64{300, 300, 300}},
		{"a screen that has just begun", 1000, true, []need{{true, 0}, {true, 500}}, []uint64{1000, 1}},
		{"a camera that has just begun", 1_000_000, true, []need{none, {true, 0}, {true, 100_000}}, []uint64{333_333, 400_000 + 235_000, 130_000 + 235_000}},
		{"nothing", 0, true, []need{{true, 5}, {true, 5}}, []uint64{1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := share(c.total, c.needs, c.first); !slices.Equal(got, c.want) {
				t.Errorf("shares %v, want %v", got, c.want)
			}
		})
	}
}

// Nobody gets 0, which would be no limit, and those who send get no more than
// there is, but for what keeps nobody at 0.
func FuzzShare(f *testing.F) {
	f.Add(uint64(1000), true, []byte{1, 200, 0, 30, 1, 4})
	f.Fuzz(func(t *testing.T, total uint64, first bool, b []byte) {
		total %= 1 << 40
		var needs []need
		for i := 0; i+1 < len(b) && len(needs) < maxSeats; i += 2 {
			needs = append(needs, need{b[i]&1 == 1, uint64(b[i+1]) << (b[i] >> 2 % 32)})
		}
		sum := uint64(0)
		for i, s := range share(total, needs, first) {
			if s == 0 {
				t.Errorf("seat %d has no limit", i)
			}
			if needs[i].active {
				sum += s
			}
		}
		if sum > total+maxSeats {
			t.Errorf("%d of %d were shared out", sum, total)
		}
	})
}

package bench

import (
	"fmt"
	"testing"
)

func TestTallyCountsAcrossTheWrap(t *testing.T) {
	for _, c := range []struct {
		name   string
		offset []int // from the first number, in the order of coming
		want   Counts
	}{
		{"in order", []int{0, 1, 2, 3}, Counts{Packets: 4}},
		{"one lost", []int{0, 1, 3}, Counts{Packets: 3, Lost: 1, Gaps: 1}},
		{"two together and one alone lost", []int{0, 3, 4, 6}, Counts{Packets: 4, Lost: 3, Gaps: 2}},
		{"late", []int{0, 2, 1, 3}, Counts{Packets: 4, Gaps: 1}},
		{"before the first", []int{0, -1, 1}, Counts{Packets: 3}},
		{"long before the first", []int{0, -3, 1}, Counts{Packets: 3, Lost: 2}},
		{"twice", []int{0, 1, 1, 2, 0}, Counts{Packets: 5, Duplicates: 2}},
		{"twice, with one lost", []int{0, 2, 2, 3}, Counts{Packets: 4, Lost: 1, Gaps: 1, Duplicates: 1}},
		{"much lost", []int{0, maxDropout}, Counts{Packets: 2, Lost: maxDropout - 1, Gaps: 1}},
		{"numbers from elsewhere, ahead", []int{0, 2, maxDropout + 10, maxDropout + 11}, Counts{Packets: 4, Lost: 1, Gaps: 1}},
		{"too late", []int{0, seenWindow + 1, 0}, Counts{Packets: 3, Lost: seenWindow, Gaps: 1, Duplicates: 1}},
		{"numbers from elsewhere, behind", []int{0, 1, -20000, -19999, -19998}, Counts{Packets: 5, Duplicates: 1}},
	} {
		for _, first := range []uint16{0, 1, 127, 32767, 32768, 65534, 65535} {
			t.Run(fmt.Sprintf("%s from %d", c.name, first), func(t *testing.T) {
				var got tally
				for _, offset := range c.offset {
					got.add(first+uint16(offset), 100)
				}
				c.want.Bytes = int64(100 * len(c.offset))
				if got.counts() != c.want {
					t.Errorf("got %+v, want %+v", got.counts(), c.want)
				}
			})
		}
	}
}

func TestTallyOfManyRounds(t *testing.T) {
	var got tally
	var number uint16 = 65000
	for i := range 300_000 {
		if i%100 != 7 {
			got.add(number, 1)
		}
		number++
	}
	if want := (Counts{Packets: 297_000, Bytes: 297_000, Lost: 3000, Gaps: 3000}); got.counts() != want {
		t.Errorf("got %+v, want %+v", got.counts(), want)
	}
}

func FuzzTally(f *testing.F) {
	f.Add([]byte{0, 1, 0, 2, 255, 255})
	f.Fuzz(func(t *testing.T, numbers []byte) {
		var got tally
		for ; len(numbers) > 1; numbers = numbers[2:] {
			got.add(uint16(numbers[0])<<8|uint16(numbers[1]), 1)
			if c := got.counts(); c.Lost < 0 || c.Duplicates > c.Packets {
				t.Fatalf("%+v", c)
			}
		}
	})
}

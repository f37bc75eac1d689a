package h264

import (
	"fmt"
	"slices"
	"testing"
)

// tiny is a stream whose frame numbers wrap around at 16.
func tiny(references int) *SPS {
	return &SPS{References: references, frameNumBits: 4, framesOnly: true, order: orderRule{lsbBits: 4}}
}

// bufferOf holds short-term pictures, numbered as their frames are.
func bufferOf(numbers ...uint32) buffer {
	var b buffer
	for _, n := range numbers {
		b.frames = append(b.frames, frame{picture: int(n), number: n})
		b.previous = n
	}
	return b
}

func (b *buffer) pictures() []int {
	var all []int
	for _, f := range b.frames {
		all = append(all, f.picture)
	}
	return all
}

// Pictures are named by the distance of their numbers, wherever those wrap
// around.
func TestReferenceListsAfterWraparound(t *testing.T) {
	for _, start := range []uint32{0, 1, 7, 12, 13, 14, 15} {
		t.Run(fmt.Sprint(start), func(t *testing.T) {
			number := func(i uint32) uint32 { return (start + i) % 16 }
			picture := func(is ...uint32) []int {
				var all []int
				for _, i := range is {
					all = append(all, int(number(i)))
				}
				return all
			}
			b := bufferOf(number(0), number(1), number(2))
			b.frames = append(b.frames, frame{picture: 99, long: true, index: 0})
			for _, test := range []struct {
				name    string
				active  int
				changes []change
				want    []int
			}{
				{"the nearest first, long-term last", 4, nil, append(picture(2, 1, 0), 99)},
				{"cut", 2, nil, picture(2, 1)},
				{"longer than the buffer", 5, nil, append(picture(2, 1, 0), 99, missing)},
				{"one to the front", 3, []change{{0, 2}}, picture(0, 2, 1)},
				{"two to the front", 3, []change{{0, 2}, {1, 0}}, picture(0, 1, 2)},
				{"one twice", 3, []change{{0, 0}, {0, 15}}, picture(2, 2, 1)},
				{"long-term to the front", 2, []change{{2, 0}}, append([]int{99}, picture(2)...)},
				{"one that is not there", 2, []change{{0, 9}}, nil},
				{"a long-term one that is not there", 2, []change{{2, 3}}, nil},
				{"more changes than entries", 1, []change{{0, 0}, {0, 0}}, nil},
			} {
				s := slice{sps: tiny(4), frameNum: number(3), kind: sliceP, active: [2]int{test.active}, changes: [2][]change{test.changes}}
				got, ok := b.list(&s)
				if ok != (test.want != nil) || !slices.Equal(got, test.want) {
					t.Errorf("%s: %v, %v, want %v", test.name, got, ok, test.want)
				}
			}
		})
	}
}

func TestMarkingAfterWraparound(t *testing.T) {
	for _, start := range []uint32{0, 1, 12, 13, 14, 15} {
		t.Run(fmt.Sprint(start), func(t *testing.T) {
			number := func(i uint32) uint32 { return (start + i) % 16 }
			for _, test := range []struct {
				name       string
				references int
				commands   []command
				want       []uint32 // distances from start; 3 is the current picture
				fails      bool
			}{
				{"room", 4, nil, []uint32{0, 1, 2, 3}, false},
				{"sliding window", 3, nil, []uint32{1, 2, 3}, false},
				{"one reference", 1, nil, []uint32{3}, false},
				{"one taken out", 4, []command{{1, 1, 0}}, []uint32{0, 2, 3}, false},
				{"one that is not there", 4, []command{{1, 7, 0}}, []uint32{0, 1, 2, 3}, true},
				{"one made long-term and taken out", 4, []command{{3, 0, 5}, {2, 5, 0}}, []uint32{0, 1, 3}, false},
				{"one made long-term in the place of another", 4, []command{{3, 0, 5}, {3, 1, 5}}, []uint32{0, 1, 3}, false},
				{"no long-term one may stay", 4, []command{{3, 0, 5}, {4, 0, 0}}, []uint32{0, 1, 3}, false},
				{"the current one long-term", 4, []command{{6, 0, 0}}, []uint32{0, 1, 2, 3}, false},
				{"all taken out", 4, []command{{5, 0, 0}}, []uint32{3}, false},
			} {
				b := bufferOf(number(0), number(1), number(2))
				s := slice{sps: tiny(test.references), frameNum: number(3), reference: true, marking: marking{adaptive: test.commands != nil, commands: test.commands}}
				ok := b.mark(&s, int(number(3)), 0)
				var want []int
				for _, i := range test.want {
					want = append(want, int(number(i)))
				}
				if got := b.pictures(); !slices.Equal(got, want) || ok == test.fails {
					t.Errorf("%s: %v, %v, want %v", test.name, got, ok, want)
				}
			}
		})
	}
}

func TestGapsTakePlacesInTheBuffer(t *testing.T) {
	for _, start := range []uint32{0, 11, 12, 13, 14, 15} {
		for _, test := range []struct {
			gap  uint32
			want []int // distances from start, or missing
		}{
			{0, []int{0, 1, 2}}, {1, []int{1, 2, missing}}, {2, []int{2, missing, missing}}, {3, []int{missing, missing, missing}}, {12, []int{missing, missing, missing}},
		} {
			b := bufferOf(start, (start+1)%16, (start+2)%16)
			s := slice{sps: tiny(3), frameNum: (start + 3 + test.gap) % 16}
			b.fill(&s)
			want := slices.Clone(test.want)
			for i, w := range want {
				if w != missing {
					want[i] = int(start+uint32(w)) % 16
				}
			}
			if got := b.pictures(); !slices.Equal(got, want) {
				t.Errorf("%d missing behind %d: %v, want %v", test.gap, (start+2)%16, got, want)
			}
			before := len(b.frames)
			if b.fill(&s); len(b.frames) != before {
				t.Errorf("%d missing behind %d are filled in twice", test.gap, (start+2)%16)
			}
		}
	}
}

func TestPicturesAreShownInTheirOrder(t *testing.T) {
	type picture struct {
		number, lsb uint32
		reference   bool
		at          int64
	}
	for _, test := range []struct {
		name     string
		rule     orderRule
		pictures []picture
	}{
		{"type 0, around", orderRule{lsbBits: 4}, []picture{
			{0, 0, true, 0}, {1, 6, true, 6}, {2, 4, false, 4}, {2, 12, true, 12}, {3, 10, false, 10}, {3, 2, true, 18}, {4, 0, false, 16}, {4, 15, false, 15}, {4, 8, true, 24},
		}},
		{"type 2, around", orderRule{kind: 2}, []picture{
			{0, 0, true, 0}, {1, 0, true, 2}, {2, 0, false, 3}, {2, 0, true, 4}, {15, 0, true, 30}, {0, 0, true, 32}, {1, 0, false, 33},
		}},
		{"type 1, around", orderRule{kind: 1, alwaysZero: true, nonReference: -1, cycle: []int32{2, 4}}, []picture{
			{0, 0, true, 0}, {1, 0, true, 2}, {2, 0, false, 1}, {2, 0, true, 6}, {3, 0, true, 8}, {15, 0, true, 44}, {0, 0, true, 48},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var o order
			sps := tiny(4)
			sps.order = test.rule
			for i, p := range test.pictures {
				s := slice{sps: sps, idr: i == 0, reference: p.reference, frameNum: p.number, lsb: p.lsb}
				if got := o.next(&s); got != p.at {
					t.Errorf("picture %d at %d, want %d", i, got, p.at)
				}
			}
			reset := slice{sps: sps, reference: true, frameNum: 5, lsb: 3, marking: marking{adaptive: true, commands: []command{{operation: 5}}}}
			o.next(&reset)
			after := slice{sps: sps, reference: true, frameNum: 1, lsb: 2}
			if got := o.next(&after); got != 2 {
				t.Errorf("behind a picture that begins anew: at %d, want 2", got)
			}
		})
	}
}

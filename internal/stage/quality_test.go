package stage

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestQualityIsToldWithPatience(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		scores string // one a second: g, f, p
		want   []string
	}{
		{"good from the first", "gggggg", []string{"0 good"}},
		{"a bad moment", "gggppgggggg", []string{"0 good"}},
		{"it gets worse", "ggppppppppp", []string{"0 good", "7 poor"}},
		{"worse by turns", "ggfpfpfpfp", []string{"0 good", "7 poor"}},
		{"it gets better", "gfffffffggggggggggggg", []string{"0 good", "6 fair", "18 good"}},
		{"not for long", "gfffffffggggggfgggggg", []string{"0 good", "6 fair"}},
		{"from fair to poor", "gfffffffpppppp", []string{"0 good", "6 fair", "13 poor"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var g gauge
			var got []string
			for i, s := range c.scores {
				now := map[rune]score{'g': good, 'f': fair, 'p': poor}[s]
				if g.take(start.Add(time.Duration(i)*time.Second), now) {
					got = append(got, fmt.Sprint(i, " ", now))
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("told %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatIsLostOnTheWayUp(t *testing.T) {
	for _, c := range []struct {
		expected, received uint64
		want               score
	}{
		{1000, 1000, good},
		{1000, 980, good},
		{1000, 960, fair},
		{1000, 850, poor},
		{10, 1, good},      // too few to tell
		{1000, 1010, good}, // some came twice
	} {
		x := travel{expected: 500, received: 500}
		if got := x.upward(500+c.expected, 500+c.received); got != c.want {
			t.Errorf("%d of %d came: %s, want %s", c.received, c.expected, got, c.want)
		}
	}
	x := travel{expected: 5000, received: 5000}
	if got := x.upward(100, 50); got != good {
		t.Errorf("another connection: %s", got)
	}
}

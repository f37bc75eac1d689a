package sfu

import "testing"

func TestNoLargerLayerThanItIsShown(t *testing.T) {
	small, middle, large := &Track{}, &Track{}, &Track{}
	rungs := []rung{{track: small, area: 320 * 180}, {track: middle, area: 640 * 360}, {track: large, area: 1280 * 720}}
	for _, c := range []struct {
		width, height int
		want          *Track
	}{
		{0, 0, large},
		{160, 90, small},
		{320, 180, small},
		{400, 225, small}, // stretched by a quarter
		{480, 270, middle},
		{640, 360, middle},
		{1000, 600, large},
		{4000, 3000, large},
		{-5, 1 << 30, large},
	} {
		s := &Subscription{}
		s.SetSize(c.width, c.height)
		if got := enough(rungs, s.area.Load()); got[len(got)-1].track != c.want {
			t.Errorf("%d × %d: %d layers", c.width, c.height, len(got))
		}
	}
}

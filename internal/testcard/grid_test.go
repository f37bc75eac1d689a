package testcard

import (
	"testing"
	"time"
)

func TestStepsBeginAtFullSeconds(t *testing.T) {
	day := time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
	for _, g := range []grid{videoGrid, audioGrid} {
		for _, second := range []time.Time{time.Unix(0, 0), time.Unix(1, 0), day, day.Add(time.Second), time.Unix(1<<33, 0)} {
			n := g.after(second)
			if before := g.begin(n - 1); !before.Equal(second) {
				t.Errorf("%d a second: the step before %v begins at %v", g.perSecond, second, before)
			}
			if last := g.after(second.Add(-time.Nanosecond)); last != n-1 {
				t.Errorf("%d a second: step %d follows the end of a second, want %d", g.perSecond, last, n-1)
			}
			if full := g.after(second.Add(time.Second)); full != n+g.perSecond {
				t.Errorf("%d a second: %d steps in a second", g.perSecond, full-n)
			}
			for i := range g.perSecond {
				if got := g.after(g.begin(n + i)); got != n+i+1 {
					t.Errorf("%d a second: step %d follows the beginning of step %d", g.perSecond, got, n+i)
				}
			}
			if got, want := g.timestamp(n+g.perSecond)-g.timestamp(n), uint32(g.clockRate); got != want {
				t.Errorf("%d a second: timestamps advance by %d in a second, want %d", g.perSecond, got, want)
			}
		}
	}
}

package histogram_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"lectern/internal/histogram"
)

func TestDurationsFallIntoTheirBuckets(t *testing.T) {
	for _, c := range []struct {
		name string
		d    time.Duration
		want []uint64
	}{
		{"nothing", 0, []uint64{1, 0, 0}},
		{"less than nothing", -time.Hour, []uint64{1, 0, 0}},
		{"a bound is in its bucket", 10 * time.Millisecond, []uint64{1, 0, 0}},
		{"just more", 10*time.Millisecond + 1, []uint64{0, 1, 0}},
		{"the last bound", time.Second, []uint64{0, 1, 0}},
		{"more than all", time.Hour, []uint64{0, 0, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := histogram.New(10*time.Millisecond, time.Second)
			h.Observe(c.d)
			s := h.Snapshot()
			if !slices.Equal(s.Counts, c.want) || s.Sum != max(c.d, 0) || s.Count() != 1 {
				t.Errorf("%d of them, %v in sum, in buckets %v, want %v", s.Count(), s.Sum, s.Counts, c.want)
			}
		})
	}
}

func TestManyObserveAtOnce(t *testing.T) {
	h := histogram.New(histogram.Waits()...)
	var observing sync.WaitGroup
	for i := range 4 {
		observing.Go(func() {
			for range 1000 {
				h.Observe(time.Duration(i) * 100 * time.Millisecond)
			}
		})
	}
	observing.Wait()
	if s := h.Snapshot(); s.Count() != 4000 || s.Sum != 600*time.Second {
		t.Errorf("%d observations, %v in sum", s.Count(), s.Sum)
	}
}

func TestToObserveNeedsNoMemory(t *testing.T) {
	h := histogram.New(histogram.Waits()...)
	if n := testing.AllocsPerRun(100, func() { h.Observe(time.Second) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	var nobody *histogram.Histogram
	nobody.Observe(time.Second)
}

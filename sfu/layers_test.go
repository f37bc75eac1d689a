package sfu

import (
	"fmt"
	"testing"
	"time"
)

// three are the layers of a usual publisher, with what they need.
func three() []rung {
	return []rung{
		{track: &Track{TrackInfo: TrackInfo{RID: "q"}}, area: 1, usual: 150_000, thinned: 150_000},
		{track: &Track{TrackInfo: TrackInfo{RID: "h"}}, area: 4, usual: 500_000, thinned: 300_000},
		{track: &Track{TrackInfo: TrackInfo{RID: "f"}}, area: 16, usual: 1_500_000, thinned: 900_000},
	}
}

func TestTheBestLayerThatFits(t *testing.T) {
	for _, c := range []struct {
		bitrate uint64
		want    string
	}{
		{0, "f"}, {1, "q"}, {149_999, "q"}, {499_999, "q"}, {500_000, "h"}, {1_499_999, "h"}, {1_500_000, "f"}, {1 << 63, "f"},
	} {
		var k climb
		rungs := three()
		if got := rungs[k.decide(rungs, c.bitrate, time.Unix(1000, 0))].track.RID; got != c.want {
			t.Errorf("%d bit/s: %s, want %s", c.bitrate, got, c.want)
		}
	}
}

func TestChangesOfTheLayer(t *testing.T) {
	type step struct {
		after   time.Duration
		bitrate uint64
		want    string
	}
	for name, steps := range map[string][]step{
		"without a limit again":   {{0, 200_000, "q"}, {time.Second, 0, "f"}},
		"down soon":               {{0, 0, "f"}, {time.Second, 200_000, "f"}, {199 * time.Millisecond, 200_000, "f"}, {time.Millisecond, 200_000, "q"}},
		"down by one":             {{0, 0, "f"}, {time.Second, 600_000, "f"}, {200 * time.Millisecond, 600_000, "h"}},
		"an estimate taken back":  {{0, 0, "f"}, {time.Second, 200_000, "f"}, {150 * time.Millisecond, 0, "f"}, {time.Second, 200_000, "f"}, {150 * time.Millisecond, 2_000_000, "f"}, {time.Second, 200_000, "f"}},
		"not before it is thin":   {{0, 0, "f"}, {time.Second, 1_000_000, "f"}, {100 * time.Millisecond, 899_999, "f"}, {200 * time.Millisecond, 899_999, "h"}},
		"not thin for ever":       {{0, 0, "f"}, {time.Second, 1_000_000, "f"}, {499 * time.Millisecond, 1_000_000, "f"}, {time.Millisecond, 1_000_000, "h"}},
		"thin for a moment":       {{0, 0, "f"}, {0, 1_000_000, "f"}, {400 * time.Millisecond, 1_500_000, "f"}, {400 * time.Millisecond, 1_000_000, "f"}},
		"up after a second":       {{0, 200_000, "q"}, {0, 600_000, "q"}, {999 * time.Millisecond, 600_000, "q"}, {time.Millisecond, 600_000, "h"}},
		"up by two":               {{0, 200_000, "q"}, {0, 2_000_000, "q"}, {time.Second, 2_000_000, "f"}},
		"with something to spare": {{0, 200_000, "q"}, {0, 549_999, "q"}, {time.Minute, 549_999, "q"}},
		"without interruption":    {{0, 200_000, "q"}, {0, 600_000, "q"}, {900 * time.Millisecond, 300_000, "q"}, {900 * time.Millisecond, 600_000, "q"}},
		"a rest after a fall":     {{0, 0, "f"}, {0, 200_000, "f"}, {fallTime, 200_000, "q"}, {0, 2_000_000, "q"}, {3999 * time.Millisecond, 2_000_000, "q"}, {time.Millisecond, 2_000_000, "f"}},
		"twice the rest after two": {
			{0, 0, "f"}, {0, 200_000, "f"}, {fallTime, 200_000, "q"}, {0, 2_000_000, "q"}, {4 * time.Second, 2_000_000, "f"},
			{time.Second, 200_000, "f"}, {fallTime, 200_000, "q"}, {0, 2_000_000, "q"}, {7999 * time.Millisecond, 2_000_000, "q"}, {time.Millisecond, 2_000_000, "f"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var k climb
			rungs, at := three(), time.Unix(1000, 0)
			for i, s := range steps {
				at = at.Add(s.after)
				if got := rungs[k.decide(rungs, s.bitrate, at)].track.RID; got != s.want {
					t.Fatalf("step %d: %s, want %s", i, got, s.want)
				}
			}
		})
	}
}

// A network that seems to carry a layer and does not gets fewer and fewer tries.
func TestFewChangesOnANetworkBetweenTwoLayers(t *testing.T) {
	var k climb
	rungs, at := three(), time.Unix(1000, 0)
	now, changes := k.decide(rungs, 200_000, at), 0
	var up time.Time
	for i := range 10 * 600 { // ten minutes
		at = at.Add(100 * time.Millisecond)
		bitrate := uint64(2_000_000)
		if now > 0 && at.Sub(up) > 2*time.Second {
			bitrate = 200_000
		}
		if next := k.decide(rungs, bitrate, at); next != now {
			now, up = next, at
			if i > 60*10 {
				changes++
			}
		}
	}
	if changes > 2*9+1 {
		t.Errorf("%d changes in nine minutes, want at most two a minute", changes)
	}
}

func TestALayerThatIsNotThereAnyMore(t *testing.T) {
	var k climb
	rungs, at := three(), time.Unix(1000, 0)
	k.decide(rungs, 600_000, at)
	for _, left := range [][]rung{rungs[:1], rungs[2:], {rungs[0], rungs[2]}} {
		t.Run(fmt.Sprint(len(left)), func(t *testing.T) {
			again := k
			if got := again.decide(left, 600_000, at); got != 0 {
				t.Errorf("%s, want the lowest", left[got].track.RID)
			}
		})
	}
}

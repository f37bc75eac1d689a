package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// chance is what a network loses, the same in each run, a packet at a time. It
// belongs to the goroutine that carries the packets.
type chance struct {
	way    time.Duration // on top of what there is
	loss   float64       // of each packet
	burst  float64       // the chance that a burst begins, of five packets in the middle
	random *rand.Rand
	losing bool
}

func (c *chance) loses() bool {
	if c.losing {
		c.losing = c.random.Float64() >= 1.0/5
	} else {
		c.losing = c.random.Float64() < c.burst
	}
	return c.losing || c.random.Float64() < c.loss
}

// A real browser on a network with a round trip of 50 ms that loses packets:
// the picture goes on. F8 allows three freezes a minute at 5 %, and F10 one a
// burst, which lasts 0.6 s at the most.
func TestAViewersNetworkLoses(t *testing.T) {
	const stretch = 20 * time.Second
	ctx := testContext(t, 4*time.Minute)
	s := startServer(t)
	n := newNarrowing(t, s)
	const way = 50 * time.Millisecond
	n.chance.Store(&chance{way: way, random: rand.New(rand.NewPCG(1, 2))})
	publisher, page := browser.Chromium(t), browser.Chromium(t)
	publish(t, ctx, publisher, s.url+"/publish/clock?source=clock&preset=low&auto=1")
	if err := page.Goto(ctx, s.url+"/healthz"); err != nil {
		t.Fatal(err)
	}
	if err := page.Eval(ctx, fmt.Sprintf(watchThrough, "clock", n.front.LocalAddr().(*net.UDPAddr).Port), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := browser.WaitFor(ctx, page, layerSeen, func(l seenLayer) bool { return l.Frames > 60 }); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		chance  chance
		freezes int     // at the most, in a stretch
		frozen  float64 // s in all
	}{
		{"5 % of the packets", chance{loss: 0.05}, 1, 1},
		{"bursts", chance{burst: 0.005}, 10, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.chance.way, c.chance.random = way, rand.New(rand.NewPCG(1, 2))
			n.chance.Store(&c.chance)
			// A busy machine freezes without our help: what the server does to
			// the picture, it does each time.
			for try := 1; ; try++ {
				before, after := during(t, ctx, page, stretch, n)
				frames, freezes, frozen := after.Frames-before.Frames, after.Freezes-before.Freezes, after.Frozen-before.Frozen
				sound := float64(after.SoundLost-before.SoundLost) / float64(max(after.Sound-before.Sound, 1))
				t.Logf("%d pictures, %d freezes of %.1f s in all, %d NACKs, %d key frames asked for, %.1f %% of the sound lost",
					frames, freezes, frozen, after.NACKs-before.NACKs, after.PLIs-before.PLIs, sound*100)
				if freezes <= c.freezes && frozen <= c.frozen && frames > int(stretch.Seconds())*15 {
					return
				}
				if try == 3 {
					t.Fatalf("want %d freezes at the most, of %.1f s in all", c.freezes, c.frozen)
				}
			}
		})
	}
}

// during reads the counters before and after a time.
func during(t *testing.T, ctx context.Context, page browser.Page, d time.Duration, n *narrowing) (before, after seenLayer) {
	t.Helper()
	lost, passed := n.lost.Load(), n.passed.Load()
	if err := page.Eval(ctx, layerSeen, &before); err != nil {
		t.Fatal(err)
	}
	<-time.After(d) // the time is what is tested
	if err := page.Eval(ctx, layerSeen, &after); err != nil {
		t.Fatal(err)
	}
	lost, passed = n.lost.Load()-lost, n.passed.Load()-passed
	t.Logf("%d of %d packets lost", lost, lost+passed)
	if lost == 0 {
		t.Error("nothing was lost")
	}
	return before, after
}

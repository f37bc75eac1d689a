package peer

import (
	"testing"
	"testing/synctest"
	"time"

	"lectern/sfu"
)

// What is shared with all stays whole on a narrow network, and cameras become
// small for it; with room again they become large.
func TestTheSharedSeatStaysWholeOnANarrowNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newLAN()
		t.Cleanup(v.close)
		e, r := v.engine(t), newRouter(t)
		studioAt(t, r, seats[0], 0, &layerSpec{bps: 600_000, width: 1920})
		studioAt(t, r, seats[1], 0, threeSpecs()...)
		studioAt(t, r, seats[2], 0, threeSpecs()...)
		c, socket := v.client(t, clientOptions{})
		viewer := attend(t, c, e, r, 3)
		network := func(bps float64) {
			socket.down.set(impairment{delay: way, rate: bps, queue: 300 * time.Millisecond})
		}
		socket.down.set(impairment{delay: way})
		socket.up.set(impairment{delay: way})
		viewer.video(0).wait(t, 100)
		network(20_000_000)
		time.Sleep(10 * time.Second)
		layers := func() (one, two string) {
			_, first := viewer.seats.Subscriptions(1)
			_, second := viewer.seats.Subscriptions(2)
			return first.Layer(), second.Layer()
		}
		if one, two := layers(); one != "f" || two != "f" {
			t.Errorf("layers %q and %q at 20 Mbit/s", one, two)
		}
		network(1_500_000)
		time.Sleep(8 * time.Second) // the network is found out about
		left := func() (packets, dropped uint64) {
			_, shared := viewer.seats.Subscriptions(0)
			stats := shared.Stats()
			return stats.Packets, stats.Dropped[sfu.DropBitrate]
		}
		packets, dropped := left()
		time.Sleep(20 * time.Second)
		morePackets, moreDropped := left()
		part := float64(moreDropped-dropped) / float64(morePackets-packets+moreDropped-dropped)
		one, two := layers()
		t.Logf("at 1.5 Mbit/s: %.1f %% of the shared seat left out, cameras %q and %q", 100*part, one, two)
		if part > 0.02 {
			t.Errorf("%.1f %% of the shared seat was left out", 100*part)
		}
		if one == "f" || two == "f" {
			t.Errorf("layers %q and %q at 1.5 Mbit/s", one, two)
		}
		network(20_000_000)
		for range 60 {
			if one, two := layers(); one == "f" && two == "f" {
				break
			}
			time.Sleep(time.Second)
		}
		if one, two := layers(); one != "f" || two != "f" {
			t.Errorf("layers %q and %q a minute after there was room again", one, two)
		}
	})
}

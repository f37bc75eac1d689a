package sfu_test

import (
	"testing"
	"time"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// Where the network carries a third of the pictures, a third of them is seen:
// after each key frame all, one after the other as the network carries them, and
// none more than a second late.
func TestAsManyPicturesAsTheNetworkCarries(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		m := &movie{track: addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8), size: 1000}
		var late time.Duration
		record := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Video, sfu.SinkFunc(func(burst []sfu.Forwarded) error {
			for _, p := range burst {
				late = max(late, time.Since(p.Arrival))
			}
			return record.WriteRTP(burst)
		}))
		m.play(t, 60, every(60))
		sub.SetBitrate(170_000)
		before := len(record.Packets())
		m.play(t, 600, every(60))
		after := record.Packets()
		pictures := whole(t, after) - whole(t, after[:before])
		t.Logf("%d pictures of 600, the latest %v after it came", pictures, late)
		if pictures < 140 {
			t.Errorf("%d pictures of 600, want nearly a quarter", pictures)
		}
		if late > 1200*time.Millisecond {
			t.Errorf("a packet was sent %v after it came", late)
		}
		if rate := payloads(after[before:]) * 8 / 20; rate > 190_000 {
			t.Errorf("%d bit/s, want at most 170 000 and what was saved", rate)
		}

		sub.SetBitrate(0)
		m.play(t, 90, every(60))
		if got := whole(t, record.Packets()[len(after):]); got < 29 {
			t.Errorf("%d pictures of 90 without a limit, want all from the next key frame on", got)
		}
	})
}

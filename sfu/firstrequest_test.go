package sfu_test

import (
	"testing"
	"testing/synctest"
	"time"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// A track is made when its first packet is there. If that is no key frame, one
// is asked for at once and not with the next picture.
func TestAKeyFrameIsAskedForByTheFirstPacket(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		asked := 0
		p := publish(t, r, sfu.PublishOptions{RequestKeyFrame: func(*sfu.Track) { asked++ }})
		watch(t, r, sfu.Video, sfutest.NewRecorder())
		first := sfutest.VP8Packet(0, 0, false)
		first.Arrival = time.Now()
		time.Sleep(time.Millisecond)
		write(t, addTrack(t, p, sfu.Video, sfutest.VP8), first)
		synctest.Wait()
		if asked != 1 {
			t.Errorf("asked %d times, want 1", asked)
		}
	})
}

package e2e

import (
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// A second encoder with the same key takes the stream over while the first one
// still sends: the first is told, and the viewer keeps its connection.
func TestASecondEncoderTakesOver(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	s := startServer(t)
	viewer := browser.Chromium(t)
	c := clip{seconds: 60, video: x264(0, "none", 60), audio: aac(2), sampleRate: 44100}
	first := c.push(t, s.rtmpURL("cam"))
	before := watch(t, ctx, viewer, s.url+"/watch/cam")
	c.push(t, s.rtmpURL("cam"))
	first.wait(t, 15*time.Second)
	if first.err == nil {
		t.Error("the first encoder does not notice")
	}
	now := wait(t, ctx, viewer, "the counters", func(watched) bool { return true })
	after := wait(t, ctx, viewer, "the picture to go on", func(w watched) bool {
		return w.State == "playing" && w.FramesDecoded > now.FramesDecoded+30 && w.AudioEnergy > now.AudioEnergy
	})
	if after.PCID != before.PCID || after.Sessions != 1 {
		t.Errorf("the viewer has connected again: before %+v, after %+v", before, after)
	}
}

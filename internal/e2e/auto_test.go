package e2e

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// mediaThrough makes the connections that a page opens from now on lead to a
// port of this machine, whose number it has: the page and its signaling go
// another way.
const mediaThrough = `(() => {
	const set = RTCPeerConnection.prototype.setRemoteDescription
	RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
		const led = sdp.replace(/(candidate:\S+ 1 udp \d+) \S+ \d+ /g, '$1 127.0.0.1 %d ').replace(/a=candidate:\S+ 1 tcp [^\r\n]*\r?\n/gi, '')
		return set.call(this, { type, sdp: led })
	}
})()`

// A viewer who leaves the choice to the server reads in the quality menu which
// picture that has chosen; on a narrow network also that the network is why,
// and not any more when it is wide again.
func TestTheMenuSaysWhyAPictureIsSmall(t *testing.T) {
	ctx := testContext(t, 3*time.Minute)
	s := startServer(t)
	n := newNarrowing(t, s)
	publisher, viewer := browser.Chromium(t), browser.Chromium(t)
	publish(t, ctx, publisher, s.url+"/publish/clock?source=clock&preset=talk&simulcast=1&codec=video/VP8&auto=1")
	if err := viewer.Goto(ctx, s.url+"/watch/clock?autoplay=0"); err != nil {
		t.Fatal(err)
	}
	if err := viewer.Eval(ctx, fmt.Sprintf(mediaThrough, n.front.LocalAddr().(*net.UDPAddr).Port), nil); err != nil {
		t.Fatal(err)
	}
	press(t, ctx, viewer, "k") // plays
	wait(t, ctx, viewer, "a picture", func(w watched) bool { return w.FramesDecoded > 0 })
	press(t, ctx, viewer, "q") // opens the menu, which stays open
	says := func(what, label string, width int, most time.Duration) {
		t.Helper()
		p := within(t, ctx, viewer, what, most, func(p pickedNow) bool {
			return p.Ticked == label && len(p.Items) == 5 && p.Items[0] == label && p.Width == width
		})
		t.Logf("the menu: %q", p.Items)
	}
	says("the large picture, and no reason", "Auto (720p)", 1280, 40*time.Second)

	n.bps.Store(900_000)
	says("a smaller picture, and the reason", "Auto (360p, your network)", 640, 15*time.Second)
	if err := viewer.Screenshot(ctx, filepath.Join(t.ArtifactDir(), "narrow.png")); err != nil {
		t.Error(err)
	}
	<-time.After(6 * time.Second) // the large picture, which nobody watches now, comes to rest
	says("still the reason", "Auto (360p, your network)", 640, time.Second)

	n.bps.Store(0)
	says("the large picture again, and no reason", "Auto (720p)", 1280, 20*time.Second)
	if err := viewer.Screenshot(ctx, filepath.Join(t.ArtifactDir(), "wide.png")); err != nil {
		t.Error(err)
	}
	for _, page := range []browser.Page{publisher, viewer} {
		if lines := page.Console(); len(lines) > 0 {
			t.Errorf("console: %q", lines)
		}
	}
}

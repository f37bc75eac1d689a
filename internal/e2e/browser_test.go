package e2e

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

func listenTCP() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

// watched is what window.lectern.stats() of the watch page says.
type watched struct {
	State                string
	Sessions, PCID       int
	Codec                string
	FramesDecoded        int
	FreezeCount          int
	TotalFreezesDuration float64
	AudioSamples         float64
	AudioEnergy          float64
	Width, Height        int
	Latency              *struct{ Last, P50, Max, N float64 }
}

const (
	watchedStats = "await window.lectern.stats()"
	published    = "window.lectern.state"
)

func publish(t *testing.T, ctx context.Context, page browser.Page, url string) {
	t.Helper()
	if err := page.Goto(ctx, url); err != nil {
		t.Fatal(err)
	}
	if _, err := browser.WaitFor(ctx, page, published, func(state string) bool { return state == "live" }); err != nil {
		t.Fatalf("publishing: %v", err)
	}
}

func watch(t *testing.T, ctx context.Context, page browser.Page, url string) watched {
	t.Helper()
	if err := page.Goto(ctx, url); err != nil {
		t.Fatal(err)
	}
	return wait(t, ctx, page, "the picture", func(w watched) bool { return w.FramesDecoded > 10 })
}

func wait(t *testing.T, ctx context.Context, page browser.Page, what string, ok func(watched) bool) watched {
	t.Helper()
	w, err := browser.WaitFor(ctx, page, watchedStats, ok)
	if err != nil {
		t.Fatalf("waiting for %s: %v", what, err)
	}
	return w
}

func testContext(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// A browser publishes a running clock with a tone, another one watches it:
// the picture and the sound come, nothing freezes for 20 seconds (in one of
// three tries), and the clock in the picture is less than half a second old.
func TestBrowserToBrowser(t *testing.T) {
	for _, mimeType := range []string{"video/VP8", "video/H264", "video/VP9", "video/AV1"} {
		t.Run(mimeType, func(t *testing.T) {
			ctx := testContext(t, 2*time.Minute)
			s := startServer(t)
			publisher, viewer := browser.Chromium(t), browser.Chromium(t)
			publish(t, ctx, publisher, s.url+"/publish/clock?source=clock&auto=1&codec="+mimeType)
			watch(t, ctx, viewer, s.url+"/watch/clock?measure=1")
			started := wait(t, ctx, viewer, "a measured latency", func(w watched) bool { return w.Latency != nil && w.Latency.N > 30 })
			begin := time.Now()
			end := wait(t, ctx, viewer, "20 s of pictures", func(w watched) bool { return time.Since(begin) > 20*time.Second })
			for again := 1; end.FreezeCount > started.FreezeCount && again < 3; again++ {
				// Two browsers and two encoders on a busy machine freeze without
				// our help: what the server does to the picture, it does each time.
				t.Logf("%d freezes in 20 s, %.1f s in all: once more", end.FreezeCount-started.FreezeCount, end.TotalFreezesDuration-started.TotalFreezesDuration)
				started, begin = end, time.Now()
				end = wait(t, ctx, viewer, "20 s of pictures", func(w watched) bool { return time.Since(begin) > 20*time.Second })
			}

			if !strings.EqualFold(end.Codec, mimeType) {
				t.Errorf("codec = %s, want %s", end.Codec, mimeType)
			}
			fps := float64(end.FramesDecoded-started.FramesDecoded) / time.Since(begin).Seconds()
			if fps < 10 {
				t.Errorf("%.1f pictures a second", fps)
			}
			if freezes := end.FreezeCount - started.FreezeCount; freezes > 0 {
				t.Errorf("%d freezes in 20 s, %.1f s in all", freezes, end.TotalFreezesDuration-started.TotalFreezesDuration)
			}
			if end.AudioSamples <= started.AudioSamples || end.AudioEnergy <= started.AudioEnergy {
				t.Errorf("no sound: %+v", end)
			}
			if end.Latency.P50 > 500 {
				t.Errorf("the clock is %.0f ms old in the middle", end.Latency.P50)
			}
			if end.Sessions != 1 {
				t.Errorf("%d sessions, want 1", end.Sessions)
			}
			t.Logf("%dx%d, %.1f pictures a second, glass to glass %.0f ms in the middle, %.0f ms at most", end.Width, end.Height, fps, end.Latency.P50, end.Latency.Max)
			shot := filepath.Join(t.ArtifactDir(), "watch.png")
			if err := viewer.Screenshot(ctx, shot); err != nil {
				t.Error(err)
			}
			for _, page := range []browser.Page{publisher, viewer} {
				if lines := page.Console(); len(lines) > 0 {
					t.Errorf("console: %q", lines)
				}
			}
		})
	}
}

// The camera and microphone of a browser, which a test fakes, reach a viewer.
func TestCamera(t *testing.T) {
	ctx := testContext(t, time.Minute)
	s := startServer(t)
	publisher, viewer := browser.Chromium(t), browser.Chromium(t)
	publish(t, ctx, publisher, s.url+"/publish/cam1?source=camera&auto=1")
	watch(t, ctx, viewer, s.url+"/watch/cam1")
	wait(t, ctx, viewer, "pictures and sound", func(w watched) bool {
		return w.FramesDecoded > 60 && w.AudioEnergy > 0 && w.State == "playing"
	})
}

// Firefox publishes, and both browsers watch.
func TestFirefox(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	s := startServer(t)
	publisher, firefox, chromium := browser.Firefox(t), browser.Firefox(t), browser.Chromium(t)
	publish(t, ctx, publisher, s.url+"/publish/cam1?source=camera&auto=1&codec=video/VP8")
	watch(t, ctx, firefox, s.url+"/watch/cam1")
	watch(t, ctx, chromium, s.url+"/watch/cam1")
	for name, page := range map[string]browser.Page{"Firefox": firefox, "Chromium": chromium} {
		w := wait(t, ctx, page, "pictures and sound in "+name, func(w watched) bool {
			return w.FramesDecoded > 60 && w.AudioSamples > 48000
		})
		if w.Codec != "video/VP8" || w.Sessions != 1 {
			t.Errorf("%s: %+v", name, w)
		}
	}
}

// A publisher is killed and comes back five seconds later: whoever watches
// keeps the connection that he has, and the picture goes on.
func TestThePublisherIsKilledAndComesBack(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	s := startServer(t)
	page := s.url + "/publish/clock?source=clock&auto=1"
	publisher, viewer := browser.Chromium(t), browser.Chromium(t)
	publish(t, ctx, publisher, page)
	before := watch(t, ctx, viewer, s.url+"/watch/clock")
	if err := publisher.Close(); err != nil {
		t.Fatal(err)
	}
	wait(t, ctx, viewer, "the page to notice", func(w watched) bool { return w.State == "stalled" })
	killed := time.Now()
	wait(t, ctx, viewer, "five seconds to pass", func(watched) bool { return time.Since(killed) > 5*time.Second })

	again := browser.Chromium(t)
	publish(t, ctx, again, page)
	returned := time.Now()
	stalled := wait(t, ctx, viewer, "the counters", func(watched) bool { return true })
	after := wait(t, ctx, viewer, "the picture to go on", func(w watched) bool {
		return w.State == "playing" && w.FramesDecoded > stalled.FramesDecoded+30
	})
	t.Logf("thirty pictures %v after the publisher was live again", time.Since(returned).Round(100*time.Millisecond))
	if after.PCID != before.PCID || after.Sessions != 1 {
		t.Errorf("the viewer has connected again: before %+v, after %+v", before, after)
	}
}

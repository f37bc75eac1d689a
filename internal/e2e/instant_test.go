package e2e

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"lectern/internal/codec"
	"lectern/internal/e2e/browser"
)

// A viewer sees a picture at once, however far the publisher's key frames are
// apart, and though it cannot be asked for one: here it is ten seconds.
func TestInstantStart(t *testing.T) {
	ctx := testContext(t, 5*time.Minute)
	s, f := showFilm(t, webrtc.MimeTypeH264, 60)
	<-time.After(time.Until(f.begins.Add(2 * time.Second))) // the film is two seconds old

	t.Run("20 viewers", func(t *testing.T) { twentyViewers(t, s) })
	t.Run("Chromium", func(t *testing.T) { joinAndLook(t, ctx, s, f, browser.Chromium(t)) })
	t.Run("Firefox", func(t *testing.T) {
		s, f := showFilm(t, webrtc.MimeTypeVP8, 60)
		joinAndLook(t, ctx, s, f, browser.Firefox(t))
	})
}

// showFilm publishes that many seconds of film, with a key frame every ten, as
// the stream film of a server of its own.
func showFilm(t *testing.T, mimeType string, seconds int) (*server, *film) {
	t.Helper()
	s := startServer(t)
	f := makeFilm(t, mimeType, seconds, 10)
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mimeType}, "video", "s")
	if err != nil {
		t.Fatal(err)
	}
	pc := newPC(t)
	if _, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	connect(t, pc, s.url, "/whip/film", "")
	f.show(t, track)
	return s, f
}

// twentyViewers come at random times within ten seconds, and each gets a whole
// key frame within 300 ms of its POST.
func twentyViewers(t *testing.T, s *server) {
	var mu sync.Mutex
	var took []time.Duration
	var joining sync.WaitGroup
	for range 20 {
		joining.Go(func() {
			<-time.After(rand.N(10 * time.Second))
			first := make(chan time.Time, 1)
			pc := newPC(t)
			pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { waitForKeyFrame(remote, first) })
			if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
				t.Error(err)
				return
			}
			session := connect(t, pc, s.url, "/whep/film", "")
			select {
			case at := <-first:
				mu.Lock()
				took = append(took, at.Sub(session.posted))
				mu.Unlock()
			case <-time.After(15 * time.Second):
				t.Error("no key frame has come")
			}
			session.end(t)
		})
	}
	joining.Wait()
	slices.Sort(took)
	if len(took) != 20 {
		t.Fatalf("%d viewers have a picture", len(took))
	}
	t.Logf("POST to the first key frame's last packet: %v in the middle, %v for 19 of 20, %v at most", took[10], took[18], took[19])
	if took[18] > 300*time.Millisecond {
		t.Errorf("19 of 20 viewers have a picture after %v, want 300 ms", took[18])
	}
}

// waitForKeyFrame tells when the first key frame is complete.
func waitForKeyFrame(remote *webrtc.TrackRemote, first chan<- time.Time) {
	inspector, err := codec.New(remote.Codec().MimeType)
	if err != nil {
		return
	}
	key := false
	for {
		p, _, err := remote.ReadRTP()
		if err != nil {
			return
		}
		key = key || inspector.Inspect(p.Payload, p.Timestamp).Key
		if key && p.Marker {
			select {
			case first <- time.Now():
			default:
			}
		}
	}
}

// joinAndLook opens the watch page at three ages of the key frame and reports
// when the first picture is shown and how old the picture is then, one second
// later and three.
func joinAndLook(t *testing.T, ctx context.Context, s *server, f *film, page browser.Page) {
	for _, age := range []time.Duration{time.Second, 5 * time.Second, 8500 * time.Millisecond} {
		if err := page.Goto(ctx, "about:blank"); err != nil {
			t.Fatal(err)
		}
		now := max(time.Since(f.begins), 0)
		<-time.After(time.Until(f.begins.Add(now.Truncate(10*time.Second) + 10*time.Second + age)))
		if err := page.Goto(ctx, s.url+"/watch/film?measure=1"); err != nil {
			t.Fatal(err)
		}
		var seen struct{ First, At1, At3, Freezes float64 }
		err := page.Eval(ctx, `await (async () => {
			const after = (ms) => new Promise((done) => setTimeout(done, ms))
			const measured = async () => (await window.lectern.stats()).latency
			while (!(await measured())) await after(10)
			const shown = Date.now()
			const post = performance.timeOrigin + performance.getEntriesByType('resource').find((e) => e.name.includes('/whep/')).startTime
			await after(1000)
			const at1 = (await measured()).last
			await after(2000)
			return { First: shown - post, At1: at1, At3: (await measured()).last, Freezes: (await window.lectern.stats()).freezeCount }
		})()`, &seen)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("key frame %v old: first picture %.0f ms after POST; the picture is %.0f ms old one second later and %.0f ms after three, %.0f freezes", age, seen.First, seen.At1, seen.At3, seen.Freezes)
		if seen.First > 1000 {
			t.Errorf("the first picture comes %.0f ms after POST", seen.First)
		}
		if seen.At3 > 1000 {
			t.Errorf("three seconds later the picture is %.0f ms old", seen.At3)
		}
	}
}

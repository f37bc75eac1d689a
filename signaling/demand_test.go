package signaling_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"lectern/sfu"
)

// Who publishes several layers is told where to hear which of them are wanted;
// who publishes one is not.
func TestPublishersOfSeveralLayersAreLinked(t *testing.T) {
	const rel = `/layers>; rel="urn:lectern:whip:ext:layers"`
	l := newLab(t)
	one := offer(t, "whip-chromium156.sdp")
	several := strings.TrimSpace(one) + "\r\na=rid:f send\r\na=rid:q send\r\na=simulcast:send f;q\r\n"
	for _, c := range []struct {
		name, offer string
		want        bool
	}{{"one", one, false}, {"several", several, true}} {
		t.Run(c.name, func(t *testing.T) {
			w := l.post("/whip/"+c.name, c.offer)
			if w.Code != http.StatusCreated {
				t.Fatalf("status %d, %s", w.Code, w.Body)
			}
			if links := strings.Join(w.Header().Values("Link"), ", "); strings.Contains(links, w.Header().Get("Location")+rel) != c.want {
				t.Errorf("links %q; linked should be %v", links, c.want)
			}
		})
	}
}

// A publisher hears of each layer, and at once of one that somebody wants; a
// second connection takes over, and the session's end is its end.
func TestAPublisherHearsWhatIsWanted(t *testing.T) {
	l := newLab(t)
	url := serve(t, l)
	publisher := publish(t, l, "/whip/demo")
	wantLive(t, l)
	first := listen(t, url+publisher.location+"/layers")
	if got := first.want("layers"); got != "[]" {
		t.Errorf("of one picture: %s", got)
	}
	second := listen(t, url+publisher.location+"/layers")
	first.wantEnd()
	second.want("layers")
	if w := l.do("HEAD", publisher.location+"/layers", ""); w.Code != http.StatusOK {
		t.Errorf("HEAD: status %d", w.Code)
	}
	if w := l.do("POST", publisher.location+"/layers", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", w.Code)
	}
	if w := l.do("DELETE", publisher.location, ""); w.Code != http.StatusOK {
		t.Errorf("DELETE: status %d", w.Code)
	}
	second.wantEnd()
	if w := l.do("GET", publisher.location+"/layers", ""); w.Code != http.StatusNotFound {
		t.Errorf("GET after the end: status %d", w.Code)
	}
}

// wantLive waits until the stream is there.
func wantLive(t *testing.T, l *lab) {
	t.Helper()
	o := l.router.Observe(64)
	defer o.Close()
	deadline := time.After(10 * time.Second)
	for {
		if info, ok := l.router.Info("live/demo"); ok && info.State == sfu.StateLive {
			return
		}
		select {
		case <-o.Events():
		case <-deadline:
			t.Fatal("the stream is not live")
		}
	}
}

package signaling_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern/signaling"
)

// judge decides as a program of the user's might, and notes what it is asked
// and told.
type judge struct {
	signaling.Authorizer                        // asked first
	grant                func(*signaling.Grant) // of a session, may be nil
	refuse               error                  // of sessions
	mu                   sync.Mutex
	began, ended         []string
	last                 signaling.Access
}

func (j *judge) Decide(ctx context.Context, a signaling.Access) (signaling.Grant, error) {
	g := signaling.Grant{Identity: "everybody", Stream: []string{a.Stream}, Can: []signaling.Action{a.Action}}
	if j.Authorizer != nil {
		var err error
		if g, err = j.Authorizer.Decide(ctx, a); err != nil {
			return g, err
		}
	}
	if a.Session == "" {
		return g, nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last = a
	if j.refuse != nil {
		return signaling.Grant{}, j.refuse
	}
	j.began = append(j.began, a.Session)
	if j.grant != nil {
		j.grant(&g)
	}
	return g, nil
}

func (j *judge) End(a signaling.Access) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ended = append(j.ended, a.Session)
}

// books are the sessions that began, and those that have ended.
func (j *judge) books() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return fmt.Sprintf("%d began, %d ended", len(j.began), len(j.ended))
}

func judged(j *judge) func(*setup) { return func(o *setup) { o.Authorizer = j } }

func TestASessionIsAskedAboutByItsName(t *testing.T) {
	j := &judge{}
	lines := newLogs()
	l := newLab(t, judged(j), logged(lines), func(o *setup) {
		o.QueryToken, o.TrustedProxies = true, []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32")}
	})
	w := l.post("/whip/demo?psk=a&psk=b&token=secret&k=secret", offer(t, "whip-obs32.sdp"), "User-Agent", "OBS/32",
		"Referer", "https://page.example/x?k=secret", "X-Forwarded-For", "203.0.113.9", "X-Forwarded-Host", "video.example:8443", "X-Forwarded-Proto", "https")
	if w.Code != http.StatusCreated {
		t.Fatal(w.Code, w.Body)
	}
	a := j.last
	if a.Action != signaling.Publish || a.Stream != "live/demo" || a.Protocol != "whip" || a.Token != "secret" || a.Remote.String() != "203.0.113.9" {
		t.Errorf("asked %+v", a)
	}
	if a.URL != "https://video.example:8443/whip/demo" || a.Agent != "OBS/32" || a.Page != "https://page.example/x" {
		t.Errorf("url %q, agent %q, page %q", a.URL, a.Agent, a.Page)
	}
	if len(a.Args) != 1 || fmt.Sprint(a.Args["psk"]) != "[a b]" {
		t.Errorf("args %v", a.Args)
	}
	if !strings.Contains(lines.wait(t, "session created"), "session="+a.Session) || strings.Contains(w.Header().Get("Location"), a.Session) {
		t.Errorf("session %q is not what the log says, or is the secret", a.Session)
	}
	l.do("GET", "/api/v1/streams", "")
	l.do("PATCH", w.Header().Get("Location"), "", "If-Match", "*")
	if got := j.books(); got != "1 began, 0 ended" {
		t.Errorf("%s: what begins nothing was asked about as a session", got)
	}
}

func TestEverySessionThatBeganEndsOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(t *testing.T, l *lab)
		want string
	}{
		{"deleted", func(t *testing.T, l *lab) {
			w := l.post("/whip/demo", offer(t, "whip-obs32.sdp"))
			l.do("DELETE", w.Header().Get("Location"), "")
			l.do("DELETE", w.Header().Get("Location"), "")
		}, "1 began, 1 ended"},
		{"a malformed offer", func(t *testing.T, l *lab) { l.post("/whip/demo", "v=0\r\n") }, "1 began, 1 ended"},
		{"no codec in common", func(t *testing.T, l *lab) {
			l.post("/whip/demo", strings.ReplaceAll(offer(t, "whip-obs32.sdp"), "H264/90000", "H263/90000"))
		}, "1 began, 1 ended"},
		{"too many", func(t *testing.T, l *lab) {
			for range 6 {
				l.post("/whip/demo", offer(t, "whip-obs32.sdp"))
			}
		}, "6 began, 6 ended"},
		{"never connected", func(t *testing.T, l *lab) { l.post("/whep/demo", offer(t, "whep-chromium156.sdp")) }, "1 began, 1 ended"},
		{"no SDP", func(t *testing.T, l *lab) { l.do("POST", "/whip/demo", "{}", "Content-Type", "application/json") }, "0 began, 0 ended"},
		{"too large", func(t *testing.T, l *lab) { l.post("/whip/demo", strings.Repeat("x", 65<<10)) }, "0 began, 0 ended"},
		{"draining", func(t *testing.T, l *lab) { l.Drain(); l.post("/whip/demo", offer(t, "whip-obs32.sdp")) }, "0 began, 0 ended"},
		{"watched, and left at the end", func(t *testing.T, l *lab) {
			publish(t, l, "/whip/demo")
			watch(t, l, "/whep/demo").wantMedia(5, anything)
		}, "2 began, 2 ended"},
		{"taken over", func(t *testing.T, l *lab) {
			publish(t, l, "/whip/demo")
			viewer := watch(t, l, "/whep/demo")
			viewer.wantMedia(5, anything)
			publish(t, l, "/whip/demo")
			viewer.wantMedia(50, anything)
		}, "3 began, 3 ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := &judge{}
			l := newLab(t, judged(j))
			c.do(t, l)
			l.Server.Close()
			if got := j.books(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestRenamedStreams(t *testing.T) {
	j := &judge{Authorizer: keys(t, true), grant: func(g *signaling.Grant) { g.Rename = "other/cam" }}
	l := newLab(t, judged(j), func(o *setup) { o.QueryToken = true })
	publisher := publish(t, l, "/whip/demo", "Authorization", "Bearer alice-key")
	// carol may watch live/demo alone; where that leads is not her choice.
	viewer := watch(t, l, "/whep/demo?token=watch-key")
	viewer.wantMedia(10, anything)
	if _, ok := l.router.Info("live/demo"); ok {
		t.Error("the name that was asked for is used")
	}
	if info, ok := l.router.Info("other/cam"); !ok || info.Viewers != 1 {
		t.Errorf("other/cam: %+v %v", info, ok)
	}
	publisher.wantStatus("DELETE", http.StatusOK, "Authorization", "Bearer alice-other-key")
	viewer.wantStatus("DELETE", http.StatusOK, "Authorization", "Bearer watch-key")
}

// It is the stream that is used which has to be live.
func TestRenamedToWhatIsLive(t *testing.T) {
	for rename, want := range map[string]int{"live/demo": http.StatusCreated, "live/none": http.StatusConflict} {
		t.Run(rename, func(t *testing.T) {
			j := &judge{grant: func(g *signaling.Grant) { g.Rename = rename }}
			l := newLab(t, judged(j), func(o *setup) { o.RequireLive = true })
			goLive(t, l)
			if w := l.post("/whep/other", offer(t, "whep-chromium156.sdp")); w.Code != want {
				t.Errorf("%d %s, want %d", w.Code, w.Body, want)
			}
		})
	}
}

func TestNamesThatAreNone(t *testing.T) {
	j := &judge{grant: func(g *signaling.Grant) { g.Rename = "../x" }}
	l := newLab(t, judged(j))
	if w := l.post("/whip/demo", offer(t, "whip-obs32.sdp")); w.Code < 400 || j.books() != "1 began, 1 ended" {
		t.Errorf("%d %s, %s", w.Code, w.Body, j.books())
	}
}

func TestPermissionsEnd(t *testing.T) {
	revoked := make(chan struct{})
	for _, c := range []struct {
		name  string
		grant func(l *lab, g *signaling.Grant)
		after func()
		cause string
	}{
		{"taken back", func(_ *lab, g *signaling.Grant) { g.Revoked = revoked }, func() { close(revoked) }, "taken back"},
		{"expired", func(l *lab, g *signaling.Grant) { g.Expires = l.clock.now().Add(-5*time.Second + 500*time.Millisecond) }, func() {}, "expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines, j := newLogs(), &judge{}
			l := newLab(t, judged(j), logged(lines))
			publish(t, l, "/whip/demo")
			j.grant = func(g *signaling.Grant) { c.grant(l, g) }
			viewer := watch(t, l, "/whep/demo")
			viewer.wantMedia(5, anything)
			c.after()
			if line := lines.wait(t, "session ended"); !strings.Contains(line, c.cause) || !strings.Contains(line, "protocol=whep") {
				t.Errorf("logged %q", line)
			}
			viewer.wantStatus("GET", http.StatusNotFound)
			if n := l.Sessions(); n != 1 {
				t.Errorf("%d sessions, want the publisher's", n)
			}
		})
	}
}

func TestRefusalsOfSessions(t *testing.T) {
	for _, c := range []struct {
		err         error
		want, retry string
	}{
		{signaling.ErrUnavailable, "503 unavailable", "5"},
		{fmt.Errorf("refused by on_publish: 402 Payment Required: %w", signaling.ErrDenied), "403 forbidden", ""},
	} {
		t.Run(c.want, func(t *testing.T) {
			j := &judge{refuse: c.err}
			l := newLab(t, judged(j))
			w := l.post("/whip/demo", offer(t, "whip-obs32.sdp"))
			status, code, _ := strings.Cut(c.want, " ")
			if fmt.Sprint(w.Code) != status || w.Header().Get("Retry-After") != c.retry || !strings.Contains(w.Body.String(), `"code":"`+code+`"`) {
				t.Errorf("%d %v %s, want %s", w.Code, w.Header(), w.Body, c.want)
			}
			if got := j.books(); got != "0 began, 0 ended" {
				t.Error(got)
			}
		})
	}
}

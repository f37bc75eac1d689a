package signaling_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"

	"lectern/internal/limit"
	"lectern/sfu"
	"lectern/sfu/peer"
	"lectern/signaling"
)

func TestBodiesAreBounded(t *testing.T) {
	l := newLab(t)
	w := l.post("/whip/demo", offer(t, "whip-obs32.sdp"))
	session, tag := w.Header().Get("Location"), w.Header().Get("ETag")
	w = l.post("/whep/demo", offer(t, "whep-chromium156.sdp"))
	viewer := w.Header().Get("Location")
	large := strings.Repeat("a", 1<<20)
	for _, c := range []struct {
		name string
		got  *httptest.ResponseRecorder
	}{
		{"offer", l.post("/whip/demo", "v=0\r\n"+large)},
		{"fragment", l.do("PATCH", session, large[:16<<10+1], "Content-Type", "application/trickle-ice-sdpfrag", "If-Match", tag)},
		{"events", l.do("POST", viewer+"/events", `["`+large+`"]`, "Content-Type", "application/json")},
		{"layer", l.do("POST", viewer+"/layer", `{"rid":"`+large+`"}`, "Content-Type", "application/json")},
	} {
		if c.got.Code != http.StatusRequestEntityTooLarge || !strings.Contains(c.got.Body.String(), `"code":"too_large"`) {
			t.Errorf("%s: status %d, want 413; %s", c.name, c.got.Code, c.got.Body)
		}
	}
}

func TestOffersAreBounded(t *testing.T) {
	l := newLab(t, func(o *setup) { o.Limits.Publish = signaling.Rate{PerSecond: -1} })
	text := offer(t, "whip-obs32.sdp")
	sections := strings.SplitAfter(text, "m=")
	for _, c := range []struct{ name, offer string }{
		{"17 sections", text + strings.Repeat("m="+sections[2], 15)},
		{"100 sections", text + strings.Repeat("m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", 98)},
		{"5 layers", text + "a=rid:a send\r\na=rid:b send\r\na=rid:c send\r\na=rid:d send\r\na=rid:e send\r\n"},
		{"65 candidates", text + strings.Repeat("a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n", 65)},
	} {
		w := l.post("/whip/demo", c.offer)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"code":"too_large"`) {
			t.Errorf("%s: status %d, want 400; %s", c.name, w.Code, w.Body)
		}
	}
	if n := l.Sessions(); n != 0 {
		t.Errorf("%d sessions, want 0", n)
	}
}

// Two who restart from the same tag cannot both be right.
func TestOneRestartWins(t *testing.T) {
	l := newLab(t)
	w := l.post("/whip/demo", offer(t, "whip-obs32.sdp"))
	session, tag := w.Header().Get("Location"), w.Header().Get("ETag")
	const n = 8
	codes := make(chan int, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			fragment := "a=ice-ufrag:abc" + string(rune('a'+i)) + "\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
			codes <- l.do("PATCH", session, fragment, "Content-Type", "application/trickle-ice-sdpfrag", "If-Match", tag).Code
		})
	}
	all.Wait()
	close(codes)
	count := map[int]int{}
	for code := range codes {
		count[code]++
	}
	if count[http.StatusOK] != 1 || count[http.StatusPreconditionFailed] != n-1 {
		t.Errorf("statuses %v, want one 200 and the rest 412", count)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	l := newLab(t)
	url := serve(t, l)
	session, stream := subscribed(t, l, `["active"]`)
	viewer, feed := listen(t, url+stream), listen(t, url+"/api/v1/events")
	l.Server.Close()
	viewer.wantEnd()
	feed.wantEnd()
	if n := l.Sessions(); n != 0 {
		t.Errorf("%d sessions, want 0", n)
	}
	if w := l.do("DELETE", session, ""); w.Code != http.StatusNotFound {
		t.Errorf("DELETE: status %d, want 404", w.Code)
	}
	for _, path := range []string{"/whip/demo", "/whep/demo"} {
		if w := l.post(path, offer(t, "whip-obs32.sdp")); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d, want 503", path, w.Code)
		}
	}
	l.Server.Close()
}

// panics is an Authorizer with a bug.
type panics struct{}

func (panics) Decide(context.Context, signaling.Access) (signaling.Grant, error) { panic("a bug") }

func TestPanicIsAnInternalError(t *testing.T) {
	lines := newLogs()
	l := newLab(t, logged(lines), func(o *setup) { o.Authorizer = panics{} })
	w := l.post("/whip/demo", offer(t, "whip-obs32.sdp"))
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), `"code":"internal"`) || strings.Contains(w.Body.String(), "a bug") {
		t.Errorf("status %d, %s", w.Code, w.Body)
	}
	if w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Error("not to be read from other origins")
	}
	if line := lines.wait(t, "request panicked"); !strings.Contains(line, "a bug") {
		t.Errorf("logged %q", line)
	}
	if strings.Contains(lines.all(), "panicked") {
		t.Error("logged twice")
	}
}

func TestPathsHaveThePrefixOfTheGroup(t *testing.T) {
	l := newLab(t)
	engine := gin.New()
	l.Mount(engine.Group("/video"))
	l.handler = engine
	w := l.post("/video/whep/app/demo", offer(t, "whep-chromium156.sdp"))
	location := w.Header().Get("Location")
	if !strings.HasPrefix(location, "/video/sessions/whep/") {
		t.Errorf("Location %q", location)
	}
	if link := w.Header().Get("Link"); !strings.HasPrefix(link, "<"+location+"/events>") {
		t.Errorf("Link %q", link)
	}
	w = l.do("POST", location+"/events", "")
	if stream := w.Header().Get("Location"); !strings.HasPrefix(stream, location+"/events/") {
		t.Errorf("Location %q", stream)
	}
	if w := l.do("DELETE", location, ""); w.Code != http.StatusOK {
		t.Errorf("DELETE: status %d", w.Code)
	}
}

func TestOtherPathsAreLeftToOthers(t *testing.T) {
	l := newLab(t)
	handler := l.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "page "+r.URL.Path) }))
	for path, want := range map[string]string{"/": "page /", "/watch/demo": "page /watch/demo", "/healthz/": "page /healthz/"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != http.StatusOK || w.Body.String() != want {
			t.Errorf("%s: %d %q", path, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/healthz", nil))
	if w.Code != http.StatusOK || strings.HasPrefix(w.Body.String(), "page") {
		t.Errorf("/healthz: %d %q", w.Code, w.Body)
	}
}

func TestStreamsAreListed(t *testing.T) {
	l := newLab(t)
	goLive(t, l)
	viewer, err := l.router.Join("school/math/7b")
	if err != nil {
		t.Fatal(err)
	}
	defer viewer.Close()
	var list struct {
		Streams []struct {
			Name, App, State, Since string
			Viewers                 int
			Tracks                  []struct {
				Kind, Codec   string
				Width, Height int
			}
			Publisher *struct{ Protocol string }
		}
	}
	w := l.do("GET", "/api/v1/streams", "")
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list.Streams) != 2 {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	live, waiting := list.Streams[0], list.Streams[1]
	if live.Name != "live/demo" || live.App != "live" || live.State != "live" || live.Since == "" || live.Publisher == nil || live.Publisher.Protocol != "whip" {
		t.Errorf("got %+v", live)
	}
	if len(live.Tracks) != 1 || live.Tracks[0].Kind != "video" || live.Tracks[0].Codec != "video/VP8" || live.Tracks[0].Width != 640 || live.Tracks[0].Height != 360 {
		t.Errorf("got %+v", live.Tracks)
	}
	if waiting.Name != "school/math/7b" || waiting.App != "school" || waiting.State != "waiting" || waiting.Viewers != 1 || waiting.Tracks == nil || waiting.Publisher != nil {
		t.Errorf("got %+v", waiting)
	}
	for path, want := range map[string]int{
		"/api/v1/streams/demo": 200, "/api/v1/streams/live/demo": 200, "/api/v1/streams/school/math/7b": 200,
		"/api/v1/streams/none": 404, "/api/v1/streams/a..b": 400, "/api/v1/streams/": 400,
	} {
		if got := l.do("GET", path, "").Code; got != want {
			t.Errorf("%s: status %d, want %d", path, got, want)
		}
	}
}

// Who may watch some streams is shown those.
func TestListsShowWhatMayBeWatched(t *testing.T) {
	l := newLab(t, func(o *setup) { o.Authorizer, o.QueryToken = keys(t, true), true })
	goLive(t, l)
	viewer, err := l.router.Join("live/secret")
	if err != nil {
		t.Fatal(err)
	}
	defer viewer.Close()
	for token, want := range map[string]string{"watch-key": "live/demo", "alice-key": "live/demo live/secret"} {
		for range 20 { // asking for lists is no refused attempt
			w := l.do("GET", "/api/v1/streams", "", "Authorization", "Bearer "+token)
			if got := namesOf(t, w.Body.String()); got != want || w.Code != http.StatusOK {
				t.Fatalf("%s: %d %q, want %q", token, w.Code, got, want)
			}
		}
	}
	if w := l.do("GET", "/api/v1/streams/secret", "", "Authorization", "Bearer watch-key"); w.Code != http.StatusForbidden {
		t.Errorf("status %d, want 403", w.Code)
	}
	url := serve(t, l)
	e := listen(t, url+"/api/v1/events?k=watch-key")
	if got := namesOf(t, e.want("stream.list")); got != "live/demo" {
		t.Errorf("listed %q", got)
	}
	publication, err := l.router.Publish("live/secret", sfu.PublishOptions{Identity: "x"})
	if err != nil {
		t.Fatal(err)
	}
	publication.Close(nil)
	viewer.Close()
	other, err := l.router.Join("live/demo")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if got := e.want("stream.viewers"); !strings.Contains(got, `"stream":"live/demo","viewers":1`) {
		t.Errorf("got %s", got)
	}
}

func namesOf(t *testing.T, list string) string {
	t.Helper()
	var parsed struct{ Streams []struct{ Name string } }
	if err := json.Unmarshal([]byte(list), &parsed); err != nil {
		t.Fatalf("%v in %s", err, list)
	}
	var names []string
	for _, s := range parsed.Streams {
		names = append(names, s.Name)
	}
	return strings.Join(names, " ")
}

func TestEventsOfStreams(t *testing.T) {
	l := newLab(t)
	url := serve(t, l)
	all, one := listen(t, url+"/api/v1/events"), listen(t, url+"/api/v1/events?stream=demo")
	if got := all.want("stream.list"); got != `{"streams":[]}` {
		t.Errorf("listed %s", got)
	}
	one.want("stream.list")
	other, err := l.router.Join("live/other")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if got := all.want("stream.viewers"); !strings.Contains(got, `"stream":"live/other","viewers":1,"at":"`) {
		t.Errorf("got %s", got)
	}
	source := goLive(t, l)
	source.Close(nil)
	for _, e := range []*events{all, one} {
		for _, name := range []string{"stream.live", "stream.waiting"} {
			if got := e.want(name); !strings.Contains(got, `"stream":"live/demo"`) {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
	if w := l.do("HEAD", "/api/v1/events", ""); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/event-stream" {
		t.Errorf("HEAD: status %d, %v", w.Code, w.Header())
	}
	if w := l.do("GET", "/api/v1/events?stream=a..b", ""); w.Code != http.StatusBadRequest {
		t.Errorf("status %d, want 400", w.Code)
	}
}

func TestConnectionsToTheEventsAreBounded(t *testing.T) {
	for name, c := range map[string]struct {
		limits signaling.Limits
		status int
		met    limit.Name
	}{
		"from one address": {signaling.Limits{Feeds: 1}, http.StatusTooManyRequests, limit.EventFeeds},
		"in all":           {signaling.Limits{FeedsTotal: 1}, http.StatusServiceUnavailable, limit.EventFeedsTotal},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, func(o *setup) { o.Limits = c.limits })
			url := serve(t, l)
			e := listen(t, url+"/api/v1/events")
			e.want("stream.list")
			response, err := http.Get(url + "/api/v1/events")
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != c.status || response.Header.Get("Retry-After") == "" {
				t.Errorf("status %d", response.StatusCode)
			}
			if hits := l.Stats().Limits[c.met]; hits != 1 {
				t.Errorf("%s was met %d times, want once", c.met, hits)
			}
		})
	}
}

// A zero Engine is enough where no offer is answered.
func newIdle(t *testing.T, router *sfu.Router) http.Handler {
	t.Helper()
	s := signaling.New(signaling.Options{Router: router, Peers: &peer.Engine{}})
	t.Cleanup(s.Close)
	return s.Handler(nil)
}

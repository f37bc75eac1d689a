package signaling_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lectern/sfu"
	"lectern/sfu/sfutest"
	"lectern/signaling"
)

// publishKey makes streams live with a key frame each, which has just come.
func publishKey(t *testing.T, l *lab, streams ...string) {
	t.Helper()
	for _, stream := range streams {
		p, err := l.router.Publish(stream, sfu.PublishOptions{Identity: "x"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close(nil) })
		track, err := p.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
		if err != nil {
			t.Fatal(err)
		}
		key := sfutest.VP8Packet(1, 0, true)
		key.Arrival = l.clock.now()
		if err := track.Write(key); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAKeyFrameIsForADecoder(t *testing.T) {
	l := newLab(t)
	publishKey(t, l, "live/demo")
	l.clock.advance(1500 * time.Millisecond)
	want := string(sfutest.VP8Packet(1, 0, true).Payload[1:])
	tag := ""
	for _, method := range []string{"GET", "HEAD"} {
		w := l.do(method, "/api/v1/streams/demo/keyframe", "", "Origin", "https://a.example")
		h := w.Header()
		if w.Code != http.StatusOK || h.Get("Content-Type") != "application/octet-stream" || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Content-Length") != "10" || h.Get("Cache-Control") != "private, max-age=5" || h.Get("Lectern-Codec") != "vp8" ||
			h.Get("Lectern-Width") != "640" || h.Get("Lectern-Height") != "360" || h.Get("Lectern-Age") != "1500" {
			t.Errorf("%s: %d %v", method, w.Code, h)
		}
		for _, name := range []string{"ETag", "Lectern-Codec", "Lectern-Width", "Lectern-Height", "Lectern-Age"} {
			if !strings.Contains(h.Get("Access-Control-Expose-Headers"), name) {
				t.Errorf("%s is not for scripts", name)
			}
		}
		if method == "HEAD" {
			want = ""
		}
		if got := w.Body.String(); got != want {
			t.Errorf("%s: %x, want %x", method, got, want)
		}
		tag = h.Get("ETag")
	}
	for ifNoneMatch, status := range map[string]int{
		tag: 304, "W/" + tag: 304, `"other", ` + tag: 304, "*": 304,
		`"other"`: 200, "": 200, strings.Trim(tag, `"`): 200, `"` + strings.Repeat("0", 32): 200,
	} {
		w := l.do("GET", "/api/v1/streams/live/demo/keyframe", "", "If-None-Match", ifNoneMatch)
		if w.Code != status || w.Header().Get("ETag") != tag || w.Header().Get("Cache-Control") == "" || (status == 304) != (w.Body.Len() == 0) {
			t.Errorf("If-None-Match: %s: %d %v, %d octets, want %d", ifNoneMatch, w.Code, w.Header(), w.Body.Len(), status)
		}
	}
}

func TestWhereKeyFramesAre(t *testing.T) {
	l := newLab(t)
	publishKey(t, l, "live/demo", "school/math/7b", "live/keyframe", "a/b/c/keyframe")
	const none, stream, picture = "", "application/json; charset=utf-8", "application/octet-stream"
	for _, c := range []struct {
		path   string
		status int
		is     string
	}{
		{"demo/keyframe", 200, picture},
		{"live/demo/keyframe", 200, picture},
		{"live%2Fdemo/keyframe", 200, picture},
		{"school/math/7b/keyframe", 200, picture},
		{"keyframe", 200, stream},
		{"keyframe/keyframe", 200, picture},
		{"live%2Fkeyframe", 200, stream},
		{"live%2Fkeyframe/keyframe", 200, picture},
		{"a/b/c/keyframe", 404, none}, // of a/b/c
		{"a/b/c%2Fkeyframe", 200, stream},
		{"a/b/c/keyframe/keyframe", 200, picture},
		{"demo/keyframe/", 400, none},
		{"other/keyframe", 404, none},
		{"a..b/keyframe", 400, none},
		{"//keyframe", 400, none},
		{"a/b/c/d/e/keyframe", 400, none},
	} {
		w := l.do("GET", "/api/v1/streams/"+c.path, "")
		if w.Code != c.status || c.is != none && w.Header().Get("Content-Type") != c.is {
			t.Errorf("%s: %d %s, want %d %s", c.path, w.Code, w.Header().Get("Content-Type"), c.status, c.is)
		}
	}
	if w := l.do("POST", "/api/v1/streams/demo/keyframe", ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("POST: %d, Allow: %s", w.Code, w.Header().Get("Allow"))
	}
	for code, path := range map[string]string{"not_found": "other/keyframe", "malformed": "a..b/keyframe"} {
		var problem struct{ Code string }
		body := l.do("GET", "/api/v1/streams/"+path, "").Body.Bytes()
		if err := json.Unmarshal(body, &problem); err != nil || problem.Code != code {
			t.Errorf("%s: %s, want code %s", path, body, code)
		}
	}
}

func TestKeyFramesAreForThoseWhoMayWatch(t *testing.T) {
	l := newLab(t, func(o *setup) { o.Authorizer = keys(t, true) })
	publishKey(t, l, "live/demo", "live/secret")
	for _, c := range []struct {
		stream, token string
		want          int
	}{
		{"demo", "", 401}, {"demo", "wrong", 401}, {"demo", "watch-key", 200}, {"secret", "watch-key", 403}, {"secret", "alice-key", 200},
		{"none", "watch-key", 403}, {"none", "alice-key", 404},
	} {
		w := l.do("GET", "/api/v1/streams/"+c.stream+"/keyframe", "", "Authorization", "Bearer "+c.token)
		if w.Code != c.want || w.Code != 200 && w.Header().Get("Lectern-Codec") != "" {
			t.Errorf("%s with %q: %d %v, want %d", c.stream, c.token, w.Code, w.Header(), c.want)
		}
	}
}

// Whoever looks at too many pictures can still watch, and others can look.
func TestKeyFramesAreLimitedByAddress(t *testing.T) {
	l := newLab(t, func(o *setup) { o.Limits.Watch = signaling.Rate{PerSecond: 1, Burst: 3} })
	publishKey(t, l, "live/demo")
	get := func(from string) *httptest.ResponseRecorder {
		return l.do("GET", "/api/v1/streams/demo/keyframe", "", "From", from)
	}
	for i := range 4 {
		w := get("192.0.2.7:1")
		if want := map[bool]int{false: 200, true: 429}[i == 3]; w.Code != want || w.Code == 429 && w.Header().Get("Retry-After") != "1" {
			t.Errorf("request %d: %d, want %d", i, w.Code, want)
		}
	}
	if w := get("192.0.2.8:1"); w.Code != http.StatusOK {
		t.Errorf("from elsewhere: %d", w.Code)
	}
	if w := l.post("/whep/demo", offer(t, "whep-chromium156.sdp")); w.Code != http.StatusCreated {
		t.Errorf("to watch: %d %s", w.Code, w.Body)
	}
	l.clock.advance(time.Second)
	if w := get("192.0.2.7:1"); w.Code != http.StatusOK {
		t.Errorf("a second later: %d", w.Code)
	}
}

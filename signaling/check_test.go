package signaling_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"

	"lectern/internal/probe"
)

// Who may watch nothing here may find out whether he could: silence comes, and the server's end is the test's.
func TestANetworkIsTestedWithoutAnyRight(t *testing.T) {
	l := newLab(t, func(o *setup) { o.Authorizer = keys(t, true) })
	c := newClient(t, l)
	heard := make(chan int, 1024)
	c.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				close(heard)
				return
			}
			heard <- len(p.Payload)
		}
	})
	if _, err := c.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	w := l.post("/api/v1/check", c.describe(nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/sdp" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, %v, %s", w.Code, w.Header(), w.Body)
	}
	c.accept(w.Body.String())
	for range 10 {
		select {
		case size := <-heard:
			if size != probe.Size {
				t.Fatalf("a packet of %d bytes", size)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no packet comes")
		}
	}
	for _, path := range []string{"/api/v1/streams", "/api/v1/streams/check/silence"} {
		if w := l.do("GET", path, "", "Authorization", "Bearer alice-key"); strings.Contains(w.Body.String(), "silence") {
			t.Errorf("%s shows it: %s", path, w.Body)
		}
	}
	if n := l.Sessions(); n != 0 {
		t.Errorf("%d sessions, want none", n)
	}
	l.Server.Close()
}

func TestWhatIsNoOfferTestsNothing(t *testing.T) {
	l := newLab(t)
	for _, c := range []struct {
		name, body, contentType string
		want                    int
	}{
		{"nothing", "", "application/sdp", http.StatusBadRequest},
		{"JSON", "{}", "application/json", http.StatusUnsupportedMediaType},
		{"a publisher", offer(t, "whip-obs32.sdp"), "application/sdp", http.StatusBadRequest},
		{"too much", "v=0\r\n" + strings.Repeat("a", 1<<20), "application/sdp", http.StatusRequestEntityTooLarge},
	} {
		if w := l.do("POST", "/api/v1/check", c.body, "Content-Type", c.contentType); w.Code != c.want {
			t.Errorf("%s: status %d, want %d; %s", c.name, w.Code, c.want, w.Body)
		}
	}
	if w := l.do("GET", "/api/v1/check", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: status %d", w.Code)
	}
}

func TestTestsOfNetworksAreBoundedByAddress(t *testing.T) {
	l := newLab(t, func(o *setup) { o.Limits.AddressSetups = 1000 })
	text := offer(t, "whep-chromium156.sdp")
	for i := range 100 {
		if w := l.post("/api/v1/check", text); w.Code != http.StatusOK {
			t.Fatalf("test %d: status %d, %s", i, w.Code, w.Body)
		}
	}
	w := l.post("/api/v1/check", text)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "10" {
		t.Errorf("one more: status %d, %v", w.Code, w.Header())
	}
	if w := l.post("/api/v1/check", text, "From", "192.0.2.8:50000"); w.Code != http.StatusOK {
		t.Errorf("from elsewhere: status %d, %s", w.Code, w.Body)
	}
}

func TestASocketSaysBackWhatItIsTold(t *testing.T) {
	l := newLab(t)
	url := "ws" + strings.TrimPrefix(serve(t, l), "http") + "/api/v1/check/ws"
	own := http.Header{"Origin": {"http" + strings.TrimSuffix(strings.TrimPrefix(url, "ws"), "/api/v1/check/ws")}}
	dialer := websocket.Dialer{Subprotocols: []string{"check.v1"}, HandshakeTimeout: 10 * time.Second}
	conn, _, err := dialer.Dial(url, own)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i := range 3 {
		sent := fmt.Sprint(i)
		if err := conn.WriteMessage(websocket.TextMessage, []byte(sent)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := conn.ReadMessage(); err != nil || string(got) != sent {
			t.Fatalf("got %q, %v, want %q", got, err, sent)
		}
	}
	if err := conn.WriteMessage(websocket.TextMessage, make([]byte, 65)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := conn.ReadMessage(); err == nil {
		t.Error("it says back as much as it is told")
	}

	for name, c := range map[string]struct {
		dialer websocket.Dialer
		header http.Header
		want   int
	}{
		"a page of others":      {dialer, http.Header{"Origin": {"https://elsewhere.example"}}, http.StatusForbidden},
		"another subprotocol":   {websocket.Dialer{Subprotocols: []string{"room.v1"}}, own, http.StatusBadRequest},
		"without a subprotocol": {websocket.Dialer{}, own, http.StatusBadRequest},
	} {
		_, response, err := c.dialer.Dial(url, c.header)
		if err == nil || response == nil || response.StatusCode != c.want {
			t.Errorf("%s: %v, %v, want status %d", name, response, err, c.want)
		}
	}

	left, _, err := dialer.Dial(url, own) // is closed with the server
	if err != nil {
		t.Fatal(err)
	}
	defer left.Close()
	l.Server.Close()
	if _, _, err := left.ReadMessage(); err == nil {
		t.Error("it outlives the server")
	}
}

const report = `{"verdict":"tcp","lines":[{"id":"udp","level":"fail","detail":"nothing\u202e\ncame"},{"id":"tcp","level":"ok"}]}`

func TestResultsComeToTheOwnerByACode(t *testing.T) {
	l, _, _ := owned(t)
	bearer := []string{"Authorization", "Bearer " + firstKey}
	do := func(method, path, body string, headers ...string) (int, map[string]any) {
		t.Helper()
		w := l.do(method, path, body, append([]string{"Content-Type", "application/json"}, headers...)...)
		var got map[string]any
		_ = json.Unmarshal(w.Body.Bytes(), &got) // none, with 204
		return w.Code, got
	}
	if code, _ := do("POST", "/api/v1/checks", `{"name":"7b"}`); code != http.StatusUnauthorized {
		t.Fatalf("a stranger makes a code: status %d", code)
	}
	status, made := do("POST", "/api/v1/checks", `{"name":"7b"}`, bearer...)
	code, _ := made["code"].(string)
	if status != http.StatusCreated || len(code) != 8 || made["link"] != "http://127.0.0.1:8080/check?c="+code {
		t.Fatalf("status %d, %v", status, made)
	}
	path := "/api/v1/checks/" + code
	for range 25 {
		if status, got := do("POST", path, report, "User-Agent", "Test/1\x1b[2J"); status != http.StatusNoContent {
			t.Fatalf("status %d, %v", status, got)
		}
	}
	if status, _ := do("POST", "/api/v1/checks/"+strings.ToUpper(code), report); status != http.StatusNoContent {
		t.Errorf("in capitals: status %d", status)
	}
	if status, _ := do("GET", path, ""); status != http.StatusUnauthorized {
		t.Errorf("a stranger reads it: status %d", status)
	}
	status, got := do("GET", path, "", bearer...)
	results, _ := got["results"].([]any)
	if status != http.StatusOK || len(results) != 20 {
		t.Fatalf("status %d, %d results, want the last 20", status, len(results))
	}
	last, _ := json.Marshal(results[18])
	for _, want := range []string{`"verdict":"tcp"`, `"detail":"nothing  came"`, `"remote":"192.0.2.7"`, `"agent":"Test/1 [2J"`} {
		if !strings.Contains(string(last), want) {
			t.Errorf("%s is not in %s", want, last)
		}
	}
	if _, all := do("GET", "/api/v1/checks", "", bearer...); len(all["checks"].([]any)) != 1 {
		t.Errorf("got %v", all)
	}
	if status, _ := do("DELETE", path, "", bearer...); status != http.StatusNoContent {
		t.Errorf("DELETE: status %d", status)
	}
	if status, _ := do("POST", path, report); status != http.StatusNotFound {
		t.Errorf("after that: status %d", status)
	}
}

func TestCodesOfTestsExpireAndAreBounded(t *testing.T) {
	l, _, _ := owned(t)
	bearer := []string{"Authorization", "Bearer " + firstKey}
	add := func() string {
		t.Helper()
		var made struct{ Code string }
		w := l.do("POST", "/api/v1/checks", "", bearer...)
		if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || w.Code != http.StatusCreated {
			t.Fatalf("status %d, %s", w.Code, w.Body)
		}
		return made.Code
	}
	report := func(code string) int {
		return l.do("POST", "/api/v1/checks/"+code, report, "Content-Type", "application/json").Code
	}
	first := add()
	for range 100 {
		add()
	}
	if got := report(first); got != http.StatusNotFound {
		t.Errorf("the oldest of 101: status %d", got)
	}
	last := add()
	if got := report(last); got != http.StatusNoContent {
		t.Errorf("the newest: status %d", got)
	}
	l.clock.advance(7*24*time.Hour + time.Second)
	if got := report(last); got != http.StatusNotFound {
		t.Errorf("after a week: status %d", got)
	}
}

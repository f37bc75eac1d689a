package signaling_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// Strangers and other users flood a session, guess at others, and lie about the
// ICE session: they are told so, and the session's media go on.
func TestASessionIsItsOwners(t *testing.T) {
	l := newLab(t, func(o *setup) { o.Authorizer, o.QueryToken = keys(t, false), true })
	publish(t, l, "/whip/demo?token=alice-key")
	viewer := watch(t, l, "/whep/demo?token=alice-key")
	viewer.wantMedia(5, anything)
	w := l.post("/whip/other", offer(t, "whip-obs32.sdp"), bearerOf("alice-key")...)
	if w.Code != http.StatusCreated {
		t.Fatal(w.Code, w.Body)
	}
	at, tag := w.Header().Get("Location"), w.Header().Get("ETag")
	const fragment = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
	patch := func(path, match, token string) int {
		headers := []string{"Content-Type", "application/trickle-ice-sdpfrag"}
		if match != "" {
			headers = append(headers, "If-Match", match)
		}
		if token != "" {
			headers = append(headers, bearerOf(token)...)
		}
		return l.do("PATCH", path, fragment, headers...).Code
	}
	for _, c := range []struct {
		name, match, token string
		want               int
	}{
		{"no token", tag, "", http.StatusUnauthorized},
		{"a wrong token", tag, "nonsense", http.StatusUnauthorized},
		{"another user's token", tag, "bob-key", http.StatusForbidden},
		{"a token without the right", tag, "watch-key", http.StatusForbidden},
		{"no If-Match", "", "alice-key", http.StatusPreconditionRequired},
		{"a stale If-Match", `"stale"`, "alice-key", http.StatusPreconditionFailed},
	} {
		l.clock.advance(time.Minute)
		if got := patch(at, c.match, c.token); got != c.want {
			t.Errorf("PATCH with %s: %d, want %d", c.name, got, c.want)
		}
		if strings.HasPrefix(c.name, "a s") || strings.HasPrefix(c.name, "no If") {
			continue // DELETE knows no If-Match (RFC 9725 §4.3.1)
		}
		l.clock.advance(time.Minute)
		var headers []string
		if c.token != "" {
			headers = bearerOf(c.token)
		}
		if got := l.do("DELETE", at, "", headers...).Code; got != c.want {
			t.Errorf("DELETE with %s: %d, want %d", c.name, got, c.want)
		}
	}

	flood := func(what string, send func() int, first int) {
		t.Helper()
		l.clock.advance(time.Minute)
		codes := map[int]int{}
		for range 2000 {
			codes[send()]++
		}
		if codes[first] == 0 || codes[http.StatusTooManyRequests] < 500 || codes[first]+codes[http.StatusTooManyRequests] != 2000 {
			t.Errorf("%s: %v, want %d and then 429", what, codes, first)
		}
	}
	flood("DELETE with another user's token", func() int { return l.do("DELETE", at, "", bearerOf("bob-key")...).Code }, http.StatusForbidden)
	flood("PATCH with another user's token", func() int { return patch(at, tag, "bob-key") }, http.StatusForbidden)
	flood("guessed sessions", func() int {
		return l.do("DELETE", "/sessions/whip/"+strings.Repeat("A", 26), "", bearerOf("alice-key")...).Code
	}, http.StatusNotFound)

	l.clock.advance(time.Minute)
	if n := l.Sessions(); n < 2 {
		t.Errorf("%d sessions are left", n)
	}
	viewer.wantMedia(20, anything)
}

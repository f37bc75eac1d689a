package signaling_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern/internal/audit"
	"lectern/internal/auth"
	"lectern/internal/store"
	"lectern/signaling"
)

const firstKey = "canary-first-key-canary"

// owned is a lab with keys that come and go, and what its audit log is in the
// end: that ends the server.
func owned(t testing.TB, configure ...func(*setup)) (*lab, *auth.Keys, func() string) {
	t.Helper()
	dir := t.TempDir()
	var log *audit.Log
	var keys *auth.Keys
	// Opened in the lab, so that it is closed before the lab looks for leaks.
	open := func(o *setup) {
		kept, err := store.Open(t.Context(), store.Options{Path: filepath.Join(dir, "rooms.db")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = kept.Close() })
		if log, err = audit.Open(dir, nil); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(log.Close)
		if keys, err = auth.NewKeys(t.Context(), kept, nil); err != nil {
			t.Fatal(err)
		}
		ring, err := auth.New(auth.Options{First: firstKey, ClosedWatch: true, Ledgers: []auth.Ledger{keys}})
		if err != nil {
			t.Fatal(err)
		}
		sessions := auth.NewSessions(ring, log)
		o.Authorizer, o.Owner, o.Audit = sessions, &signaling.Owner{Keys: keys, Sessions: sessions}, log
	}
	l := newLab(t, append([]func(*setup){open}, configure...)...)
	return l, keys, func() string {
		l.Server.Close()
		log.Close()
		text, err := os.ReadFile(filepath.Join(dir, audit.File))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

func bearerOf(token string) []string { return []string{"Authorization", "Bearer " + token} }

func (l *lab) json(method, path, body, token string) (status int, answer map[string]any) {
	headers := bearerOf(token)
	if body != "" {
		headers = append(headers, "Content-Type", "application/json")
	}
	w := l.do(method, path, body, headers...)
	_ = json.Unmarshal(w.Body.Bytes(), &answer) // none is nil
	return w.Code, answer
}

func TestOnlyTheOwnerManages(t *testing.T) {
	l, keys, _ := owned(t)
	_, watcher, err := keys.Add(t.Context(), auth.Issued{Stream: []string{"*"}, Can: []auth.Action{auth.Publish, auth.Watch}})
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range []string{
		"GET /api/v1/keys", "POST /api/v1/keys", "DELETE /api/v1/keys/x", "POST /api/v1/keys/x/rotate",
		"GET /api/v1/denied", "POST /api/v1/denied", "DELETE /api/v1/denied/x", "GET /api/v1/sessions", "DELETE /api/v1/sessions/x",
	} {
		method, path, _ := strings.Cut(route, " ")
		l.clock.advance(time.Minute) // refused attempts are limited
		if w := l.do(method, path, "", "From", "127.0.0.1:50000"); w.Code != http.StatusUnauthorized {
			t.Errorf("%s without a token, on loopback: %d, want 401", route, w.Code)
		}
		if w := l.do(method, path, "", bearerOf(watcher)...); w.Code != http.StatusForbidden {
			t.Errorf("%s with a key without the right: %d, want 403", route, w.Code)
		}
		if w := l.do(method, path, "", bearerOf("nonsense")...); w.Code != http.StatusUnauthorized {
			t.Errorf("%s with a wrong key: %d, want 401", route, w.Code)
		}
	}
}

func TestKeysByTheAPI(t *testing.T) {
	l, _, _ := owned(t)
	code, made := l.json("POST", "/api/v1/keys", `{"name":"camera","stream":["live/demo"],"can":["publish"]}`, firstKey)
	if code != http.StatusCreated {
		t.Fatal(code, made)
	}
	id, secret := made["id"].(string), made["key"].(string)
	if w := l.post("/whip/demo", offer(t, "whip-obs32.sdp"), bearerOf(secret)...); w.Code != http.StatusCreated {
		t.Errorf("publish with the new key: %d %s", w.Code, w.Body)
	}
	if w := l.post("/whip/other", offer(t, "whip-obs32.sdp"), bearerOf(secret)...); w.Code != http.StatusForbidden {
		t.Errorf("publish another stream with it: %d, want 403", w.Code)
	}
	w := l.do("GET", "/api/v1/keys", "", bearerOf(firstKey)...)
	if !strings.Contains(w.Body.String(), `"name":"camera"`) || strings.Contains(w.Body.String(), secret) || strings.Contains(w.Body.String(), auth.DigestOf(secret)) {
		t.Errorf("the list is %s; want the name, and no secret", w.Body)
	}

	code, rotated := l.json("POST", "/api/v1/keys/"+id+"/rotate", "", firstKey)
	if code != http.StatusOK || rotated["key"] == secret || rotated["id"] != id {
		t.Errorf("rotated: %d %v", code, rotated)
	}
	if code, _ := l.json("DELETE", "/api/v1/keys/"+id, "", firstKey); code != http.StatusNoContent {
		t.Errorf("revoked: %d, want 204", code)
	}
	if code, p := l.json("DELETE", "/api/v1/keys/"+id, "", firstKey); code != http.StatusNotFound || p["code"] != "not_found" {
		t.Errorf("revoked twice: %d %v, want 404", code, p)
	}
	for _, body := range []string{`{}`, `{"can":["root"],"stream":["*"]}`, `{"can":["watch"],"stream":["../x"]}`, `[`} {
		if code, p := l.json("POST", "/api/v1/keys", body, firstKey); code != http.StatusBadRequest || p["code"] != "malformed" {
			t.Errorf("POST %s: %d %v, want 400", body, code, p)
		}
	}
}

func TestDeniedTokensByTheAPI(t *testing.T) {
	l, keys, _ := owned(t)
	if code, p := l.json("POST", "/api/v1/denied", `{"jti":"a/b?c"}`, firstKey); code != http.StatusCreated {
		t.Fatal(code, p)
	}
	if denied, _ := keys.Denied(t.Context(), "a/b?c"); !denied {
		t.Error("the token is not denied")
	}
	w := l.do("GET", "/api/v1/denied", "", bearerOf(firstKey)...)
	if !strings.Contains(w.Body.String(), `{"denied":[{"jti":"a/b?c"}]}`) {
		t.Errorf("the list is %s", w.Body)
	}
	if code, _ := l.json("DELETE", "/api/v1/denied/a/b%3Fc", "", firstKey); code != http.StatusNoContent {
		t.Errorf("allowed again: %d, want 204", code)
	}
	if code, _ := l.json("POST", "/api/v1/denied", `{"jti":""}`, firstKey); code != http.StatusBadRequest {
		t.Errorf("no jti: %d, want 400", code)
	}
}

// What ends the media of a publisher and a viewer that are connected: the owner
// ends the session, or takes the key back.
func TestTakingBackEndsLiveMedia(t *testing.T) {
	const within = 2 * time.Second
	for _, how := range []string{"kick", "revoke", "rotate"} {
		t.Run(how, func(t *testing.T) {
			l, keys, written := owned(t, func(o *setup) { o.QueryToken = true })
			both := auth.Issued{Name: "both", Stream: []string{"*"}, Can: []auth.Action{auth.Publish, auth.Watch}}
			publishing, p, err := keys.Add(t.Context(), both)
			if err != nil {
				t.Fatal(err)
			}
			watching, v, err := keys.Add(t.Context(), both)
			if err != nil {
				t.Fatal(err)
			}
			publish(t, l, "/whip/demo", bearerOf(p)...)
			viewer := watch(t, l, "/whep/demo?token="+v)
			viewer.wantMedia(5, anything)

			for _, which := range []struct{ protocol, key string }{{"whep", watching.ID}, {"whip", publishing.ID}} {
				before := l.Sessions()
				start := time.Now()
				l.clock.advance(time.Minute)
				switch how {
				case "kick":
					_, list := l.json("GET", "/api/v1/sessions", "", firstKey)
					for _, s := range list["sessions"].([]any) {
						if s := s.(map[string]any); s["protocol"] == which.protocol {
							if code, body := l.json("DELETE", "/api/v1/sessions/"+s["id"].(string), "", firstKey); code != http.StatusNoContent {
								t.Fatal(code, body)
							}
						}
					}
				case "revoke":
					if code, body := l.json("DELETE", "/api/v1/keys/"+which.key, "", firstKey); code != http.StatusNoContent {
						t.Fatal(code, body)
					}
				case "rotate":
					if code, body := l.json("POST", "/api/v1/keys/"+which.key+"/rotate", "", firstKey); code != http.StatusOK {
						t.Fatal(code, body)
					}
				}
				for l.Sessions() != before-1 {
					if time.Since(start) > within {
						t.Fatalf("%s goes on %v after it was taken back", which.protocol, within)
					}
				}
				t.Logf("%s ended after %v", which.protocol, time.Since(start).Round(time.Millisecond))
			}
			text := written()
			for _, want := range []string{`"event.action":"publish"`, `"event.action":"publish_end"`, `"event.action":"login"`} {
				if !strings.Contains(text, want) {
					t.Errorf("the audit log has no %s:\n%s", want, text)
				}
			}
		})
	}
}

// Secrets that somebody presents, rightly or wrongly, or that are made, are in
// no log, list, error or audit entry.
func TestSecretsAppearNowhere(t *testing.T) {
	lines := newLogs()
	l, _, written := owned(t, logged(lines), func(o *setup) { o.QueryToken = true })
	_, made := l.json("POST", "/api/v1/keys", `{"name":"k","stream":["*"],"can":["publish","watch"]}`, firstKey)
	secret := made["key"].(string)
	const wrong, signed = "canary-wrong-canary", "canaryA.canaryB.canaryC"
	var said strings.Builder
	for _, token := range []string{firstKey, secret, wrong, signed, ""} {
		l.clock.advance(time.Minute)
		for _, w := range []interface {
			Header() http.Header
		}{
			l.post("/whip/demo?token="+token, offer(t, "whip-obs32.sdp")),
			l.post("/whip/demo?k="+token, "v=0\r\n"),
			l.post("/whep/demo", offer(t, "whep-chromium156.sdp"), bearerOf(token)...),
			l.do("GET", "/api/v1/streams?token="+token, ""),
			l.do("GET", "/api/v1/keys", "", bearerOf(token)...),
			l.do("GET", "/api/v1/sessions", "", bearerOf(token)...),
			l.do("DELETE", "/api/v1/sessions/x?token="+token, ""),
			l.do("POST", "/hook/publish?name=demo&token="+token, ""),
			l.do("GET", "/api/v1/info?token="+token, ""),
		} {
			w := w.(*httptest.ResponseRecorder)
			said.WriteString(w.Body.String())
			for name, values := range w.Header() {
				said.WriteString(name + strings.Join(values, " "))
			}
		}
	}
	audited := written()
	lines.mu.Lock()
	defer lines.mu.Unlock()
	for place, text := range map[string]string{"answers": said.String(), "audit log": audited, "log": strings.Join(lines.lines, "\n")} {
		if text == "" {
			t.Errorf("the %s is empty, the test shows nothing", place)
		}
		for _, canary := range []string{firstKey, secret, wrong, signed, "canaryB"} {
			if strings.Contains(text, canary) {
				t.Errorf("the %s has %q in it:\n%s", place, canary, text)
			}
		}
	}
}

// What a server does not have has no route, instead of failing there.
func TestAnOwnerOfNothing(t *testing.T) {
	ring, err := auth.New(auth.Options{First: firstKey})
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t, func(o *setup) { o.Authorizer, o.Owner = ring, &signaling.Owner{Drain: func() {}} })
	url := serve(t, l)
	for _, path := range []string{"keys", "keys/x", "keys/x/rotate", "denied", "denied/x", "sessions", "sessions/x", "history", "logs", "logs/tail", "config", "doctor", "drain",
		"people", "people/x", "webhooks/deliveries", "webhooks/deliveries/x/redeliver", "rooms/x/end", "rooms/x/lock"} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			r, err := http.NewRequestWithContext(t.Context(), method, url+"/api/v1/"+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+firstKey)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode >= http.StatusInternalServerError {
				t.Errorf("%s %s: status %d", method, path, resp.StatusCode)
			}
		}
	}
}

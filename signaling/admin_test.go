package signaling_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern/internal/auth"
	"lectern/internal/config"
	"lectern/internal/doctor"
	"lectern/internal/history"
	loglines "lectern/internal/logs"
)

const page = "http://127.0.0.1:8080" // whose page asks, see lab.do

// administered is owned with all that the page /admin asks for.
func administered(t testing.TB, configure ...func(*setup)) (l *lab, keys *auth.Keys, lines *slog.Logger, written func() string) {
	t.Helper()
	ring := loglines.NewRing()
	lines = slog.New(ring.Handler(slog.NewTextHandler(io.Discard, nil)))
	l, keys, written = owned(t, append([]func(*setup){func(o *setup) {
		c := config.Default()
		c.Auth.Keys = []config.Key{{Key: "canary-configured-canary", Stream: []string{"*"}, Can: []string{"publish"}}}
		c.Hooks.OnPublish = "https://hooks.example/?k=canary-configured-canary"
		o.Log = lines
		o.Owner.Logs, o.Owner.Settings = ring, c.Values
		o.Owner.History = history.New([]history.Column{{Name: "streams", Kind: history.Gauge}}, func() []float64 { return []float64{1} })
		o.Owner.Doctor = func(context.Context, bool) any {
			return doctor.Report{Checks: []doctor.Check{{ID: "host.clock", Level: doctor.OK, Title: "the clock"}}}
		}
		o.Owner.Drain = func() { lines.Info("drained") }
	}}, configure...)...)
	return l, keys, lines, written
}

// visitor is what a page has after somebody logged in.
type visitor struct {
	*lab
	cookie *http.Cookie
	csrf   string
}

func login(t testing.TB, l *lab, key string, headers ...string) (visitor, *httptest.ResponseRecorder) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"key": key})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(headers, "Origin") {
		headers = append(headers, "Origin", page)
	}
	w := l.do("POST", "/api/v1/login", string(body), append([]string{"Content-Type", "application/json"}, headers...)...)
	v := visitor{lab: l}
	for _, c := range w.Result().Cookies() {
		v.cookie = c
	}
	var answer struct {
		Login struct{ Identity, CSRF string }
	}
	if w.Code == http.StatusOK {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
	}
	v.csrf = answer.Login.CSRF
	return v, w
}

// ask asks as the page does; headers that are given count instead.
func (v visitor) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	all := map[string]string{"Cookie": v.cookie.Name + "=" + v.cookie.Value, "Lectern-CSRF": v.csrf}
	if method != "GET" {
		all["Origin"] = page
	}
	if body != "" {
		all["Content-Type"] = "application/json"
	}
	for i := 0; i < len(headers); i += 2 {
		all[headers[i]] = headers[i+1]
	}
	var list []string
	for name, value := range all {
		if value != "" {
			list = append(list, name, value)
		}
	}
	return v.do(method, path, body, list...)
}

func wantCode(t *testing.T, what string, w *httptest.ResponseRecorder, code int) {
	t.Helper()
	if w.Code != code {
		t.Errorf("%s: %d %s, want %d", what, w.Code, w.Body, code)
	}
}

func TestTheOwnersPage(t *testing.T) {
	l, _, _, written := administered(t)
	v, w := login(t, l, firstKey)
	wantCode(t, "login", w, 200)
	c := v.cookie
	if c == nil || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || c.Path != "/api" || len(c.Value) < 43 || c.MaxAge != 12*3600 {
		t.Fatalf("the cookie is %+v", c)
	}
	if strings.Contains(w.Body.String(), firstKey) || strings.Contains(w.Body.String(), c.Value) || v.csrf == "" || v.csrf == c.Value {
		t.Errorf("the answer is %s", w.Body)
	}
	for _, path := range []string{"keys", "denied", "sessions", "history", "history?span=24h&since=5", "logs", "config", "doctor", "streams", "login"} {
		wantCode(t, path, v.ask("GET", "/api/v1/"+path, ""), 200)
		wantCode(t, path+" of a page that is loaded", v.ask("GET", "/api/v1/"+path, "", "Lectern-CSRF", ""), 200)
	}
	wantCode(t, "a span that is none", v.ask("GET", "/api/v1/history?span=1y", ""), 400)
	wantCode(t, "a level that is none", v.ask("GET", "/api/v1/logs?level=loud", ""), 400)
	wantCode(t, "a key", v.ask("POST", "/api/v1/keys", `{"name":"x","stream":["*"],"can":["watch"]}`), 201)
	wantCode(t, "a key frame of nothing", v.ask("POST", "/api/v1/streams/nothing/keyframe", ""), 404)
	wantCode(t, "a stream that is posted to", v.ask("POST", "/api/v1/streams/nothing", ""), 405)
	wantCode(t, "drain", v.ask("POST", "/api/v1/drain", ""), 202)
	if w := v.ask("GET", "/api/v1/logs", ""); !strings.Contains(w.Body.String(), `"message":"drained"`) {
		t.Errorf("the log is %s", w.Body)
	}
	out := v.ask("DELETE", "/api/v1/login", "")
	wantCode(t, "logout", out, 204)
	if gone := out.Result().Cookies(); len(gone) != 1 || gone[0].MaxAge >= 0 || gone[0].Path != "/api" {
		t.Errorf("after the logout the cookie is %v", gone)
	}
	wantCode(t, "after the logout", v.ask("GET", "/api/v1/keys", ""), 401)
	text := written()
	for _, action := range []string{"login", "logout", "drain", "key_add", "refused"} {
		if !strings.Contains(text, `"event.action":"`+action+`"`) {
			t.Errorf("the audit log has no %s:\n%s", action, text)
		}
	}
	for _, secret := range []string{firstKey, c.Value, v.csrf} {
		if strings.Contains(text, secret) {
			t.Error("the audit log has a secret in it")
		}
	}
}

// What a page of somebody else can make the owner's browser send, and what
// lacks what only our page knows.
func TestRequestsThatOurPageDoesNotMakeAreRefused(t *testing.T) {
	l, _, _, _ := administered(t)
	v, _ := login(t, l, firstKey)
	other, _ := login(t, l, firstKey)
	for _, c := range []struct {
		name, method string
		headers      []string
		code         int
	}{
		{"no token", "POST", []string{"Lectern-CSRF", ""}, 403},
		{"another visit's token", "POST", []string{"Lectern-CSRF", other.csrf}, 403},
		{"no Origin", "POST", []string{"Origin", ""}, 403},
		{"a foreign Origin", "POST", []string{"Origin", "https://evil.example"}, 403},
		{"null", "POST", []string{"Origin", "null"}, 403},
		{"another port", "POST", []string{"Origin", "http://127.0.0.1:9999"}, 403},
		{"a look-alike", "POST", []string{"Origin", "http://127.0.0.1:8080.evil.example"}, 403},
		{"a subdomain", "POST", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"a look by a foreign page", "GET", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a look by another port", "GET", []string{"Origin", "http://127.0.0.1:9999"}, 403},
		{"a look with a wrong token", "GET", []string{"Lectern-CSRF", "nonsense"}, 403},
		{"a name that was made to lead here", "GET", []string{"Host", "evil.example:8080"}, 401},
		{"a name that was made to lead here, a change", "POST", []string{"Host", "evil.example:8080", "Origin", "http://evil.example:8080"}, 401},
		{"another cookie", "GET", []string{"Cookie", "lectern_admin=nonsense"}, 401},
		{"our page", "GET", nil, 200},
		{"our page, a change", "POST", []string{"Sec-Fetch-Site", "same-origin"}, 201},
	} {
		l.clock.advance(time.Minute) // refused attempts are limited
		body := ""
		if c.method == "POST" {
			body = `{"name":"x","stream":["*"],"can":["watch"]}`
		}
		wantCode(t, c.name, v.ask(c.method, "/api/v1/keys", body, c.headers...), c.code)
	}
	// Who says nothing of a cookie is asked for a token as ever.
	wantCode(t, "a bearer token", v.ask("GET", "/api/v1/keys", "", "Authorization", "Bearer nonsense"), 401)
	if w := v.ask("DELETE", "/api/v1/login", "", "Lectern-CSRF", ""); w.Code != 403 {
		t.Errorf("logout by another page: %d, want 403", w.Code)
	}
	for _, origin := range []string{"https://evil.example", "null", "http://127.0.0.1:9999"} {
		if _, w := login(t, l, firstKey, "Origin", origin); w.Code != 403 {
			t.Errorf("login from %s: %d, want 403", origin, w.Code)
		}
	}
}

// With origins of others in the settings they may use WHIP, not the cookie.
func TestOriginsOfOthersHaveNoCookie(t *testing.T) {
	l, _, _, _ := administered(t, func(o *setup) { o.CORSOrigins = []string{"https://friend.example"} })
	v, _ := login(t, l, firstKey)
	wantCode(t, "a friend", v.ask("POST", "/api/v1/keys", `{"stream":["*"],"can":["watch"]}`, "Origin", "https://friend.example"), 403)
	w := v.ask("GET", "/api/v1/keys", "", "Origin", "https://friend.example")
	wantCode(t, "a friend's look", w, 403)
	if w.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Error("cookies are allowed to others")
	}
}

func TestWrongKeysAreLimited(t *testing.T) {
	l, keys, _, written := administered(t)
	_, watcher, err := keys.Add(t.Context(), auth.Issued{Stream: []string{"*"}, Can: []auth.Action{auth.Watch}})
	if err != nil {
		t.Fatal(err)
	}
	var codes []int
	for range 12 {
		_, w := login(t, l, "canary-wrong-canary")
		codes = append(codes, w.Code)
	}
	if !slices.Contains(codes[:10], 401) || codes[0] != 401 || codes[11] != 429 {
		t.Errorf("wrong keys: %v", codes)
	}
	if _, w := login(t, l, firstKey); w.Code != 429 {
		t.Errorf("the right key of who has tried too many: %d, want 429", w.Code)
	}
	l.clock.advance(time.Minute)
	if _, w := login(t, l, watcher); w.Code != 403 {
		t.Errorf("a key without the right: %d, want 403", w.Code)
	}
	if _, w := login(t, l, ""); w.Code != 401 {
		t.Errorf("no key: %d, want 401", w.Code)
	}
	if _, w := login(t, l, firstKey); w.Code != 200 {
		t.Errorf("the right key after a minute: %d", w.Code)
	}
	if text := written(); !strings.Contains(text, `"event.action":"refused"`) || strings.Contains(text, "canary") {
		t.Errorf("the audit log is %s", text)
	}
}

func TestVisitsEnd(t *testing.T) {
	l, keys, _, _ := administered(t)
	key, secret, err := keys.Add(t.Context(), auth.Issued{Can: []auth.Action{auth.Admin}})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("when nobody is there", func(t *testing.T) {
		v, _ := login(t, l, firstKey)
		for range 5 { // an open page that asks by itself is nobody
			l.clock.advance(25 * time.Minute)
			if w := v.ask("GET", "/api/v1/keys", "", "Lectern-CSRF", ""); l.clock.now().IsZero() || w.Code != 200 && w.Code != 401 {
				t.Fatal(w.Code)
			}
		}
		wantCode(t, "after two hours", v.ask("GET", "/api/v1/keys", ""), 401)
	})
	t.Run("at the latest", func(t *testing.T) {
		v, _ := login(t, l, firstKey)
		for range 11 {
			l.clock.advance(time.Hour)
			wantCode(t, "in use", v.ask("GET", "/api/v1/keys", ""), 200)
		}
		l.clock.advance(time.Hour)
		wantCode(t, "after twelve hours", v.ask("GET", "/api/v1/keys", ""), 401)
	})
	t.Run("with the key", func(t *testing.T) {
		v, _ := login(t, l, secret)
		wantCode(t, "before", v.ask("GET", "/api/v1/keys", ""), 200)
		wantCode(t, "its own end", v.ask("DELETE", "/api/v1/keys/"+key.ID, ""), 204)
		if w := v.ask("GET", "/api/v1/login", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `{"login":null}`) {
			t.Errorf("who is logged in after that: %d %s", w.Code, w.Body)
		}
		l.clock.advance(time.Minute)
		wantCode(t, "after that", v.ask("GET", "/api/v1/keys", ""), 401)
	})
	t.Run("when the same browser logs in again", func(t *testing.T) {
		v, _ := login(t, l, firstKey)
		again, _ := login(t, l, firstKey, "Cookie", v.cookie.Name+"="+v.cookie.Value)
		wantCode(t, "the former one", v.ask("GET", "/api/v1/keys", ""), 401)
		wantCode(t, "the present one", again.ask("GET", "/api/v1/keys", ""), 200)
	})
	t.Run("when there are too many", func(t *testing.T) {
		first, _ := login(t, l, firstKey)
		l.clock.advance(time.Second)
		var last visitor
		for range 64 {
			last, _ = login(t, l, firstKey)
		}
		l.clock.advance(time.Minute)
		wantCode(t, "the first", first.ask("GET", "/api/v1/keys", ""), 401)
		wantCode(t, "the last", last.ask("GET", "/api/v1/keys", ""), 200)
	})
}

func TestTheCookieIsSecureWithTLS(t *testing.T) {
	l, _, _, _ := administered(t, func(o *setup) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	v, w := login(t, l, firstKey, "X-Forwarded-Proto", "https", "Origin", "https://live.example", "X-Forwarded-Host", "live.example")
	if c := v.cookie; w.Code != 200 || !c.Secure || c.Name != "__Host-lectern_admin" || c.Path != "/" || c.Domain != "" || !c.HttpOnly {
		t.Errorf("%d, %+v", w.Code, c)
	}
	proxy := []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "live.example"}
	wantCode(t, "with HTTPS", v.ask("GET", "/api/v1/keys", "", proxy...), 200)
	wantCode(t, "by a name that others can set", v.ask("GET", "/api/v1/keys", "", append(proxy, "Cookie", "lectern_admin="+v.cookie.Value)...), 401)
	out := v.ask("DELETE", "/api/v1/login", "", append(proxy, "Origin", "https://live.example")...)
	if gone := out.Result().Cookies(); out.Code != 204 || len(gone) != 1 || gone[0].Name != v.cookie.Name || gone[0].Path != "/" || gone[0].MaxAge >= 0 || !gone[0].Secure {
		t.Errorf("logout: %d, %v", out.Code, gone)
	}
}

// Cookies have no port: another program of this host sets one of our name, and
// the browser sends both, that of the longer path first.
func TestALoginSurvivesForeignCookiesOfItsName(t *testing.T) {
	l, _, _, _ := administered(t)
	foreign, _ := login(t, l, firstKey, "Host", "other.example:8080", "Origin", "http://other.example:8080")
	const name = "lectern_admin="
	for _, c := range []struct{ before, after string }{
		{name + "nonsense; ", ""},
		{name + "; ", "; " + name + "nonsense"},
		{strings.Repeat(name+"nonsense; ", 300), ""},
		{name + foreign.cookie.Value + "; ", ""},
	} {
		v, _ := login(t, l, firstKey, "Cookie", c.before+"x=y"+c.after)
		cookies := c.before + name + v.cookie.Value + c.after
		wantCode(t, "a look", v.ask("GET", "/api/v1/keys", "", "Cookie", cookies), 200)
		wantCode(t, "a change", v.ask("POST", "/api/v1/keys", `{"stream":["*"],"can":["watch"]}`, "Cookie", cookies), 201)
		wantCode(t, "logout", v.ask("DELETE", "/api/v1/login", "", "Cookie", cookies), 204)
		wantCode(t, "after that", v.ask("GET", "/api/v1/keys", "", "Cookie", cookies), 401)
		l.clock.advance(time.Minute)
	}
}

// Who follows the log gets what is there and what comes, and nothing any more
// when the key is taken back.
func TestTheLogIsFollowedWhileTheKeyIsGood(t *testing.T) {
	l, keys, lines, _ := administered(t)
	key, secret, err := keys.Add(t.Context(), auth.Issued{Can: []auth.Action{auth.Admin}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(l.handler)
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/api/v1/login", strings.NewReader(`{"key":"`+secret+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	in, err := client.Do(r)
	if err != nil || in.StatusCode != 200 {
		t.Fatal(in, err)
	}
	in.Body.Close()
	lines.Warn("before", "remote", "192.0.2.1")
	lines.Info("not wanted")
	got, err := client.Get(server.URL + "/api/v1/logs/tail?level=warn")
	if err != nil || got.StatusCode != 200 {
		t.Fatal(got, err)
	}
	defer got.Body.Close()
	text := bufio.NewScanner(got.Body)
	next := func(want string) {
		t.Helper()
		for text.Scan() {
			if strings.HasPrefix(text.Text(), "data: ") {
				if !strings.Contains(text.Text(), want) {
					t.Errorf("got %s, want %s", text.Text(), want)
				}
				return
			}
		}
		t.Fatalf("the end came before %s", want)
	}
	next(`"level":"WARN","message":"before","attrs":[{"key":"remote","value":"192.0.2.1"}]`)
	lines.Error("after")
	next(`"message":"after"`)
	began := time.Now()
	if err := keys.Revoke(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	for text.Scan() {
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the log went on for %v", took)
	}
}

// Secrets that are configured, made or presented are in none of the answers of
// the owner's page.
func TestTheOwnersPageHasNoSecrets(t *testing.T) {
	l, keys, lines, _ := administered(t)
	_, made, err := keys.Add(t.Context(), auth.Issued{Name: "k", Stream: []string{"*"}, Can: []auth.Action{auth.Publish}})
	if err != nil {
		t.Fatal(err)
	}
	v, _ := login(t, l, firstKey)
	secrets := []string{firstKey, made, auth.DigestOf(made), "canary", v.cookie.Value}
	lines.Info("configured", "secret", config.Secret("canary-logged-canary"))
	for _, token := range []string{made, "canary-wrong-canary", firstKey} {
		l.clock.advance(time.Minute)
		l.post("/whip/demo?token="+url.QueryEscape(token), offer(t, "whip-obs32.sdp"))
		l.post("/whip/demo", offer(t, "whip-obs32.sdp"), bearerOf(token)...)
		login(t, l, "canary-wrong-canary")
	}
	for _, path := range []string{"config", "logs", "history", "doctor", "keys", "denied", "sessions", "login", "streams"} {
		w := v.ask("GET", "/api/v1/"+path, "")
		wantCode(t, path, w, 200)
		for _, secret := range secrets {
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("%s has %q in it:\n%s", path, secret, w.Body)
			}
		}
	}
	if w := v.ask("GET", "/api/v1/config", ""); !strings.Contains(w.Body.String(), "********") {
		t.Error("no setting is masked, the test shows nothing")
	}
	if w := v.ask("GET", "/api/v1/logs", ""); !strings.Contains(w.Body.String(), `"refused"`) {
		t.Error("nothing is logged, the test shows nothing")
	}
}

func TestAllSessionsOfAStreamEnd(t *testing.T) {
	l, _, _, _ := administered(t, func(o *setup) { o.QueryToken = true })
	publish(t, l, "/whip/demo", bearerOf(firstKey)...)
	for range 2 {
		watch(t, l, "/whep/demo?token="+firstKey).wantMedia(5, anything)
	}
	v, _ := login(t, l, firstKey)
	wantCode(t, "whose", v.ask("DELETE", "/api/v1/sessions", ""), 400)
	wantCode(t, "which", v.ask("DELETE", "/api/v1/sessions?stream=demo&action=join", ""), 400)
	if w := v.ask("DELETE", "/api/v1/sessions?stream=demo&action=watch", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `{"kicked":2}`) {
		t.Errorf("the viewers: %d %s", w.Code, w.Body)
	}
	wantCode(t, "a key frame", v.ask("POST", "/api/v1/streams/demo/keyframe", ""), 202)
	if w := v.ask("DELETE", "/api/v1/sessions?stream=demo", ""); w.Code != 200 {
		t.Errorf("the publisher: %d %s", w.Code, w.Body)
	}
	for l.Sessions() > 0 && t.Context().Err() == nil {
		<-time.After(10 * time.Millisecond)
	}
}

package signaling_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lectern/internal/auth"
	"lectern/internal/classroom"
	"lectern/signaling"
)

// proxied are requests that come from this machine because a proxy does, which
// http.trusted_proxies does not name.
var proxied = []struct {
	name    string
	headers []string
}{
	{"X-Forwarded-For", []string{"X-Forwarded-For", "203.0.113.9"}},
	{"X-Forwarded-For that claims this machine", []string{"X-Forwarded-For", "127.0.0.1"}},
	{"Forwarded", []string{"Forwarded", "for=203.0.113.9;proto=https"}},
	{"Forwarded that claims this machine", []string{"Forwarded", "for=127.0.0.1"}},
	{"an empty X-Forwarded-For", []string{"X-Forwarded-For", ""}},
	{"X-Real-IP", []string{"X-Real-IP", "203.0.113.9"}},
	{"Via", []string{"Via", "1.1 proxy"}},
	{"CF-Connecting-IP", []string{"CF-Connecting-IP", "203.0.113.9"}},
	{"True-Client-IP", []string{"True-Client-IP", "203.0.113.9"}},
	{"the name by which others come", []string{"Host", "live.example.org"}},
	{"the address by which others come", []string{"Host", "203.0.113.5"}},
	{"the address by which others come, with a port", []string{"Host", "[2001:db8::5]:443"}},
	{"nginx as it is", []string{"Proto", "HTTP/1.0"}},
	{"nginx that passes WebSockets on", []string{"Connection", "upgrade"}},
}

// What this machine may do without a key is not handed to the world by a proxy
// on it; and the owner's right needs a key, whoever asks.
func TestAProxyOnThisMachineMakesNobodyATeacher(t *testing.T) {
	ring, err := auth.New(auth.Options{First: firstKey})
	if err != nil {
		t.Fatal(err)
	}
	s := newSchool(t, func(o *setup, _ *classroom.Options) {
		o.Authorizer, o.Owner = ring, &signaling.Owner{Sessions: auth.NewSessions(ring, nil)}
		o.Limits.Refused = signaling.Rate{PerSecond: -1}
	})
	ask := func(method, path, body string, headers []string) int {
		t.Helper()
		r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, strings.NewReader(body))
		r.RemoteAddr = "127.0.0.1:50000"
		r.Header.Set("Content-Type", "application/json")
		if strings.HasPrefix(path, "/whip/") {
			r.Header.Set("Content-Type", "application/sdp")
		}
		for i := 0; i < len(headers); i += 2 {
			switch headers[i] {
			case "Host":
				r.Host = headers[i+1]
			case "Proto":
				r.Proto, r.ProtoMinor = headers[i+1], 0
			default:
				r.Header.Set(headers[i], headers[i+1])
			}
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		return w.Code
	}
	if code := ask("POST", "/api/v1/rooms", `{"title":"mine"}`, nil); code != http.StatusCreated {
		t.Errorf("this machine: a room is made with %d", code)
	}
	for _, host := range []string{"localhost:8080", "[::1]:8080", "0.0.0.0:8080", "desk", "desk.local:8080"} {
		if code := ask("GET", "/api/v1/rooms", "", []string{"Host", host}); code != http.StatusOK {
			t.Errorf("this machine, as %s: %d", host, code)
		}
	}
	if code := ask("GET", "/api/v1/sessions", "", nil); code != http.StatusUnauthorized {
		t.Errorf("this machine: the owner's list is answered with %d", code)
	}
	for _, c := range proxied {
		t.Run(c.name, func(t *testing.T) {
			for _, request := range [][3]string{
				{"POST", "/api/v1/rooms", `{"title":"theirs"}`},
				{"GET", "/api/v1/rooms", ""},
				{"POST", "/whip/demo", offer(t, "whip-obs32.sdp")},
				{"GET", "/api/v1/sessions", ""},
				{"GET", "/api/v1/events?rooms=true", ""},
			} {
				if code := ask(request[0], request[1], request[2], c.headers); code != http.StatusUnauthorized {
					t.Errorf("%s %s: %d, want 401", request[0], request[1], code)
				}
			}
		})
	}
}

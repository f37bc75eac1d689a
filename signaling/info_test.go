package signaling_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lectern/internal/auth"
	"lectern/signaling"
)

func TestInfo(t *testing.T) {
	open, err := auth.New(auth.Options{OpenPublish: true})
	if err != nil {
		t.Fatal(err)
	}
	with := func(a signaling.Authorizer, info signaling.Info) func(*setup) {
		return func(o *setup) { o.Authorizer, o.Info = a, info }
	}
	for name, c := range map[string]struct {
		setup func(*setup)
		from  string
		want  string
	}{
		"nothing said": {with(nil, signaling.Info{}), "192.0.2.7:1", `{"name":"Lectern","version":"","https":false,"publish":{"key_needed":false},"demo":""}`},
		"from elsewhere": {with(keys(t, false), signaling.Info{Name: "Video", Version: "v1.2.3", Demo: "live/demo"}), "192.0.2.7:1",
			`{"name":"Video","version":"v1.2.3","https":false,"publish":{"key_needed":true},"demo":"live/demo"}`},
		"from this machine": {with(keys(t, false), signaling.Info{Version: "v1"}), "127.0.0.1:1", `{"name":"Lectern","version":"v1","https":false,"publish":{"key_needed":false},"demo":""}`},
		"open to all":       {with(open, signaling.Info{}), "192.0.2.7:1", `{"name":"Lectern","version":"","https":false,"publish":{"key_needed":false},"demo":""}`},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, c.setup)
			for range 20 { // to need a key is no refused attempt
				if w := l.do("GET", "/api/v1/info", "", "From", c.from); w.Code != http.StatusOK || w.Body.String() != c.want || w.Header().Get("Cache-Control") != "no-store" {
					t.Fatalf("%d %v %s, want %s", w.Code, w.Header(), w.Body, c.want)
				}
			}
		})
	}
}

func TestInfoOverHTTPS(t *testing.T) {
	l := newLab(t)
	r := httptest.NewRequest("GET", "https://video.example/api/v1/info", nil)
	r.TLS = &tls.ConnectionState{}
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), `"https":true`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestInfoWhenNobodyCanDecide(t *testing.T) {
	l := newLab(t, func(o *setup) { o.Authorizer = undecided{} })
	if w := l.do("GET", "/api/v1/info", ""); w.Code != http.StatusInternalServerError {
		t.Errorf("%d %s, want 500", w.Code, w.Body)
	}
}

// undecided cannot reach whoever decides.
type undecided struct{}

func (undecided) Decide(context.Context, signaling.Access) (signaling.Grant, error) {
	return signaling.Grant{}, errors.New("the database does not answer")
}

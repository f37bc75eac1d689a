package doctor_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"lectern/internal/app"
	"lectern/internal/config"
	"lectern/internal/doctor"
)

// serve runs a server on free ports until the test ends.
func serve(t *testing.T, change func(*config.Config)) *app.App {
	t.Helper()
	c := config.Default()
	c.HTTP.Listen, c.RTMP.Listen, c.Admin.Listen, c.Data.Dir, c.Drain = "127.0.0.1:0", "127.0.0.1:0", "", t.TempDir(), 0
	change(&c)
	a, err := app.Open("test", c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return a
}

func find(list []doctor.Check, id string) (doctor.Check, bool) {
	return doctor.Report{Checks: list}.Find(id)
}

// What stands in between breaks what it usually breaks.
func TestWhatAProxyBreaksHasAName(t *testing.T) {
	target, err := url.Parse(serve(t, func(*config.Config) {}).URL())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		prefix string // of the proxy
		before func(w http.ResponseWriter, r *http.Request) bool
		after  func(*http.Response)
		id     string
		words  string
	}{
		{name: "passes all on", id: "http.walk"},
		{name: "refuses PATCH", before: refuse(http.MethodPatch, 405), id: "http.patch", words: "every method"},
		{name: "refuses DELETE", before: refuse(http.MethodDelete, 405), id: "http.delete", words: "every method"},
		{name: "refuses POST", before: refuse(http.MethodPost, 403), id: "http.post", words: "every method"},
		{name: "knows no OPTIONS", before: refuse(http.MethodOptions, 404), id: "http.options", words: "404"},
		{name: "leaves Upgrade out", before: func(_ http.ResponseWriter, r *http.Request) bool {
			r.Header.Del("Upgrade")
			r.Header.Del("Connection")
			return false
		}, id: "http.websocket", words: "proxy_set_header Upgrade"},
		{name: "says another name", before: func(_ http.ResponseWriter, r *http.Request) bool {
			r.Host = "inner:8080"
			return false
		}, id: "http.websocket", words: "Host $host"},
		{name: "hides its prefix", prefix: "/video", id: "http.location", words: "proxy_redirect"},
		{name: "drops ETag", after: func(r *http.Response) { r.Header.Del("ETag") }, id: "http.etag", words: "ETag"},
		{name: "drops Location", after: func(r *http.Response) { r.Header.Del("Location") }, id: "http.location", words: "Location"},
	} {
		t.Run(c.name, func(t *testing.T) {
			proxy := &httputil.ReverseProxy{
				Rewrite: func(r *httputil.ProxyRequest) {
					r.SetURL(target)
					r.Out.Host = r.In.Host
					r.Out.URL.Path = strings.TrimPrefix(r.Out.URL.Path, c.prefix)
				},
				ModifyResponse: func(r *http.Response) error {
					if c.after != nil {
						c.after(r)
					}
					return nil
				},
			}
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.before == nil || !c.before(w, r) {
					proxy.ServeHTTP(w, r)
				}
			}))
			defer front.Close()
			list := doctor.Walk(t.Context(), front.URL+c.prefix)
			got, ok := find(list, c.id)
			if level := map[bool]doctor.Level{true: doctor.OK, false: doctor.Fail}[c.id == "http.walk"]; !ok || got.Level != level || !strings.Contains(got.Detail+got.Fix, c.words) {
				t.Errorf("got %+v, want %s %s with %q", list, c.id, level, c.words)
			}
		})
	}
}

func refuse(method string, status int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == method {
			w.WriteHeader(status)
			return true
		}
		return false
	}
}

func TestMediaPassAServerThatWorks(t *testing.T) {
	url := serve(t, func(*config.Config) {}).URL()
	list := doctor.Trips(t.Context(), url, strings.Replace(url, "http", "rtmp", 1), "")
	for _, id := range []string{"media.udp", "media.tcp", "rtmp"} {
		if got, ok := find(list, id); !ok || got.Level != doctor.OK {
			t.Errorf("%s: %+v", id, got)
		}
	}
	t.Log(list)
}

func TestKeysThatAreNeededAreNoFailure(t *testing.T) {
	a := serve(t, func(c *config.Config) { c.Auth.Watch = "key"; c.HTTP.TrustedProxies = nil })
	// Who comes through a proxy is not on this machine.
	target, err := url.Parse(a.URL())
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.SetXForwarded()
	}})
	defer front.Close()
	list := doctor.Trips(t.Context(), front.URL, "", "")
	if i := slices.IndexFunc(list, func(c doctor.Check) bool { return c.Level == doctor.Fail }); i >= 0 {
		t.Errorf("%+v", list)
	}
	t.Log(list)
}

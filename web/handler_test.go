package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

var built = fstest.MapFS{
	"index.html":              {Data: []byte("index")},
	"publish.html":            {Data: []byte("publish")},
	"check.html":              {Data: []byte("check")},
	"watch.html":              {Data: []byte("watch")},
	"room.html":               {Data: []byte("room")},
	"admin.html":              {Data: []byte("admin")},
	"icon.svg":                {Data: []byte("<svg/>")},
	"assets/watch-h4sh.js":    {Data: []byte("plain script")},
	"assets/watch-h4sh.js.gz": {Data: []byte("packed script")},
	"player.js":               {Data: []byte("player")},
	".gitkeep":                {Data: []byte("kept")},
	"notes.txt":               {Data: []byte("notes")},
}

func testHandler() http.Handler {
	return &handler{files: built, policy: contentSecurityPolicy(nil)}
}

func do(t *testing.T, h http.Handler, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "http://lectern.test/", nil)
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(target, "?")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func bodyOf(t *testing.T, r *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		path     string
		status   int
		body     string // its beginning
		location string
	}{
		{"/", 200, "index", ""},
		{"/publish", 200, "publish", ""},
		{"/check", 200, "check", ""},
		{"/publish/cam1", 200, "publish", ""},
		{"/publish/studio/cam1", 200, "publish", ""},
		{"/watch/cam1", 200, "watch", ""},
		{"/watch/studio/cam1", 200, "watch", ""},
		{"/watch/a/b/c/d", 200, "watch", ""},
		{"/watch/" + strings.Repeat("x", 64), 200, "watch", ""},
		{"/room/math-7b", 200, "room", ""},
		{"/admin", 200, "admin", ""},
		{"/admin/", 303, "", "/admin"},
		{"/admin/keys", 404, "<!doctype html>", ""},
		{"/icon.svg", 200, "<svg/>", ""},
		{"/assets/watch-h4sh.js", 200, "plain script", ""},

		{"/watch", 303, "", "/"},
		{"/watch/", 303, "", "/"},
		{"/watch/cam1/", 303, "", "/watch/cam1"},
		{"/room/math-7b/", 303, "", "/room/math-7b"},
		{"/publish/?source=clock", 303, "", "/publish?source=clock"},

		{"/watch/a/b/c/d/e", 404, "<!doctype html>", ""},
		{"/watch/" + strings.Repeat("x", 65), 404, "<!doctype html>", ""},
		{"/room", 404, "<!doctype html>", ""},
		{"/room/a/b", 404, "<!doctype html>", ""},
		{"/room/<b>", 404, "<!doctype html>", ""},
		{"/watch/a//b", 404, "<!doctype html>", ""},
		{"/watch/../publish", 404, "<!doctype html>", ""},
		{"/watch/<script>", 404, "<!doctype html>", ""},
		{"//evil.example/watch/", 404, "<!doctype html>", ""},
		{"/nothing", 404, "<!doctype html>", ""},
		{"/index.html", 404, "<!doctype html>", ""},
		{"/assets/watch-h4sh.js.gz", 404, "<!doctype html>", ""},
		{"/assets/gone.js", 404, "<!doctype html>", ""},
		{"/assets/", 404, "<!doctype html>", ""},
		{"/assets", 404, "<!doctype html>", ""},
		{"/.gitkeep", 404, "<!doctype html>", ""},
		{"/notes.txt", 404, "<!doctype html>", ""},
		{"/assets/../../etc/passwd", 404, "<!doctype html>", ""},
		{"/\x00.js", 404, "<!doctype html>", ""},
	} {
		t.Run(c.path, func(t *testing.T) {
			r := do(t, testHandler(), "GET", c.path)
			if r.StatusCode != c.status || r.Header.Get("Location") != c.location {
				t.Errorf("status, location = %d, %q, want %d, %q", r.StatusCode, r.Header.Get("Location"), c.status, c.location)
			}
			if body := bodyOf(t, r); !strings.HasPrefix(body, c.body) {
				t.Errorf("body = %q, want %q…", body, c.body)
			}
		})
	}
}

func TestCaching(t *testing.T) {
	for path, want := range map[string]string{
		"/":                     "no-store",
		"/watch/cam1":           "no-store",
		"/nothing":              "no-store",
		"/icon.svg":             "no-cache",
		"/assets/watch-h4sh.js": "public, max-age=31536000, immutable",
	} {
		if got := do(t, testHandler(), "GET", path).Header.Get("Cache-Control"); got != want {
			t.Errorf("Cache-Control of %s = %q, want %q", path, got, want)
		}
	}
}

func TestCompressedCopies(t *testing.T) {
	for _, c := range []struct{ accept, encoding string }{
		{"", ""},
		{"gzip", "gzip"},
		{"GZIP", "gzip"},
		{"br, gzip;q=0.5", "gzip"},
		{"deflate, br", ""},
		{"gzip;q=0", ""},
		{"gzip; q=0.0, br", ""},
		{"*", "gzip"},
		{"*, gzip;q=0", ""},
		{"*;q=0", ""},
		{"gzip;q=nonsense", ""},
		{"gzippy", ""},
	} {
		r := do(t, testHandler(), "GET", "/assets/watch-h4sh.js", "Accept-Encoding", c.accept)
		want := "plain script"
		if c.encoding != "" {
			want = "packed script"
		}
		if got := r.Header.Get("Content-Encoding"); got != c.encoding || bodyOf(t, r) != want {
			t.Errorf("Accept-Encoding %q: got encoding %q, want %q", c.accept, got, c.encoding)
		}
		if r.Header.Get("Vary") != "Accept-Encoding" || r.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("Accept-Encoding %q: Vary %q, type %q", c.accept, r.Header.Get("Vary"), r.Header.Get("Content-Type"))
		}
	}
	if r := do(t, testHandler(), "GET", "/icon.svg", "Accept-Encoding", "gzip"); r.Header.Get("Content-Encoding") != "" {
		t.Error("a file without a compressed copy is said to be compressed")
	}
}

func FuzzAcceptEncoding(f *testing.F) {
	for _, seed := range []string{"gzip", "br, gzip;q=0.5", "*;q=0", ";;,,q=", "gzip;q=1e400"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if acceptsGzip(header) && !strings.Contains(strings.ToLower(header), "gzip") && !strings.Contains(header, "*") {
			t.Errorf("%q does not name gzip", header)
		}
	})
}

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"/", "/watch/cam1", "/watch//x/", "//evil.example/", "/publish/../x", "/assets/a.js"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = path
		w := httptest.NewRecorder()
		testHandler().ServeHTTP(w, r)
		if to := w.Header().Get("Location"); to != "" {
			if page, _, _ := strings.Cut(to, "?"); strings.HasPrefix(to, "//") || !isPage(page) {
				t.Errorf("%q leads to %q, which is no page of ours", path, to)
			}
		}
	})
}

func isPage(at string) bool {
	_, ok := pageOf(at)
	return ok
}

func TestSecurityHeadersAreOnEveryAnswer(t *testing.T) {
	const policy = "default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; " +
		"img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
	for _, path := range []string{"/", "/watch/cam1", "/watch/cam1/", "/assets/watch-h4sh.js", "/nothing"} {
		header := do(t, testHandler(), "GET", path).Header
		for name, want := range map[string]string{
			"Content-Security-Policy": policy,
			"X-Content-Type-Options":  "nosniff",
			"Referrer-Policy":         "no-referrer",
			"Permissions-Policy":      "camera=(self), microphone=(self), display-capture=(self)",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s of %s = %q, want %q", name, path, got, want)
			}
		}
	}
}

func TestEmbeddingByAllowList(t *testing.T) {
	for _, c := range []struct {
		origins []string
		want    string
	}{
		{nil, "'none'"},
		{[]string{"https://school.example", "https://*.uni.example:8443"}, "https://school.example https://*.uni.example:8443"},
		{[]string{"https://a.example; script-src *"}, "'none'"},
		{[]string{"", "https://a.example,https://b.example", "a\r\nSet-Cookie: x", "https://ok.example"}, "https://ok.example"},
	} {
		_, got, _ := strings.Cut(contentSecurityPolicy(c.origins), "frame-ancestors ")
		if got != c.want {
			t.Errorf("frame-ancestors for %q = %q, want %q", c.origins, got, c.want)
		}
	}
}

func TestOtherMethods(t *testing.T) {
	r := do(t, testHandler(), "POST", "/watch/cam1")
	if r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST = %d, Allow %q", r.StatusCode, r.Header.Get("Allow"))
	}
	r = do(t, testHandler(), "HEAD", "/watch/cam1")
	if body := bodyOf(t, r); r.StatusCode != 200 || body != "" || r.Header.Get("Content-Length") != "5" {
		t.Errorf("HEAD = %d, length %q, body %q", r.StatusCode, r.Header.Get("Content-Length"), body)
	}
}

func TestAServerWithoutPagesSaysHowToBuildThem(t *testing.T) {
	for name, h := range map[string]http.Handler{
		"not built":      &handler{files: fstest.MapFS{".gitkeep": {}}},
		"no such folder": Handler(Options{Dir: filepath.Join(t.TempDir(), "gone")}),
	} {
		for _, path := range []string{"/", "/publish", "/watch/cam1"} {
			r := do(t, h, "GET", path)
			if body := bodyOf(t, r); r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "make build") {
				t.Errorf("%s, %s: %d %q", name, path, r.StatusCode, body)
			}
		}
	}
}

func TestTheBuiltInPagesAreServedWhenTheyAreThere(t *testing.T) {
	_, ok := Files()
	want := http.StatusServiceUnavailable
	if ok {
		want = http.StatusOK
	}
	if r := do(t, Handler(Options{}), "GET", "/watch/cam1"); r.StatusCode != want {
		t.Errorf("status = %d with built pages %t, want %d", r.StatusCode, ok, want)
	}
}

func TestPagesFromDiskAreReadAnewAndStayInTheirFolder(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "dist", "index.html")
	put(t, page, "first")
	put(t, filepath.Join(dir, "secret.js"), "secret")
	if err := os.Symlink(filepath.Join(dir, "secret.js"), filepath.Join(dir, "dist", "link.js")); err != nil {
		t.Fatal(err)
	}

	h := Handler(Options{Dir: filepath.Dir(page)})
	if got := bodyOf(t, do(t, h, "GET", "/")); got != "first" {
		t.Errorf("body = %q, want %q", got, "first")
	}
	put(t, page, "second")
	if got := bodyOf(t, do(t, h, "GET", "/")); got != "second" {
		t.Errorf("body = %q, want %q", got, "second")
	}
	for _, path := range []string{"/link.js", "/../secret.js"} {
		if r := do(t, h, "GET", path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s = %d, want 404", path, r.StatusCode)
		}
	}
}

func put(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Other sites load the player, and nothing else of ours.
func TestPlayerIsForOtherSites(t *testing.T) {
	for path, want := range map[string]string{"/player.js": "*", "/assets/watch-h4sh.js": "", "/": ""} {
		r := do(t, testHandler(), http.MethodGet, path, "Origin", "https://school.example")
		if got := r.Header.Get("Access-Control-Allow-Origin"); r.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s: %d, Access-Control-Allow-Origin %q, want 200, %q", path, r.StatusCode, got, want)
		}
	}
}

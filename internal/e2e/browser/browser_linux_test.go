package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// browsers are started by the names of the subtests.
var browsers = []struct {
	name  string
	start func(testing.TB, ...Option) Page
}{
	{"chromium", Chromium},
	{"firefox", Firefox},
}

const greeting = `<!doctype html><title>greeting</title>
<style>body{margin:0;background:#0a0} @media (prefers-color-scheme: dark){body{background:#00a}}</style>
<h1>hello</h1>`

// site serves the greeting at every path but /missing.
func site(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'unsafe-inline'; script-src 'self'")
		fmt.Fprint(w, greeting)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestPage(t *testing.T) {
	url := site(t)
	for _, b := range browsers {
		t.Run(b.name, func(t *testing.T) {
			wantNoGoroutines(t)
			began := time.Now()
			page := b.start(t, WithSize(640, 480))
			t.Logf("started in %v", time.Since(began).Round(time.Millisecond))
			ctx := within(t, time.Minute)

			if err := page.Goto(ctx, url+"/"); err != nil {
				t.Fatal(err)
			}
			t.Run("evaluates", func(t *testing.T) { evaluates(ctx, t, page) })
			t.Run("reports exceptions", func(t *testing.T) { reportsExceptions(ctx, t, page) })
			t.Run("takes screenshots", func(t *testing.T) { takesScreenshots(ctx, t, page, [3]uint32{0, 0xaa, 0}) })
			t.Run("collects the console", func(t *testing.T) { collectsConsole(ctx, t, page) })
			t.Run("keeps the end of the caller apart from its own", func(t *testing.T) { endsWithCaller(ctx, t, page) })
			t.Run("waits", func(t *testing.T) { waits(ctx, t, page) })
			t.Run("reports a page that does not load", func(t *testing.T) {
				if err := page.Goto(ctx, "http://127.0.0.1:1/"); err == nil {
					t.Error("loading a port where nobody listens gave no error")
				}
				if err := page.Goto(ctx, url+"/missing"); err != nil {
					t.Errorf("loading a page with status 404: %v", err)
				}
			})
			t.Run("moves within a page", func(t *testing.T) {
				var hash string
				for _, want := range []string{"#one", "#two"} {
					if err := page.Goto(ctx, url+"/"+want); err != nil {
						t.Fatal(err)
					}
					if err := page.Eval(ctx, "location.hash", &hash); err != nil || hash != want {
						t.Errorf("location.hash = %q, %v, want %q", hash, err, want)
					}
				}
			})
			t.Run("ends", func(t *testing.T) { ends(ctx, t, page) })
		})
	}
}

func evaluates(ctx context.Context, t *testing.T, page Page) {
	for _, test := range []struct{ js, want string }{
		{"1 + 1", "2"},
		{"document.title", `"greeting"`},
		{"document.title; ", `"greeting"`},
		{"'a' // a comment", `"a"`},
		{"undefined", "null"},
		{"null", "null"},
		{"({a: [1, true, 'ü ')]})", ""},
		{"({a: [1, true, 'ü']})", `{"a":[1,true,"ü"]}`},
		{"Promise.resolve(3)", "3"},
		{"new Promise(done => setTimeout(() => done('later'), 20))", `"later"`},
		{"await Promise.resolve(4)", "4"},
		{"(await fetch('/missing')).status", "404"},
		{"(async () => { const a = 5; return a })()", "5"},
		{"[innerWidth, innerHeight]", "[640,480]"},
		{"matchMedia('(prefers-color-scheme: dark)').matches", "false"},
		{"'x'.repeat(1e6).length", "1000000"},
	} {
		var got json.RawMessage
		err := page.Eval(ctx, test.js, &got)
		if (err != nil) != (test.want == "") {
			t.Errorf("%s: %v", test.js, err)
		}
		if err == nil && string(got) != test.want {
			t.Errorf("%s = %s, want %s", test.js, got, test.want)
		}
	}
	var n int
	if err := page.Eval(ctx, "'no number'", &n); err == nil {
		t.Error("a string was decoded into an int")
	}
	if err := page.Eval(ctx, "window.kept = 1", nil); err != nil {
		t.Error(err)
	}
	if err := page.Eval(ctx, "window.kept", &n); err != nil || n != 1 {
		t.Errorf("kept = %d, %v, want 1", n, err)
	}
}

func reportsExceptions(ctx context.Context, t *testing.T, page Page) {
	for js, want := range map[string]string{
		"nobody.knows": "nobody is not defined",
		"Promise.reject(new TypeError('refused'))": "refused",
		"await Promise.reject('bare')":             "bare",
		"1 +":                                      "SyntaxError",
		"(a => { a.a = a; return a })({})":         "yclic|circular",
	} {
		err := page.Eval(ctx, js, nil)
		if err == nil || !containsAny(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", js, err, want)
		}
	}
}

func containsAny(s, wants string) bool {
	for want := range strings.SplitSeq(wants, "|") {
		if strings.Contains(s, want) {
			return true
		}
	}
	return false
}

func takesScreenshots(ctx context.Context, t *testing.T, page Page, want [3]uint32) {
	file := filepath.Join(t.TempDir(), "new", "shot.png")
	if err := page.Screenshot(ctx, file); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Size().String(); got != "(640,480)" {
		t.Errorf("size = %s, want (640,480)", got)
	}
	r, g, b, _ := img.At(600, 400).RGBA()
	if got := [3]uint32{r >> 8, g >> 8, b >> 8}; got != want {
		t.Errorf("background = %v, want %v", got, want)
	}
}

func collectsConsole(ctx context.Context, t *testing.T, page Page) {
	before := len(page.Console())
	// A page's own script: what throws in an Eval is the Eval's error.
	js := `(() => {
		console.log('fine'); console.warn('nearly')
		console.error('bad', 7, {a: 1}, new Error('inner'))
		console.assert(1 > 2, 'impossible')
		setTimeout(() => { throw new RangeError('thrown') })
		setTimeout(() => Promise.reject(new Error('unhandled')))
	})()`
	if err := page.Eval(ctx, js, nil); err != nil {
		t.Fatal(err)
	}
	if err := page.Eval(ctx, "new Promise(done => setTimeout(done, 50))", nil); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for ctx.Err() == nil {
		if lines = page.Console()[before:]; len(lines) >= 4 {
			break
		}
		if err := page.Eval(ctx, "new Promise(done => setTimeout(done, 50))", nil); err != nil {
			t.Fatal(err)
		}
	}
	all := strings.Join(lines, "\n")
	t.Log(all)
	for _, want := range []string{"error: bad 7 ", "impossible", "exception: ", "thrown", "unhandled"} {
		if !strings.Contains(all, want) {
			t.Errorf("the console lacks %q:\n%s", want, all)
		}
	}
	for _, unwanted := range []string{"fine", "nearly"} {
		if strings.Contains(all, unwanted) {
			t.Errorf("the console has %q:\n%s", unwanted, all)
		}
	}
}

func endsWithCaller(ctx context.Context, t *testing.T, page Page) {
	cause := errors.New("enough")
	mine, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	failed := make(chan error, 1)
	go func() { failed <- page.Eval(mine, "new Promise(() => window.waiting = true)", nil) }()
	if _, err := WaitFor(ctx, page, "window.waiting === true", isTrue); err != nil {
		t.Fatal(err)
	}
	cancel(cause)
	if err := <-failed; !errors.Is(err, cause) {
		t.Errorf("error %v, want %v in it", err, cause)
	}
	if err := page.Eval(ctx, "1", nil); err != nil {
		t.Errorf("the page after a cancelled evaluation: %v", err)
	}
}

func isTrue(v bool) bool { return v }

func waits(ctx context.Context, t *testing.T, page Page) {
	if err := page.Eval(ctx, "setTimeout(() => window.late = {n: 42}, 250) && undefined", nil); err != nil {
		t.Fatal(err)
	}
	// Until then the expression throws.
	got, err := WaitFor(ctx, page, "late.n", func(n int) bool { return n > 40 })
	if err != nil || got != 42 {
		t.Errorf("WaitFor = %d, %v, want 42", got, err)
	}

	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_, err = WaitFor(short, page, "late.n", func(n int) bool { return n > 50 })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v, want DeadlineExceeded in it", err)
	}
	for _, want := range []string{"late.n", "last value: 42", "console:", "impossible"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	_, file, found := strings.Cut(err.Error(), "screenshot: ")
	if !found {
		t.Fatalf("the error names no screenshot: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Error(err)
	}
}

func ends(ctx context.Context, t *testing.T, page Page) {
	proc := processOf(page)
	pgid := proc.cmd.Process.Pid
	alive := group(t, pgid)
	t.Logf("%d processes in the group, %d that use its home, %v of CPU so far",
		len(alive), len(mentioning(t, proc.home)), cpu(alive))
	if len(alive) < 2 {
		t.Errorf("processes of the group = %d, want more than one", len(alive))
	}

	pending := make(chan error, 1)
	go func() { pending <- page.Eval(ctx, "new Promise(() => window.waiting = 'last')", nil) }()
	if _, err := WaitFor(ctx, page, "window.waiting === 'last'", isTrue); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := page.Close(); err != nil {
		t.Error(err)
	}
	t.Logf("closed in %v", time.Since(began).Round(time.Millisecond))
	if err := <-pending; !errors.Is(err, ErrClosed) {
		t.Errorf("a pending evaluation: %v, want ErrClosed", err)
	}
	if left := group(t, pgid); len(left) > 0 {
		t.Errorf("processes after Close: %v", left)
	}
	if left := mentioning(t, proc.home); len(left) > 0 {
		t.Errorf("processes that use %s after Close: %v", proc.home, left)
	}
	if _, err := os.Stat(proc.home); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s after Close: %v, want none", proc.home, err)
	}
	if err := page.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	for name, err := range map[string]error{
		"Goto":       page.Goto(ctx, "about:blank"),
		"Eval":       page.Eval(ctx, "1", nil),
		"Screenshot": page.Screenshot(ctx, filepath.Join(t.TempDir(), "late.png")),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s after Close: %v, want ErrClosed", name, err)
		}
	}
	if _, err := WaitFor(ctx, page, "1", func(int) bool { return false }); !errors.Is(err, ErrClosed) {
		t.Errorf("WaitFor after Close: %v, want ErrClosed", err)
	}
}

func TestDarkPage(t *testing.T) {
	url := site(t)
	for _, b := range browsers {
		t.Run(b.name, func(t *testing.T) {
			page := b.start(t, WithDark(), WithSize(640, 480))
			ctx := within(t, time.Minute)
			if err := page.Goto(ctx, url+"/"); err != nil {
				t.Fatal(err)
			}
			takesScreenshots(ctx, t, page, [3]uint32{0, 0, 0xaa})
		})
	}
}

func TestBrowsersSideBySide(t *testing.T) {
	wantNoGoroutines(t)
	url := site(t)
	ctx := within(t, time.Minute)
	publisher, viewer := Chromium(t), Chromium(t)
	for _, page := range []Page{publisher, viewer} {
		if err := page.Goto(ctx, url); err != nil {
			t.Fatal(err)
		}
	}
	if err := publisher.Eval(ctx, "localStorage.name = 'publisher'", nil); err != nil {
		t.Fatal(err)
	}
	if err := publisher.Close(); err != nil {
		t.Error(err)
	}
	var stored bool
	if err := viewer.Eval(ctx, "'name' in localStorage", &stored); err != nil || stored {
		t.Errorf("the other browser's storage is seen: %v, %v", stored, err)
	}
}

func TestBrowserThatDies(t *testing.T) {
	url := site(t)
	for _, b := range browsers {
		t.Run(b.name, func(t *testing.T) {
			wantNoGoroutines(t)
			page := b.start(t)
			ctx := within(t, time.Minute)
			if err := page.Goto(ctx, url); err != nil {
				t.Fatal(err)
			}
			proc := processOf(page)
			if err := proc.cmd.Process.Kill(); err != nil { // the leader alone
				t.Fatal(err)
			}
			err := page.Eval(ctx, "new Promise(() => {})", nil)
			if !errors.Is(err, ErrClosed) {
				t.Errorf("Eval: %v, want ErrClosed", err)
			}
			if err := page.Close(); err != nil {
				t.Error(err)
			}
			if left := mentioning(t, proc.home); len(left) > 0 {
				t.Errorf("processes after Close: %v", left)
			}
		})
	}
}

func TestCrashedPageEndsTheBrowser(t *testing.T) {
	wantNoGoroutines(t)
	page := Chromium(t)
	ctx := within(t, time.Minute)
	if err := page.Goto(ctx, site(t)); err != nil {
		t.Fatal(err)
	}
	if err := page.Goto(ctx, "chrome://crash"); err == nil {
		t.Error("the page that crashes was loaded")
	}
	if err := page.Eval(ctx, "new Promise(() => {})", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Eval after a crash: %v, want ErrClosed", err)
	}
	if lines := page.Console(); !slices.Contains(lines, "crash: the process of the page died") {
		t.Errorf("console: %q, want the crash", lines)
	}
}

func processOf(page Page) *process {
	switch p := page.(type) {
	case *chromium:
		return p.proc
	case *firefox:
		return p.proc
	}
	return nil
}

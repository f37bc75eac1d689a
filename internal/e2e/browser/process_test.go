package browser

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMissingBrowserNamesItsPackage(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for name, start := range map[string]func() error{
		"chromium":    func() error { _, err := startChromium(t.Context(), options{}); return err },
		"firefox-esr": func() error { _, err := startFirefox(t.Context(), options{}); return err },
	} {
		err := start()
		if !errors.Is(err, exec.ErrNotFound) || !strings.Contains(err.Error(), "apt-get install -y "+name) {
			t.Errorf("error %v, want the command that installs %s", err, name)
		}
	}
}

// TestBrowserThatEndsAtOnce starts programs with a browser's name that are no
// browsers: the error says what they printed, and nothing stays.
func TestBrowserThatEndsAtOnce(t *testing.T) {
	wantNoGoroutines(t)
	bin, temp := t.TempDir(), t.TempDir()
	for _, name := range []string{"chromium", "firefox-esr"} {
		script := "#!/bin/sh\necho cannot open display\nexit 3\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	t.Setenv("TMPDIR", temp)
	for name, start := range map[string]func() error{
		"chromium":    func() error { _, err := startChromium(t.Context(), options{}); return err },
		"firefox-esr": func() error { _, err := startFirefox(t.Context(), options{}); return err },
	} {
		err := start()
		if !errors.Is(err, ErrClosed) || !strings.Contains(err.Error(), "cannot open display") {
			t.Errorf("%s: error %v, want ErrClosed and what it printed", name, err)
		}
	}
	wantEmpty(t, temp)
}

func TestStartEndsWithItsContext(t *testing.T) {
	wantNoGoroutines(t)
	bin, temp := t.TempDir(), t.TempDir()
	sh, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"chromium", "firefox-esr"} {
		script := "#!/bin/sh\n" + sh + " 600 & wait\n" // a silent browser with a child
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	t.Setenv("TMPDIR", temp)
	for name, start := range map[string]func(context.Context) error{
		"chromium":    func(ctx context.Context) error { _, err := startChromium(ctx, options{}); return err },
		"firefox-esr": func(ctx context.Context) error { _, err := startFirefox(ctx, options{}); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		if err := start(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: error %v, want DeadlineExceeded in it", name, err)
		}
		cancel()
	}
	wantEmpty(t, temp)
}

func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left in %s: %v, %v, want nothing", dir, left, err)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var out tail
	for range 100 {
		if n, err := out.Write([]byte(strings.Repeat("x", 500))); n != 500 || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	if _, err := out.Write([]byte("the end")); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); len(got) != tailLen || !strings.HasSuffix(got, "xthe end") {
		t.Errorf("kept %d bytes that end in %q, want %d", len(got), got[len(got)-10:], tailLen)
	}
}

func TestFeaturesAreJoined(t *testing.T) {
	for _, test := range []struct{ args, want []string }{
		{nil, nil},
		{[]string{"--a", "--b=1", "--b=2"}, []string{"--a", "--b=1", "--b=2"}},
		{
			[]string{"--disable-features=A,B", "--x", "--disable-features=C"},
			[]string{"--disable-features=A,B,C", "--x"},
		},
		{
			[]string{"--disable-features=A", "--enable-features=B", "--enable-features=C", "--disable-features=D"},
			[]string{"--disable-features=A,D", "--enable-features=B,C"},
		},
		{[]string{"--disable-features", "--disable-features=A"}, []string{"--disable-features", "--disable-features=A"}},
	} {
		if got := joinFeatures(test.args); !slices.Equal(got, test.want) {
			t.Errorf("joinFeatures(%q) = %q, want %q", test.args, got, test.want)
		}
	}
}

func TestConsoleIsBounded(t *testing.T) {
	var c console
	for range consoleLen + 7 {
		c.add("error", "again", "http://host/page", 0)
	}
	lines := c.Console()
	if got := len(lines); got != consoleLen+1 {
		t.Errorf("lines = %d, want %d", got, consoleLen+1)
	}
	if got, want := lines[0], "error: again (http://host/page:1)"; got != want {
		t.Errorf("first = %q, want %q", got, want)
	}
	if got, want := lines[consoleLen], "… and 7 more"; got != want {
		t.Errorf("last = %q, want %q", got, want)
	}
}

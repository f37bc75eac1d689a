package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
	"lectern/internal/testtool"
)

// The pages' main states, on a desk and on a phone, light and dark, in both
// languages: each is reached, clean to axe and to the console, and has its
// picture taken.
func TestShotsOfThePages(t *testing.T) {
	s := startServer(t, "--limits.publish_rate", "off")
	runPageTests(t, "shots.mjs", 12*time.Minute, "LECTERN_URL="+s.url)
}

// Each failure that the pages can meet, provoked: they say what and why, and
// come back by themselves where waiting helps.
func TestFailuresOfThePages(t *testing.T) {
	runPageTests(t, "failures.mjs", 8*time.Minute, "LECTERN_BIN="+binary)
}

// runPageTests runs a script of web/tests, whose checks become subtests. The
// pictures go to the folder SHOTS_DIR if that is set, and to the test's
// artifacts otherwise.
func runPageTests(t *testing.T, script string, limit time.Duration, env ...string) {
	t.Helper()
	node := testtool.Path(t, "node")
	web, err := filepath.Abs("../../web")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(web, "dist", "index.html")); err != nil {
		t.Fatalf("the pages are not built (make web): %v", err)
	}
	folder := os.Getenv("SHOTS_DIR")
	if folder == "" {
		folder = t.ArtifactDir()
	} else if folder, err = filepath.Abs(folder); err != nil {
		t.Fatal(err)
	}
	ctx := testContext(t, limit)
	cmd := exec.CommandContext(ctx, node, filepath.Join("tests", script))
	cmd.Dir = web
	cmd.Env = append(withoutSettings(os.Environ()), append(env, "SHOTS_DIR="+folder)...)
	// Whatever the script has started dies with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	checks, end := readChecks(out)
	err = cmd.Wait()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if c.failed {
				t.Error(c.text)
			} else if c.text != "" {
				t.Log(c.text)
			}
		})
	}
	if len(checks) == 0 || end == "" || err != nil && !t.Failed() {
		t.Errorf("%s did not get to its end: %v, %v\n%s", script, err, context.Cause(ctx), &complaints)
	}
	t.Logf("%s: %s; pictures in %s", script, end, folder)
}

// withoutSettings leaves out of an environment what the server would take for
// its settings.
func withoutSettings(env []string) []string {
	var kept []string
	for _, line := range env {
		if !strings.HasPrefix(line, "LECTERN_") {
			kept = append(kept, line)
		}
	}
	return kept
}

// check is one line of a script's report, with what it says about it.
type check struct {
	name   string
	failed bool
	text   string
}

// readChecks reads "ok NAME", "FAIL NAME: REASON" with more of the reason on
// indented lines, "note TEXT" about the check that ends next, and the sum at
// the end, which is "" when the script was cut off.
func readChecks(r io.Reader) (checks []check, end string) {
	var said []string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		var passed, failed int
		switch {
		case strings.HasPrefix(line, "ok "):
			checks = append(checks, check{name: strings.TrimSpace(line[3:]), text: strings.Join(said, "\n")})
			said = nil
		case strings.HasPrefix(line, "FAIL "):
			name, reason, _ := strings.Cut(strings.TrimSpace(line[5:]), ": ")
			checks = append(checks, check{name: name, failed: true, text: strings.Join(append(said, reason), "\n")})
			said = nil
		case strings.HasPrefix(line, "note "):
			said = append(said, strings.TrimSpace(line[5:]))
		case strings.HasPrefix(line, "      ") && len(checks) > 0:
			checks[len(checks)-1].text += "\n" + strings.TrimSpace(line)
		default:
			if n, _ := fmt.Sscanf(line, "%d passed, %d failed", &passed, &failed); n == 2 {
				end = line
			}
		}
	}
	return checks, end
}

func TestChecksAreRead(t *testing.T) {
	text := "ok    home, desktop\nnote  3 s\nok    gone\nFAIL  watch: it is: dark\n      very\n2 passed, 1 failed\n"
	checks, end := readChecks(strings.NewReader(text))
	want := []check{{name: "home, desktop"}, {name: "gone", text: "3 s"}, {name: "watch", failed: true, text: "it is: dark\nvery"}}
	if fmt.Sprint(checks) != fmt.Sprint(want) || end != "2 passed, 1 failed" {
		t.Errorf("got %+v, %q, want %+v", checks, end, want)
	}
	if _, end := readChecks(strings.NewReader("ok    home\n")); end != "" {
		t.Errorf("a report that was cut off ends with %q", end)
	}
}

// The command that /publish shows works as it stands, and the page says what
// has arrived; with settings that are not good for browsers it says which, and
// what to do about them.
func TestTheEncoderIsChecked(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	s := startServer(t)
	page := browser.Chromium(t)
	if err := page.Goto(ctx, s.url+"/publish/cam1?with=ffmpeg"); err != nil {
		t.Fatal(err)
	}
	says := func(parts ...string) {
		t.Helper()
		const js = `document.querySelector(".check").innerText`
		text, err := browser.WaitFor(ctx, page, js, func(text string) bool {
			return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
		})
		if err != nil {
			t.Fatalf("want %q: %v", parts, err)
		}
		t.Log(strings.Join(strings.Fields(text), " "))
	}
	says("Waiting for FFmpeg to send “cam1”")
	command, err := browser.WaitFor(ctx, page, `(document.querySelector("input[value=rtmp]").click(), document.querySelector(".command pre").innerText)`, func(text string) bool {
		return strings.Contains(text, "rtmp://")
	})
	if err != nil {
		t.Fatal(err)
	}
	push := func(command string) (end func()) {
		t.Helper()
		encoder := exec.Command("sh", "-c", "exec "+command+" -loglevel error")
		if err := encoder.Start(); err != nil {
			t.Fatal(err)
		}
		end = sync.OnceFunc(func() {
			_ = encoder.Process.Kill()
			_ = encoder.Wait()
		})
		t.Cleanup(end)
		return end
	}
	end := push(command)
	says("Connected: FFmpeg, RTMP", "H.264", "720p30", "key frame every 1.0 s ✔", "no B-frames ✔", "AAC-LC 48 kHz, transcoded to Opus ✔")
	end()
	says("“cam1” is not being sent now")
	unfit := strings.NewReplacer("-tune zerolatency -bf 0 -g 30", "-bf 2 -x264-params b-pyramid=none -g 150", "-ar 48000", "-ar 44100").Replace(command)
	defer push(unfit)()
	says("2 B-frames ! set Max B-frames to 0", "key frame every 5.0 s ! set the keyframe interval to 1 s", "AAC-LC 44.1 kHz, transcoded to Opus ✔", "OBS: Settings → Output → Max B-frames 0")
	if err := page.Screenshot(ctx, filepath.Join(t.ArtifactDir(), "checker.png")); err != nil {
		t.Error(err)
	}
	for _, line := range page.Console() {
		if !strings.Contains(line, "404 (Not Found)") { // the stream, before it was there
			t.Errorf("console: %s", line)
		}
	}
}

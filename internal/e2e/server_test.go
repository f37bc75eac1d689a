// Package e2e runs the real server with real browsers: what a user does, from
// the outside.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"lectern/internal/testlog"
)

// binary is the server as users get it, made by TestMain.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "lectern-e2e")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "lectern")
		build := exec.Command("go", "build", "-o", binary, "lectern/cmd/lectern")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build the server: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// server is a running lectern.
type server struct {
	url    string // http://localhost:PORT
	admin  string
	cmd    *exec.Cmd
	log    *log
	exited chan struct{}
}

// log keeps what a program writes.
type log = testlog.Log

var greetingURL = regexp.MustCompile(`Open +(https?://\S+)`)

// startServer runs the server with all ports free, its data in a folder of
// its own, and the arguments. It is ended with the test, whose failure shows
// the log.
func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	s := &server{log: &log{}, exited: make(chan struct{})}
	admin := freePort(t)
	s.admin = "http://" + admin
	s.cmd = exec.Command(binary, append([]string{
		"--http.listen", "127.0.0.1:0", "--rtmp.listen", "127.0.0.1:0", "--admin.listen", admin, "--data.dir", t.TempDir(), "--log.format", "text", "--drain", "1s",
	}, args...)...)
	s.cmd.Stderr = s.log
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for s.url == "" && lines.Scan() {
		if m := greetingURL.FindStringSubmatch(lines.Text()); m != nil {
			s.url = m[1]
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdout)
		_ = s.cmd.Wait()
		close(s.exited)
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGCONT)
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-s.exited:
		case <-time.After(15 * time.Second):
			t.Error("the server does not end")
			_ = s.cmd.Process.Kill()
		}
		if t.Failed() {
			t.Logf("server log:\n%s", s.log)
		}
	})
	if s.url == "" {
		t.Fatalf("the server does not start:\n%s", s.log)
	}
	return s
}

// freePort returns an address that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := listenTCP()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// get returns the body of a GET, which must be answered 200.
func get(t *testing.T, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s\n%s", url, resp.Status, body)
	}
	return string(body)
}

// usage is what the server's process has of the machine.
type usage struct {
	goroutines int
	rss        int // KiB
	cpu        time.Duration
}

func (s *server) usage(t *testing.T) usage {
	t.Helper()
	var u usage
	first, _, _ := strings.Cut(get(t, s.admin+"/debug/pprof/goroutine?debug=1"), "\n")
	if _, err := fmt.Sscanf(first, "goroutine profile: total %d", &u.goroutines); err != nil {
		t.Fatalf("%q: %v", first, err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if strings.HasPrefix(line, "VmRSS:") {
			_, _ = fmt.Sscanf(line, "VmRSS: %d kB", &u.rss)
		}
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var user, system int64 // in clock ticks, of which there are a hundred a second
	_, _ = fmt.Sscan(fields[11], &user)
	_, _ = fmt.Sscan(fields[12], &system)
	u.cpu = time.Duration(user+system) * 10 * time.Millisecond
	return u
}

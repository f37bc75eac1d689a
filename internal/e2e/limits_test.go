package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"lectern/internal/testtool"
)

// watcher is lectern bench on a stream of somebody else's.
type watcher struct {
	cmd *exec.Cmd
	out bytes.Buffer
}

// watchFor watches the demo twice for a time that is measured, once both are
// connected.
func watchFor(t *testing.T, s *server, d time.Duration) *watcher {
	t.Helper()
	w := &watcher{cmd: exec.Command(binary, "bench", "--whep", s.url+"/whep/clock", "-n", "2", "--duration", d.String(), "--json")}
	w.cmd.Stdout = &w.out
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.cmd.Process.Kill() })
	s.waitLine(t, `msg="viewer connected" .*source=live/clock(?s:.*)msg="viewer connected" .*source=live/clock`) // both of them
	return w
}

// whole says that the watcher has come to its end, and lost nothing.
func (w *watcher) whole(t *testing.T) {
	t.Helper()
	if err := w.cmd.Wait(); err != nil {
		t.Fatalf("the viewers: %v", err)
	}
	var report struct {
		Viewers     int
		Interrupted bool
		Counts      struct{ Packets, Lost int64 }
	}
	if err := json.Unmarshal(w.out.Bytes(), &report); err != nil {
		t.Fatalf("%v: %s", err, &w.out)
	}
	t.Logf("%d packets came, %d were lost", report.Counts.Packets, report.Counts.Lost)
	if report.Viewers != 2 || report.Interrupted || report.Counts.Packets == 0 || report.Counts.Lost > 0 {
		t.Errorf("the viewers were disturbed: %s", &w.out)
	}
}

func statusOf(t *testing.T, method, url, body string) (status int, retry string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/sdp")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Retry-After")
}

func (s *server) waitStatus(t *testing.T, path string, want int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	got := 0
	for time.Now().Before(deadline) {
		if got, _ = statusOf(t, http.MethodGet, s.url+path, ""); got == want {
			return
		}
		<-look.C
	}
	t.Fatalf("%s: %d, want %d", path, got, want)
}

// F14: SIGTERM takes nothing new, lets media go on, and ends with 0 when they
// have ended; a second one ends at once.
func TestSIGTERMLetsMediaGoOn(t *testing.T) {
	s := startServer(t, "--demo.stream", "clock", "--drain", "30s")
	w := watchFor(t, s, 3*time.Second)
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.waitStatus(t, "/readyz", http.StatusServiceUnavailable)
	if status, _ := statusOf(t, http.MethodGet, s.url+"/healthz", ""); status != http.StatusOK {
		t.Errorf("/healthz: %d", status)
	}
	if status, retry := statusOf(t, http.MethodPost, s.url+"/whip/late", strayOffer); status != http.StatusServiceUnavailable || retry == "" {
		t.Errorf("a new publisher: %d, Retry-After %q", status, retry)
	}
	w.whole(t)
	select {
	case <-s.exited:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody is there any more, and the server goes on")
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}

	impatient := startServer(t, "--demo.stream", "clock", "--drain", "30s")
	watchFor(t, impatient, 20*time.Second)
	for range 2 {
		if err := impatient.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		impatient.waitLine(t, "msg=draining") // two signals of a kind that wait are one
	}
	select {
	case <-impatient.exited:
	case <-time.After(3 * time.Second):
		t.Error("a second signal does not end it")
	}
}

// F21: when the files that a process may open are nearly used up, new work is
// refused with 503, and who is there sees nothing of it.
func TestRunningOutOfFilesDisturbsNobody(t *testing.T) {
	s := startServer(t, "--demo.stream", "clock")
	w := watchFor(t, s, 5*time.Second)
	limit := s.files(t) + 40
	if out, err := exec.Command(testtool.Path(t, "prlimit"), "--pid", fmt.Sprint(s.cmd.Process.Pid), fmt.Sprintf("--nofile=%d:%[1]d", limit)).CombinedOutput(); err != nil {
		t.Fatalf("prlimit: %v %s", err, out)
	}
	var held []net.Conn
	release := func() {
		for _, c := range held {
			c.Close()
		}
	}
	defer release()
	at := strings.TrimPrefix(s.url, "http://")
	for s.files(t) < limit*92/100 {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
		if _, err := fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil { // it is kept open behind it
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	s.waitLine(t, `code=exhausted .*what="open files"`)
	if status, retry := statusOf(t, http.MethodPost, s.url+"/whip/late", strayOffer); status != http.StatusServiceUnavailable || retry == "" {
		t.Errorf("a new publisher: %d, Retry-After %q", status, retry)
	}
	s.waitStatus(t, "/readyz", http.StatusServiceUnavailable)
	w.whole(t)
	release()
	s.waitStatus(t, "/readyz", http.StatusOK)
	if status, _ := statusOf(t, http.MethodPost, s.url+"/whip/later", strayOffer); status != http.StatusCreated {
		t.Errorf("when there is room again: %d", status)
	}
}

package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// The server is gone, for a while or for good, and comes back: pages that
// publish and pages that watch go on by themselves. A process that is stopped
// looks to them like a network that is cut.
func TestTheServerIsGone(t *testing.T) {
	ctx := testContext(t, 4*time.Minute)
	listen, data := freePort(t), t.TempDir()
	args := []string{"--http.listen", listen, "--data.dir", data}
	s := startServer(t, args...)
	publisher, viewer := browser.Chromium(t), browser.Chromium(t)
	publish(t, ctx, publisher, s.url+"/publish/clock?source=clock&auto=1")
	watch(t, ctx, viewer, s.url+"/watch/clock?measure=1")

	for _, gone := range []time.Duration{3 * time.Second, 20 * time.Second} {
		if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		<-time.After(gone) // the time is what is tested
		if err := s.cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		goesOn(t, viewer, "after "+gone.String()+" without a network", 30*time.Second)
	}
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.exited
	s = startServer(t, args...)
	goesOn(t, viewer, "after the server was killed and started again", 30*time.Second)
	if log := s.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("errors in the log:\n%s", log)
	}
}

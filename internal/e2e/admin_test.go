package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern/internal/auth"
)

// The owner logs in at /admin, sees a live stream and kicks its publisher, makes
// a key and takes it back; each part of the page is clean to axe and to the
// console, and has its picture taken. The key that he types in is in no log.
func TestTheOwnersPage(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, "--data.dir", data, "--limits.publish_rate", "off", "--demo.stream", "demo")
	key := firstKey(t, data)
	runPageTests(t, "admin.mjs", 6*time.Minute, "LECTERN_URL="+s.url, "LECTERN_KEY="+key)
	if strings.Contains(s.log.String(), key) {
		t.Error("the log has the owner's key in it")
	}
}

func firstKey(t *testing.T, data string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, auth.FirstKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// The owner ends the server as SIGTERM does: it ends by itself, and cleanly.
func TestTheOwnerEndsTheServer(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, "--data.dir", data)
	if code := s.ask(t, "POST", "/api/v1/drain", "nonsense", nil); code != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", code)
	}
	var info struct{ Sessions int }
	if code := s.ask(t, "POST", "/api/v1/drain", firstKey(t, data), &info); code != http.StatusAccepted {
		t.Fatal(code)
	}
	select {
	case <-s.exited:
	case <-time.After(20 * time.Second):
		t.Fatal("the server goes on")
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

package e2e

import (
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
	first, err := os.ReadFile(filepath.Join(data, auth.FirstKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSpace(string(first))
	runPageTests(t, "admin.mjs", 6*time.Minute, "LECTERN_URL="+s.url, "LECTERN_KEY="+key)
	if strings.Contains(s.log.String(), key) {
		t.Error("the log has the owner's key in it")
	}
}

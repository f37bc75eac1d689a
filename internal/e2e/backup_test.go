package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tool runs a command of the binary on a data directory, and returns what it
// says and its exit code.
func tool(t *testing.T, args ...string) (said string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return string(out), code
}

// rooms lists the rooms by the owner's key.
func rooms(t *testing.T, s *server, key string) string {
	t.Helper()
	return ask(t, s, key, http.MethodGet, "/api/v1/rooms", "")
}

// ask sends a request by a key, which must be answered with 2xx.
func ask(t *testing.T, s *server, key, method, path, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if err := resp.Write(&b); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %s", method, path, b.String())
	}
	return b.String()
}

// kill9 ends a server as a power cut does.
func (s *server) kill9(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.exited
}

// What was there at a backup, made while the server ran, is there after the
// server was killed, its data were lost, and the backup was restored.
func TestARunningServerIsBackedUpAndComesBack(t *testing.T) {
	dir, copies := t.TempDir(), t.TempDir()
	s := startServer(t, "--data.dir", dir)
	text, err := os.ReadFile(filepath.Join(dir, "publish.key"))
	if err != nil {
		t.Fatal(err)
	}
	first := strings.TrimSpace(string(text))
	ask(t, s, first, http.MethodPost, "/api/v1/rooms", `{"title":"before"}`)
	secret := ""
	if said, code := tool(t, "key", "add", "--data.dir", dir, "--can", "admin"); code == 0 {
		secret = said[strings.Index(said, "lk_"):]
		secret = strings.TrimSpace(secret)
	}
	copied := filepath.Join(copies, "one")
	if said, code := tool(t, "backup", "--data.dir", dir, copied); code != 0 {
		t.Fatal(said)
	}
	if said, code := tool(t, "backup", "--data.dir", dir, copied); code != 1 || !strings.Contains(said, "there already") {
		t.Errorf("over another: %d %s", code, said)
	}
	ask(t, s, first, http.MethodPost, "/api/v1/rooms", `{"title":"after"}`)
	if said, code := tool(t, "restore", "--data.dir", dir, copied); code != 1 || !strings.Contains(said, "a server runs") {
		t.Errorf("over a running server: %d %s", code, said)
	}
	holder := fmt.Sprintf("process %d on ", s.cmd.Process.Pid)
	if said, code := tool(t, "serve", "--data.dir", dir, "--http.listen", "127.0.0.1:0", "--rtmp.listen", "", "--admin.listen", ""); code != 1 || !strings.Contains(said, holder) || !strings.Contains(said, "lectern.lock") {
		t.Errorf("a second server: %d %s", code, said)
	}
	s.kill9(t)

	said, code := tool(t, "restore", "--data.dir", dir, copied)
	if code != 0 || !strings.Contains(said, "what was there before is in") {
		t.Fatalf("%d %s", code, said)
	}
	again := startServer(t, "--data.dir", dir)
	if list := rooms(t, again, secret); !strings.Contains(list, `"before"`) || strings.Contains(list, `"after"`) {
		t.Errorf("restored, by the key of then: %s", list)
	}
	again.kill9(t)
	// The former data are whole, too.
	aside, err := filepath.Glob(filepath.Join(dir, "before-restore-*"))
	if err != nil || len(aside) != 1 {
		t.Fatalf("%v, %v", aside, err)
	}
	former := startServer(t, "--data.dir", aside[0])
	if list := rooms(t, former, first); !strings.Contains(list, `"after"`) {
		t.Errorf("the former data: %s", list)
	}
}

// A backup or a restore that is killed at any time leaves no half of anything:
// the server starts, or says what to do, and the next restore completes.
func TestKilledInTheMiddleOfARestore(t *testing.T) {
	dir := t.TempDir()
	s := startServer(t, "--data.dir", dir)
	s.kill9(t)
	film := make([]byte, 4<<20)
	for i := range 8 { // something to be at for a while
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("film%d", i)), film, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	copied := filepath.Join(t.TempDir(), "one")
	if said, code := tool(t, "backup", "--data.dir", dir, copied); code != 0 {
		t.Fatal(said)
	}
	interrupted := 0
	asides := func() int {
		list, _ := filepath.Glob(filepath.Join(dir, "before-restore-*"))
		return len(list)
	}
	for n := range 6 {
		before := asides()
		cmd := exec.Command(binary, "restore", "--data.dir", dir, copied)
		cmd.Dir = t.TempDir()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// It is killed when so many of the files are there, or when it puts them in place.
		for {
			files, _ := filepath.Glob(filepath.Join(dir, ".work-*", "film*"))
			if len(files) > n+2 || asides() > before {
				break
			}
		}
		_ = cmd.Process.Kill()
		if cmd.Wait() != nil {
			interrupted++
		}
	}
	t.Logf("%d of 6 restores were killed", interrupted)
	if said, code := tool(t, "restore", "--data.dir", dir, copied); code != 0 {
		t.Fatal(said)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".work-*")); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
	startServer(t, "--data.dir", dir)
}

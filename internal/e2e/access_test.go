package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern/internal/audit"
	"lectern/internal/auth"
)

// key runs lectern key beside the server, and returns what it prints.
func key(t *testing.T, data string, args ...string) (stdout, stderr string) {
	t.Helper()
	c := exec.Command(binary, append([]string{"key", "--data.dir", data}, args...)...)
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		t.Fatalf("lectern key %v: %v\n%s", args, err, said.String())
	}
	return strings.TrimSpace(out.String()), strings.TrimSpace(said.String())
}

// ask is a request with a key to the server's API.
func (s *server) ask(t *testing.T, method, path, token string, into any) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if into != nil {
		if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	return answer.StatusCode
}

// An RTMP publisher with a key that the command line made while the server ran
// ends within two seconds after it was taken back there, replaced there, or
// after the owner ended the session.
func TestWhatIsTakenBackEndsRTMP(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, "--data.dir", data)
	first, err := os.ReadFile(filepath.Join(data, auth.FirstKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	owner := strings.TrimSpace(string(first))
	secrets := []string{owner}
	for _, how := range []string{"revoke", "rotate", "kick"} {
		t.Run(how, func(t *testing.T) {
			secret, _ := key(t, data, "add", "--name", how, "--stream", "live/*", "--can", "publish")
			secrets = append(secrets, secret)
			list, _ := key(t, data, "list")
			if strings.Contains(list, secret) {
				t.Errorf("the list has the secret:\n%s", list)
			}
			var id string
			for line := range strings.SplitSeq(list, "\n") {
				if fields := strings.Fields(line); fields[1] == `"`+how+`"` {
					id = fields[0]
				}
			}
			<-time.After(time.Second) // the server has noticed by then; the encoder asks once
			encoder := clip{seconds: 60, video: x264(0, "none", 30)}.push(t, s.rtmpURL(how+"?token="+secret))
			s.info(t, how, "the encoder", func(i streamInfo) bool { return i.State == "live" })

			start := time.Now()
			switch how {
			case "revoke":
				key(t, data, "revoke", id)
			case "rotate":
				next, _ := key(t, data, "rotate", id)
				secrets = append(secrets, next)
			case "kick":
				var list struct{ Sessions []auth.Live }
				s.ask(t, "GET", "/api/v1/sessions", owner, &list)
				if len(list.Sessions) != 1 || list.Sessions[0].Protocol != "rtmp" || list.Sessions[0].Identity != "key:"+id {
					t.Fatalf("sessions %+v", list.Sessions)
				}
				if code := s.ask(t, "DELETE", "/api/v1/sessions/"+list.Sessions[0].ID, owner, nil); code != http.StatusNoContent {
					t.Fatal(code)
				}
			}
			s.info(t, how, "its end", func(i streamInfo) bool { return i.State != "live" })
			took := time.Since(start)
			t.Logf("the stream ended after %v", took.Round(time.Millisecond))
			if took > 2*time.Second {
				t.Errorf("media went on for %v, want 2 s at the most", took)
			}
			encoder.wait(t, 15*time.Second)
			if encoder.err == nil {
				t.Error("the encoder came to its own end")
			}
		})
	}
	text, err := os.ReadFile(filepath.Join(data, audit.File))
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{audit.Start, audit.KeyAdd, audit.KeyRevoke, audit.KeyRotate, audit.Publish, audit.PublishEnd, audit.Revoke, audit.Login, audit.Kick} {
		if !strings.Contains(string(text), `"event.action":"`+action+`"`) {
			t.Errorf("the audit log has no %s:\n%s", action, text)
		}
	}
	said := string(text) + s.log.String() + get(t, s.admin+"/metrics") + get(t, s.url+"/api/v1/streams")
	for _, secret := range secrets {
		if strings.Contains(said, secret) {
			t.Error("a secret is in a log, the metrics or a list")
		}
	}
}

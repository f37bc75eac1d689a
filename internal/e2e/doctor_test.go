package e2e

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// finding is a check of lectern doctor.
type finding struct {
	ID, Level, Title, Detail, Fix string
}

// examine runs lectern doctor, and returns its checks and its exit code.
func examine(t *testing.T, args ...string) (checks []finding, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, append([]string{"doctor", "--json"}, args...)...)
	cmd.Dir = t.TempDir()
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
		t.Logf("it said on stderr: %q", exit.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	var report struct{ Checks []finding }
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return report.Checks, code
}

// found returns the check with an id.
func found(t *testing.T, checks []finding, id string) finding {
	t.Helper()
	for _, c := range checks {
		if c.ID == id {
			return c
		}
	}
	t.Errorf("no check %s in %+v", id, checks)
	return finding{}
}

// Media pass, an encoder's too, through the server that runs.
func TestDoctorFindsAServerThatWorks(t *testing.T) {
	s := startServer(t)
	checks, _ := examine(t, s.url)
	for _, id := range []string{"server", "http.walk", "media.udp", "media.tcp", "rtmp", "streams"} {
		c := found(t, checks, id)
		t.Logf("%s %s: %s", c.Level, c.Title, c.Detail)
		if c.Level != "ok" {
			t.Errorf("%+v", c)
		}
	}
	if left := get(t, s.url+"/api/v1/streams"); strings.Contains(left, `"state":"live"`) {
		t.Errorf("it leaves a stream: %s", left)
	}
}

// Who has a firewall in front of UDP reads so, with the port.
func TestDoctorSaysWhatIsMissing(t *testing.T) {
	s := startServer(t, "--rtc.tcp=false")
	checks, code := examine(t, s.url)
	if c := found(t, checks, "media.tcp"); c.Level != "warn" || !strings.Contains(c.Fix, "rtc.tcp") {
		t.Errorf("%+v", c)
	}
	if code == 0 {
		t.Error("the exit code is 0")
	}
	checks, code = examine(t, "http://127.0.0.1:1")
	if c := found(t, checks, "server"); c.Level != "fail" || c.Fix == "" || code != 2 {
		t.Errorf("%+v, exit code %d", c, code)
	}
}

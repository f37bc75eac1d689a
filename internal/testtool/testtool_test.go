package testtool

import (
	"os/exec"
	"runtime"
	"testing"
)

// witness notes how a test was ended.
type witness struct {
	testing.TB
	ended string
}

func (w *witness) Helper()               {}
func (w *witness) Fatalf(string, ...any) { w.ended = "failed"; runtime.Goexit() }
func (w *witness) Skipf(string, ...any)  { w.ended = "skipped"; runtime.Goexit() }

func TestAMissingToolFailsWhereAllAreThere(t *testing.T) {
	for _, c := range []struct{ name, ci, want string }{
		{"go", "true", ""},
		{"go", "", ""},
		{"lectern-no-such-tool", "true", "failed"},
		{"lectern-no-such-tool", "", "skipped"},
		{"lectern-no-such-tool", "false", "skipped"},
	} {
		t.Setenv("CI", c.ci)
		w := &witness{TB: t}
		var got string
		done := make(chan struct{})
		go func() {
			defer close(done)
			got = Path(w, c.name)
		}()
		<-done
		want := ""
		if c.want == "" {
			want, _ = exec.LookPath(c.name)
		}
		if w.ended != c.want || got != want {
			t.Errorf("%s with CI=%q: %q, test %q; want %q, %q", c.name, c.ci, got, w.ended, want, c.want)
		}
	}
}

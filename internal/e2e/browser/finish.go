package browser

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

// artifactDir is where a picture of a failure survives the test.
func artifactDir(t testing.TB) string {
	if f := flag.Lookup("test.artifacts"); f != nil && f.Value.String() == "true" {
		return t.ArtifactDir()
	}
	return os.TempDir()
}

// finish closes a page at the end of its test. A failed test shows what the
// page and the browser said.
func finish(t testing.TB, page Page, out fmt.Stringer) {
	t.Helper()
	if t.Failed() {
		for _, line := range page.Console() {
			t.Log("console: " + line)
		}
		t.Logf("end of the browser's output:\n%s", worthReading(out.String()))
	}
	if err := page.Close(); err != nil {
		t.Errorf("closing the browser: %v", err)
	}
}

// worthReading leaves out what Chromium says at each start on a machine without
// a desktop and a sound card, which hides what a failure is about.
func worthReading(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !strings.Contains(line, ":dbus/") && !strings.HasPrefix(line, "ALSA lib ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

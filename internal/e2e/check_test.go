package e2e

import (
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// What the page /check finds out: where all is well, where UDP goes nowhere,
// where nothing gets through; and that it tells whoever gave the link.
func TestWhatABrowserFindsOutAboutItsNetwork(t *testing.T) {
	runPageTests(t, "check.mjs", 4*time.Minute, "LECTERN_BIN="+binary)
}

// Firefox, which does these things its own way, gets to the same end.
func TestWhatFirefoxFindsOutAboutItsNetwork(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	s := startServer(t)
	page := browser.Firefox(t)
	if err := page.Goto(ctx, s.url+"/check"); err != nil {
		t.Fatal(err)
	}
	if _, err := browser.WaitFor(ctx, page, "window.lectern?.state", func(state string) bool { return state == "done" }); err != nil {
		t.Fatal(err)
	}
	var found struct {
		Verdict string
		Lines   []struct{ ID, Level, Detail string }
	}
	if err := page.Eval(ctx, "window.lectern.found", &found); err != nil {
		t.Fatal(err)
	}
	for _, line := range found.Lines {
		t.Log(line)
		if line.Level == "fail" || line.ID == "udp" && line.Level != "ok" {
			t.Errorf("%s: %s", line.ID, line.Detail)
		}
	}
	if found.Verdict != "ready" {
		t.Errorf("the verdict is %q", found.Verdict)
	}
}

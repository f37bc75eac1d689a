package e2e

import (
	"testing"
	"time"
)

// What the page /check finds out: where all is well, where UDP goes nowhere,
// where nothing gets through; and that it tells whoever gave the link.
func TestWhatABrowserFindsOutAboutItsNetwork(t *testing.T) {
	runPageTests(t, "check.mjs", 4*time.Minute, "LECTERN_BIN="+binary)
}

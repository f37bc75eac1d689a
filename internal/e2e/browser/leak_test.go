package browser

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// wantNoGoroutines fails the test if goroutines of this package, of chromedp or
// of a WebSocket outlive it and what it cleans up. Called first, it looks last.
func wantNoGoroutines(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		limit := time.After(5 * time.Second)
		for {
			left := goroutines()
			if len(left) == 0 {
				return
			}
			select {
			case <-tick.C:
			case <-limit:
				t.Errorf("goroutines left:\n%s", strings.Join(left, "\n\n"))
				return
			}
		}
	})
}

func goroutines() []string {
	buf := make([]byte, 1<<20)
	var left []string
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		ours := strings.Contains(stack, "e2e/browser.") || strings.Contains(stack, "chromedp") || strings.Contains(stack, "gorilla")
		if ours && !strings.Contains(stack, "testing.tRunner") {
			left = append(left, stack)
		}
	}
	return left
}

package testlog

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

func TestLinesStayWhole(t *testing.T) {
	const writers, each = 8, 100
	var log Log
	var running sync.WaitGroup
	for w := range writers {
		running.Go(func() {
			for n := range each {
				_, _ = io.WriteString(&log, fmt.Sprintf("%d said %d\n", w, n))
				_ = log.String()
			}
		})
	}
	running.Wait()
	text := log.String()
	if got := strings.Count(text, "\n"); got != writers*each {
		t.Errorf("%d lines, want %d", got, writers*each)
	}
	for w := range writers {
		for n := range each {
			if line := fmt.Sprintf("%d said %d\n", w, n); !strings.Contains(text, line) {
				t.Fatalf("%q is lost", line)
			}
		}
	}
}

package signaling_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// logs keeps what is logged, and lets a test wait for a line.
type logs struct {
	mu      sync.Mutex
	lines   []string
	changed chan struct{}
	with    []slog.Attr
	root    *logs
}

func newLogs() *logs {
	l := &logs{changed: make(chan struct{})}
	l.root = l
	return l
}

func (l *logs) Enabled(context.Context, slog.Level) bool { return true }
func (l *logs) WithGroup(string) slog.Handler            { return l }

func (l *logs) WithAttrs(with []slog.Attr) slog.Handler {
	return &logs{root: l.root, with: append(append([]slog.Attr{}, l.with...), with...)}
}

func (l *logs) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	for _, a := range l.with {
		line += " " + a.String()
	}
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	l.root.mu.Lock()
	defer l.root.mu.Unlock()
	l.root.lines = append(l.root.lines, line)
	close(l.root.changed)
	l.root.changed = make(chan struct{})
	return nil
}

// wait returns the first line with the text that is not among those that were
// waited for.
func (l *logs) wait(t *testing.T, text string) string {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		l.mu.Lock()
		for i, line := range l.lines {
			if strings.Contains(line, text) {
				l.lines[i] = ""
				l.mu.Unlock()
				return line
			}
		}
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("nothing logged with %q", text)
		}
	}
}

func (l *logs) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

package browser

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// scripted is a Page whose evaluations give one answer after another, the last
// one for ever: JSON text or an error.
type scripted struct {
	console
	answers []any
	asked   int
	dir     string
}

func (s *scripted) Eval(_ context.Context, _ string, out any) error {
	answer := s.answers[min(s.asked, len(s.answers)-1)]
	s.asked++
	if err, ok := answer.(error); ok {
		return err
	}
	return json.Unmarshal([]byte(answer.(string)), out)
}

func (s *scripted) Goto(context.Context, string) error { return nil }

func (s *scripted) Screenshot(ctx context.Context, file string) error {
	if s.dir == "" {
		return errors.New("no camera")
	}
	if filepath.Dir(file) != s.dir {
		return errors.New("wrong directory: " + file)
	}
	return ctx.Err()
}

func (s *scripted) Close() error { return nil }

func (s *scripted) artifacts() string { return s.dir }

func TestWaitFor(t *testing.T) {
	seven := func(n int) bool { return n == 7 }
	for _, test := range []struct {
		name    string
		answers []any
		bounded time.Duration // of the caller's context; 0 is none
		dir     string
		want    int
		err     error
		says    []string
		took    time.Duration
	}{
		{name: "at once", answers: []any{"7"}, want: 7},
		{name: "third time", answers: []any{"5", "6", "7"}, want: 7, took: 200 * time.Millisecond},
		{name: "after errors", answers: []any{errors.New("not defined"), `"text"`, "null", "7"}, want: 7, took: 300 * time.Millisecond},
		{
			name: "never", answers: []any{"5", "6"}, dir: "/pictures", err: context.DeadlineExceeded, took: waitLimit,
			says: []string{"waiting for the.js", "last value: 6", "console: empty", "screenshot: /pictures/lectern-wait-"},
		},
		{
			name: "within the caller's time", answers: []any{"6"}, bounded: time.Second,
			err: context.DeadlineExceeded, took: time.Second, says: []string{"no screenshot: no camera"},
		},
		{
			name: "errors only", answers: []any{errors.New("not defined")}, bounded: time.Minute,
			err: context.DeadlineExceeded, took: time.Minute, says: []string{"last value: the error not defined"},
		},
		{name: "browser gone", answers: []any{"5", ErrClosed}, err: ErrClosed, took: 100 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if test.bounded > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.bounded)
					defer cancel()
				}
				began := time.Now()
				got, err := WaitFor(ctx, &scripted{answers: test.answers, dir: test.dir}, "the.js", seven)
				if !errors.Is(err, test.err) || got != test.want {
					t.Errorf("WaitFor = %d, %v, want %d, %v", got, err, test.want, test.err)
				}
				for _, want := range test.says {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("the error lacks %q: %v", want, err)
					}
				}
				if took := time.Since(began); took != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
			})
		})
	}
}

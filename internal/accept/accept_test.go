package accept

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// script is a listener that gives these errors, nil being a connection.
type script struct {
	net.Listener
	errs []error
}

func (s *script) Accept() (net.Conn, error) {
	err := s.errs[0]
	s.errs = s.errs[1:]
	if err != nil {
		return nil, &net.OpError{Op: "accept", Err: err}
	}
	return &net.TCPConn{}, nil
}

func TestAShortageIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := 0
		a := New(&script{errs: []error{syscall.EMFILE, syscall.ENFILE, nil, syscall.ECONNABORTED, nil, net.ErrClosed}}, func(error) { told++ })
		began := time.Now()
		for _, want := range []time.Duration{15 * time.Millisecond, 20 * time.Millisecond} { // 5 + 10, and 5 anew
			if _, err := a.Next(t.Context()); err != nil || time.Since(began) != want {
				t.Errorf("after %v: %v, want a connection after %v", time.Since(began), err, want)
			}
		}
		if _, err := a.Next(t.Context()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want that the listener is closed", err)
		}
		if told != 3 {
			t.Errorf("told of %d shortages, want 3", told)
		}
	})
}

func TestTheWaitHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs []error
		for range 20 {
			errs = append(errs, syscall.EMFILE)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		s := &script{errs: errs}
		if _, err := New(s, nil).Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's end", err)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("took %v, want 10 s", took)
		}
		if tried := 20 - len(s.errs); tried != 18 { // 5 ms to 640 ms, which is 8, then each second, and once at the end
			t.Errorf("tried %d times, want 18", tried)
		}
	})
}

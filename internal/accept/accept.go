// Package accept takes connections from a listener that outlives shortages.
//
// Its one invariant: an error of one connection, or a shortage that ends when
// connections do, never ends a listener, and never makes it spin.
package accept

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"
)

// Acceptor takes connections from a listener. It is used by one goroutine.
type Acceptor struct {
	listener net.Listener
	short    func(error)
	pause    time.Duration
}

// New returns an Acceptor of what l accepts. short is told each time that no
// connection could be taken for now; nil tells nobody. Closing l is the
// caller's.
func New(l net.Listener, short func(error)) *Acceptor {
	return &Acceptor{listener: l, short: short}
}

// Next returns the next connection. After a passing error it waits, from 5 ms
// to 1 s, each time twice as long as before, and tries again. The error is
// ctx's when that has ended, and else the listener's for good.
func (a *Acceptor) Next(ctx context.Context) (net.Conn, error) {
	for {
		c, err := a.listener.Accept()
		switch {
		case err == nil:
			a.pause = 0
			return c, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !passing(err):
			return nil, err
		}
		if a.short != nil {
			a.short(err)
		}
		a.wait(ctx)
	}
}

func (a *Acceptor) wait(ctx context.Context) {
	a.pause = min(max(2*a.pause, 5*time.Millisecond), time.Second)
	t := time.NewTimer(a.pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// passing tells errors of Accept that are about one connection, or about a
// shortage that ends when connections do: not about the listener.
func passing(err error) bool {
	for _, shortage := range []error{
		syscall.ECONNABORTED, syscall.EINTR, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
	} {
		if errors.Is(err, shortage) {
			return true
		}
	}
	return false
}

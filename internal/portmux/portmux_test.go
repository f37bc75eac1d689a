package portmux

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// serve runs m until the test ends, and gives what to end it with before.
func serve(t *testing.T, m *Mux) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// pipes is a port whose connections are made by the test, so that fake time
// works on them.
type pipes struct {
	accept chan result
	closed chan struct{}
}

type result struct {
	conn net.Conn
	err  error
}

func newPipes() *pipes {
	return &pipes{accept: make(chan result), closed: make(chan struct{})}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case r := <-p.accept:
		return r.conn, r.err
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed) // a second time panics: Run closes once
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.accept <- result{conn: theirs}
	return ours
}

func wantClosed(t *testing.T, name string, c net.Conn) {
	t.Helper()
	if n, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("%s: read %d, %v, want it closed", name, n, err)
	}
}

func TestSilentConnectionsAreClosedAtTheTimeout(t *testing.T) {
	for name, sent := range map[string]string{"nothing": "", "half a frame": "\x00\x14\x00"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				port := newPipes()
				m := New(port, Options{Timeout: 3 * time.Second})
				m.Listener(HTTP)
				m.Listener(STUN)
				stop := serve(t, m)
				begin := time.Now()
				c := port.dial()
				io.WriteString(c, sent)
				wantClosed(t, "silent", c)
				if got := time.Since(begin); got != 3*time.Second {
					t.Errorf("closed after %v, want 3s", got)
				}
				stop()
			})
		})
	}
}

// The deadline is for all of the head: an octet now and then does not move it.
func TestSlowHeadsAreClosedAtTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := newPipes()
		m := New(port, Options{})
		m.Listener(STUN)
		stop := serve(t, m)
		begin := time.Now()
		c := port.dial()
		for _, octet := range binding[:headLen-1] {
			c.Write([]byte{octet})
			time.Sleep(1500 * time.Millisecond)
		}
		wantClosed(t, "slow", c)
		if got := time.Since(begin); got != defaultTimeout {
			t.Errorf("closed after %v, want %v", got, defaultTimeout)
		}
		stop()
	})
}

func TestTheDeadlineEndsWithTheHandOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := newPipes()
		m := New(port, Options{})
		l := m.Listener(STUN)
		stop := serve(t, m)
		c := port.dial()
		go func() {
			c.Write(binding[:1])
			time.Sleep(4 * time.Second)
			c.Write(binding[1:8])
			time.Sleep(time.Hour)
			c.Write(binding[8:])
			c.Close()
		}()
		got, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		read, err := io.ReadAll(got)
		if string(read) != string(binding) || err != nil {
			t.Errorf("read %x, %v, want %x", read, err, binding)
		}
		got.Close()
		stop()
	})
}

func TestTheOldestSilentConnectionMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := newPipes()
		m := New(port, Options{MaxPending: 2})
		l := m.Listener(RTMP)
		stop := serve(t, m)
		begin := time.Now()
		first, second, third := port.dial(), port.dial(), port.dial()
		wantClosed(t, "the oldest", first)
		if got := time.Since(begin); got != 0 {
			t.Errorf("closed after %v, want at once", got)
		}
		for _, c := range []net.Conn{third, second} {
			io.WriteString(c, "\x03")
			got, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			got.Close()
			c.Close()
		}
		// Those that have spoken no longer count.
		last, again := port.dial(), port.dial()
		synctest.Wait()
		io.WriteString(last, "\x03")
		got, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		got.Close()
		stop()
		wantClosed(t, "pending at the end", again)
	})
}

func TestNobodysConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := newPipes()
		m := New(port, Options{})
		m.Listener(HTTP)
		stop := serve(t, m)
		begin := time.Now()
		for _, sent := range []string{"\xff", "\x16", "\x03", "\x00\x14\x00\x01"} {
			c := port.dial()
			io.WriteString(c, sent)
			wantClosed(t, fmt.Sprintf("%x", sent), c)
		}
		if got := time.Since(begin); got != 0 {
			t.Errorf("took %v, want no waiting", got)
		}
		stop()
	})
}

func TestTheBacklogIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := newPipes()
		m := New(port, Options{})
		l := m.Listener(RTMP)
		stop := serve(t, m)
		var waiting []net.Conn
		for range backlog {
			c := port.dial()
			io.WriteString(c, "\x03")
			waiting = append(waiting, c)
		}
		synctest.Wait()
		over := port.dial()
		io.WriteString(over, "\x03")
		wantClosed(t, "one more than the backlog", over)
		got, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		got.Close() // any of them: sniffers do not wait for each other
		stop()
		for _, c := range waiting {
			wantClosed(t, "accepted, or queued at the end", c)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept after the end: %v, want net.ErrClosed", err)
		}
	})
}

func TestAListenerClosesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := newPipes()
		m := New(port, Options{})
		rtmp, http := m.Listener(RTMP), m.Listener(HTTP)
		stop := serve(t, m)
		queued := port.dial()
		io.WriteString(queued, "\x03")
		synctest.Wait()
		ended := make(chan error)
		go func() {
			for {
				c, err := http.Accept()
				if err != nil {
					ended <- err
					return
				}
				c.Close()
			}
		}()
		rtmp.Close()
		rtmp.Close()
		wantClosed(t, "queued", queued)
		late := port.dial()
		io.WriteString(late, "\x03")
		wantClosed(t, "late", late)
		other := port.dial()
		io.WriteString(other, "G")
		wantClosed(t, "accepted by the other listener", other)
		stop()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept at the end: %v, want net.ErrClosed", err)
		}
	})
}

func TestShortagesPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := newPipes()
		m := New(port, Options{})
		l := m.Listener(HTTP)
		stop := serve(t, m)
		begin := time.Now()
		for range 10 {
			port.accept <- result{err: &net.OpError{Op: "accept", Err: syscall.EMFILE}}
		}
		c := port.dial()
		// 5 ms doubled seven times to 640 ms, then twice 1 s.
		if got, want := time.Since(begin), 1275*time.Millisecond+2*time.Second; got != want {
			t.Errorf("ten failures took %v, want %v", got, want)
		}
		io.WriteString(c, "G")
		got, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		got.Close()
		stop()
	})
}

func TestShortagesDoNotDelayTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := newPipes()
		stop := serve(t, New(port, Options{}))
		for range 9 {
			port.accept <- result{err: syscall.ENFILE}
		}
		begin := time.Now()
		stop()
		if got := time.Since(begin); got != 0 {
			t.Errorf("ended after %v", got)
		}
	})
}

func TestRunEndsWithThePort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := newPipes()
		m := New(port, Options{})
		l := m.Listener(HTTP)
		broken := errors.New("broken")
		ended := make(chan error)
		go func() { ended <- m.Run(t.Context()) }()
		silent := port.dial()
		port.accept <- result{err: broken}
		if err := <-ended; !errors.Is(err, broken) {
			t.Errorf("Run: %v, want %v", err, broken)
		}
		wantClosed(t, "silent", silent)
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept: %v, want net.ErrClosed", err)
		}
		select {
		case <-port.closed:
		default:
			t.Error("the port is still open")
		}
	})
}

func TestRunAfterTheEndOfItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := New(newPipes(), Options{}).Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestMisuseIsSaid(t *testing.T) {
	panics := func(name string, do func()) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("%s: no panic", name)
			}
		}()
		do()
	}
	m := New(newPipes(), Options{})
	l := m.Listener(HTTP)
	if m.Listener(HTTP) != l {
		t.Error("a protocol has two listeners")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Run(ctx); err != nil {
		t.Fatal(err)
	}
	panics("no such protocol", func() { m.Listener(protocols) })
	panics("a listener after Run", func() { m.Listener(RTMP) })
	panics("a second Run", func() { m.Run(ctx) })
}

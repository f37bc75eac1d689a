// Package portmux lets several protocols share one TCP port: it tells them
// apart by their first octets, and hands each connection to the listener of
// its protocol.
//
// Its invariant: a connection goes to exactly one listener or is closed, none
// of its octets is lost or read twice, and one that says nothing costs a
// goroutine until its deadline and never the place of one that speaks.
//
// It does not speak any of the protocols, nor does it end TLS.
package portmux

import (
	"container/list"
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"lectern/internal/accept"
)

// Options tune a Mux. The zero value is ready to use.
type Options struct {
	// Timeout is how long a connection may take to tell its protocol. If
	// zero, 5 seconds.
	Timeout time.Duration
	// MaxPending is how many connections may at a time not have told their
	// protocol. When one more comes, the one that has waited longest is
	// closed: a client that means to speak does so at once, so that a crowd
	// of silent connections keeps nobody out. If zero, 1024.
	MaxPending int
}

const (
	defaultTimeout    = 5 * time.Second
	defaultMaxPending = 1024
)

// Mux shares a port. Make it with New, ask it for its listeners, then Run it.
type Mux struct {
	port    net.Listener
	options Options

	mu        sync.Mutex
	running   bool
	listeners [protocols]*listener // settled once running
	pending   list.List            // of net.Conn, the oldest first
}

// New returns a Mux for the connections that l accepts. l is the Mux's from
// then on: Run closes it.
func New(l net.Listener, o Options) *Mux {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.MaxPending <= 0 {
		o.MaxPending = defaultMaxPending
	}
	return &Mux{port: l, options: o}
}

// Listener returns the listener of p, the same each time. It must be asked for
// before Run: connections of a protocol that nobody asked for are closed, as
// are those that nobody accepts while 128 others wait.
//
// Its Accept ends with net.ErrClosed after its Close, or when Run ends. Close
// concerns this protocol only and leaves the port open. Accepted connections
// belong to who accepted them; they have CloseWrite, ReadFrom and WriteTo of
// the *net.TCPConn beneath.
func (m *Mux) Listener(p Protocol) net.Listener {
	if p < 0 || p >= protocols {
		panic(fmt.Sprintf("portmux: no protocol %d", p))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.listeners[p] == nil {
		if m.running {
			panic("portmux: a listener must be asked for before Run")
		}
		m.listeners[p] = newListener(m.port.Addr())
	}
	return m.listeners[p]
}

// Run accepts connections until ctx ends, and then returns nil, or until the
// port fails, and then returns why. Before it returns it has closed the port,
// its listeners and every connection that nobody has accepted, and its
// goroutines have ended. It can be called once.
func (m *Mux) Run(ctx context.Context) error {
	m.start()
	var sniffers sync.WaitGroup
	defer m.closeListeners()
	defer sniffers.Wait()
	defer m.closePending()
	closePort := sync.OnceFunc(func() { m.port.Close() })
	defer closePort()
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		closePort()
		close(closed)
	})
	defer func() {
		if !stop() {
			<-closed
		}
	}()

	from := accept.New(m.port, nil)
	for {
		c, err := from.Next(ctx)
		switch {
		case err == nil:
			e := m.add(c)
			sniffers.Go(func() { m.sniff(e, c) })
		case ctx.Err() != nil:
			return nil
		default:
			return fmt.Errorf("accept on %v: %w", m.port.Addr(), err)
		}
	}
}

func (m *Mux) start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running {
		panic("portmux: Run is called twice")
	}
	m.running = true
}

// add notes a connection that has not told its protocol, if need be in the
// place of the oldest.
func (m *Mux) add(c net.Conn) *list.Element {
	var oldest net.Conn
	m.mu.Lock()
	if m.pending.Len() >= m.options.MaxPending {
		oldest = m.pending.Remove(m.pending.Front()).(net.Conn)
	}
	e := m.pending.PushBack(c)
	m.mu.Unlock()
	if oldest != nil {
		oldest.Close()
	}
	return e
}

// sniff finds out a connection's protocol and hands it on, or closes it.
func (m *Mux) sniff(e *list.Element, c net.Conn) {
	c.SetReadDeadline(time.Now().Add(m.options.Timeout))
	p, head, err := readHead(c)
	m.mu.Lock()
	m.pending.Remove(e) // does nothing when add has taken it out
	m.mu.Unlock()
	if err == nil {
		err = c.SetReadDeadline(time.Time{})
	}
	if err != nil || m.listeners[p] == nil {
		c.Close()
		return
	}
	m.listeners[p].offer(&conn{Conn: c, head: head})
}

// closePending ends the sniffers that still wait. None is added any more.
func (m *Mux) closePending() {
	var open []net.Conn
	m.mu.Lock()
	for e := m.pending.Front(); e != nil; e = e.Next() {
		open = append(open, e.Value.(net.Conn))
	}
	m.mu.Unlock()
	for _, c := range open {
		c.Close()
	}
}

func (m *Mux) closeListeners() {
	for _, l := range m.listeners {
		if l != nil {
			l.Close()
		}
	}
}

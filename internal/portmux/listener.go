package portmux

import (
	"net"
	"sync"
)

// backlog is how many connections of a protocol may wait to be accepted. One
// more is closed: whoever accepts is overloaded, and older ones are nearer to
// being served.
const backlog = 128

// listener hands out the connections of one protocol.
type listener struct {
	addr  net.Addr
	queue chan net.Conn
	done  chan struct{} // closed by Close

	mu     sync.Mutex
	closed bool // nothing enters the queue any more
}

func newListener(addr net.Addr) *listener {
	return &listener{
		addr:  addr,
		queue: make(chan net.Conn, backlog),
		done:  make(chan struct{}),
	}
}

// offer queues a connection, or closes it.
func (l *listener) offer(c net.Conn) {
	if !l.enqueue(c) {
		c.Close()
	}
}

func (l *listener) enqueue(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	select {
	case l.queue <- c:
		return true
	default:
		return false
	}
}

// Accept waits for a connection of the protocol. After Close it returns
// net.ErrClosed.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case <-l.done:
		return nil, net.ErrClosed
	default:
	}
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and closes the connections that wait for it.
func (l *listener) Close() error {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	l.mu.Unlock()
	if !first {
		return nil
	}
	close(l.done)
	for {
		select {
		case c := <-l.queue:
			c.Close()
		default:
			return nil
		}
	}
}

// Addr is the address of the port that all protocols share.
func (l *listener) Addr() net.Addr { return l.addr }

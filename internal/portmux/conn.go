package portmux

import (
	"errors"
	"io"
	"net"
	"sync"
)

// conn is a connection whose first octets have been read and are read again.
// Addresses, deadlines, Write and Close are those of the connection itself.
type conn struct {
	net.Conn

	mu   sync.Mutex
	head []byte // not yet read again
}

// Read gives the first octets by themselves: waiting for what follows could
// mean waiting for ever.
func (c *conn) Read(b []byte) (int, error) {
	if n := c.replay(b); n > 0 {
		return n, nil
	}
	return c.Conn.Read(b)
}

func (c *conn) replay(b []byte) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := copy(b, c.head)
	c.head = c.head[n:]
	return n
}

// WriteTo writes what is left to read to w, in the kernel where it can.
func (c *conn) WriteTo(w io.Writer) (int64, error) {
	var head [headLen]byte
	var written int
	if n := c.replay(head[:]); n > 0 {
		var err error
		if written, err = w.Write(head[:n]); err != nil {
			return int64(written), err
		}
	}
	rest, err := io.Copy(w, c.Conn)
	return int64(written) + rest, err
}

// ReadFrom sends what r has, by sendfile when r is a file.
func (c *conn) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(c.Conn, r)
}

// NetConn returns the connection itself, for what can be set there alone. Its
// first octets have been read.
func (c *conn) NetConn() net.Conn { return c.Conn }

// CloseWrite ends the sending direction, as net/http does before it closes a
// connection on which a request is still coming.
func (c *conn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// earlyBuffer is for reading before Authorise, lateBuffer after: one is
	// small because anybody has it, the other saves system calls.
	earlyBuffer = 2 << 10
	lateBuffer  = 16 << 10
	// defaultWindow is after how many octets they are acknowledged when the
	// peer does not say: some encoders wait for it, and most servers do so.
	defaultWindow = 2_500_000
	// leastWindow bounds what a peer may ask for: an acknowledgement for each
	// octet would be more than it sends.
	leastWindow = 64 << 10
)

// Conn reads and writes messages on a connection after the handshake.
//
// Read, Admit, Authorise, SetIdle and SetReadDeadline are called by one goroutine,
// Write and Interrupt by any. The connection stays the caller's, who closes it;
// its deadlines are the Conn's.
type Conn struct {
	net          net.Conn
	limits       Limits
	writeTimeout time.Duration
	in           *bufio.Reader
	chunks       *chunkReader
	parts        aggregate
	interrupted  atomic.Bool

	// Of the reading goroutine.
	admitted     bool
	talk         talk
	idle         time.Duration
	messageBy    time.Time // when a message must have come, while idle is set
	window       uint32
	received     uint64 // octets
	acknowledged uint64

	mu  sync.Mutex
	out chunkWriter
}

// Accept shakes hands with a client. The caller has set a deadline. The error
// wraps ErrHandshake or is the connection's.
func Accept(c net.Conn, l Limits) (*Conn, error) {
	if err := greet(c); err != nil {
		return nil, err
	}
	return newConn(c, l), nil
}

// Open shakes hands with a server, as Accept does with a client.
func Open(c net.Conn, l Limits) (*Conn, error) {
	if err := introduce(c); err != nil {
		return nil, err
	}
	return newConn(c, l), nil
}

func newConn(c net.Conn, l Limits) *Conn {
	w := &Conn{net: c, limits: l.orDefaults(), window: defaultWindow, received: 1 + 2*handshakeLen}
	w.talk = newTalk(w.limits)
	w.out.size = defaultChunkSize
	w.in = bufio.NewReaderSize(reader{w}, earlyBuffer)
	w.chunks = newChunkReader(w.in, w.limits)
	return w
}

// Admit says that the peer has been let in: what it may send in all has no
// limit any more.
func (c *Conn) Admit() { c.admitted = true }

// Authorise is Admit, and lets messages be longer from now on.
func (c *Conn) Authorise() {
	c.Admit()
	if c.chunks.message == c.limits.Message {
		return
	}
	c.chunks.message, c.chunks.memory = c.limits.Message, 2*c.limits.Message
	rest, _ := c.in.Peek(c.in.Buffered()) // what is there cannot fail
	c.in = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(slices.Clone(rest)), reader{c}), lateBuffer)
	c.chunks.in = c.in
}

// SetReadDeadline makes Read fail after a moment.
func (c *Conn) SetReadDeadline(t time.Time) {
	c.idle = 0
	c.deadline(t)
}

// slowness is how many times as long as nothing at all may come a message may
// take: the longest that Limits allow, on a line with a megabit a second.
const slowness = 3

// SetIdle makes Read fail when for so long not one octet has come, or for three
// times as long no message that it would return, instead of after a moment.
func (c *Conn) SetIdle(d time.Duration) {
	c.idle = d
	c.messageBy = time.Now().Add(slowness * d)
	c.deadline(time.Now().Add(d))
}

// deadline sets one unless Interrupt has, which sets its mark first.
func (c *Conn) deadline(t time.Time) {
	c.net.SetReadDeadline(t)
	if c.interrupted.Load() {
		c.net.SetReadDeadline(past)
	}
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// SetWriteTimeout bounds how long a Write may take; 0 leaves it to the
// caller's deadline. It must not be called while a Write may be under way.
func (c *Conn) SetWriteTimeout(d time.Duration) { c.writeTimeout = d }

// Interrupt makes Read return ErrInterrupted, now and from now on. Write works
// as before.
func (c *Conn) Interrupt() {
	c.interrupted.Store(true)
	c.net.SetReadDeadline(past)
}

// reader counts what comes, and sets the deadline of SetIdle.
type reader struct{ c *Conn }

func (r reader) Read(b []byte) (int, error) {
	c := r.c
	if c.idle > 0 {
		by := time.Now().Add(c.idle)
		if c.messageBy.Before(by) {
			by = c.messageBy
		}
		c.deadline(by)
	}
	n, err := c.net.Read(b)
	c.received += uint64(n)
	if err != nil && c.interrupted.Load() {
		err = ErrInterrupted
	}
	return n, err
}

// Read returns the next message that is not about the connection itself; with
// those it deals. io.EOF is the end of the connection between two messages.
// Other errors wrap ErrMalformed or ErrLimit, are ErrInterrupted, or are the
// connection's; after any of them nothing more can be read.
func (c *Conn) Read() (Message, error) {
	if c.idle > 0 {
		c.messageBy = time.Now().Add(slowness * c.idle)
	}
	for {
		if m, ok, err := c.part(); ok || err != nil {
			return m, err
		}
		m, err := c.chunks.read()
		if err != nil {
			return Message{}, err
		}
		if err := c.hear(m); err != nil {
			return Message{}, err
		}
		if err := c.acknowledge(); err != nil {
			return Message{}, err
		}
		own, err := c.control(m)
		if err != nil {
			return Message{}, fmt.Errorf("%s: %w", m.Type, err)
		}
		if !own {
			return m, nil
		}
	}
}

// part returns the next part of an aggregate, if there is one.
func (c *Conn) part() (m Message, ok bool, err error) {
	if m, ok, err = c.parts.next(); err != nil {
		return Message{}, false, err
	}
	err = c.talk.count(c.parts.skipped)
	c.parts.skipped = 0
	if ok && err == nil {
		err = c.hear(m)
	}
	return m, ok, err
}

// hear holds what has come against what a peer may say.
func (c *Conn) hear(m Message) error {
	if c.admitted {
		return c.talk.hear(m)
	}
	if c.received > uint64(c.limits.Introduction) {
		return fmt.Errorf("%w: %d octets before anything is published or played", ErrLimit, c.received)
	}
	return nil
}

// control deals with messages that are about the connection.
func (c *Conn) control(m Message) (own bool, err error) {
	switch m.Type {
	case SetChunkSize:
		return true, c.setChunkSize(m.Body)
	case Abort:
		id, err := number(m.Body)
		c.chunks.abort(id)
		return true, err
	case WindowSize:
		n, err := number(m.Body)
		c.window = max(n, leastWindow)
		return true, err
	case UserControl:
		return true, c.userControl(m.Body)
	case Acknowledgement, SetPeerBandwidth:
		return true, nil // TCP has told already
	case Aggregate:
		c.parts = newAggregate(m)
		return true, nil
	}
	return false, nil
}

func (c *Conn) setChunkSize(b []byte) error {
	n, err := number(b)
	switch {
	case err != nil:
		return err
	case n < 1 || n > 1<<31-1: // §5.4.1
		return fmt.Errorf("%w: a chunk size of %d", ErrMalformed, n)
	case int64(n) > int64(c.limits.ChunkSize):
		return fmt.Errorf("%w: a chunk size of %d octets, at most %d", ErrLimit, n, c.limits.ChunkSize)
	}
	c.chunks.size = int(n)
	return nil
}

// The events of user control messages that are used here (§7.1.7).
const (
	streamBegin  = 0
	pingRequest  = 6
	pingResponse = 7
)

func (c *Conn) userControl(b []byte) error {
	if len(b) < 2 {
		return fmt.Errorf("%w: %d octets", ErrMalformed, len(b))
	}
	if binary.BigEndian.Uint16(b) != pingRequest || len(b) != 6 {
		return nil
	}
	answer := slices.Clone(b)
	answer[1] = pingResponse
	return c.Write(Message{Type: UserControl, Body: answer})
}

// acknowledge tells the peer what has come, once a window (§5.4.3).
func (c *Conn) acknowledge() error {
	if c.received-c.acknowledged < uint64(c.window) {
		return nil
	}
	c.acknowledged = c.received
	return c.Write(control(Acknowledgement, uint32(c.received)))
}

// Write writes messages, and returns when the connection has taken them. An
// error is the connection's, and final.
func (c *Conn) Write(messages ...Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.add(messages)
	if c.writeTimeout > 0 {
		if err := c.net.SetWriteDeadline(time.Now().Add(c.writeTimeout)); err != nil {
			return err
		}
	}
	return c.out.flush(c.net)
}

// number reads the four octets of most control messages.
func number(b []byte) (uint32, error) {
	if len(b) < 4 {
		return 0, fmt.Errorf("%w: %d octets", ErrMalformed, len(b))
	}
	return binary.BigEndian.Uint32(b), nil
}

func control(t Type, n uint32) Message {
	return Message{Type: t, Body: binary.BigEndian.AppendUint32(nil, n)}
}

// ChunkSize makes a message from which on what is written has chunks of that
// many octets.
func ChunkSize(n uint32) Message { return control(SetChunkSize, n) }

// Window makes a message that asks the peer to acknowledge each n octets.
func Window(n uint32) Message { return control(WindowSize, n) }

// PeerBandwidth makes a message that asks the peer to have no more than n
// octets unacknowledged, which it may take or leave ("dynamic", §5.4.5).
func PeerBandwidth(n uint32) Message {
	m := control(SetPeerBandwidth, n)
	m.Body = append(m.Body, 2)
	return m
}

// StreamBegin makes the message that a stream can be used.
func StreamBegin(stream uint32) Message { return event(streamBegin, stream) }

func event(kind uint16, stream uint32) Message {
	b := binary.BigEndian.AppendUint16(nil, kind)
	return Message{Type: UserControl, Body: binary.BigEndian.AppendUint32(b, stream)}
}

package signaling

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"lectern/internal/classroom"
	"lectern/internal/limit"
)

const (
	// helloTime is how long a client may take to say who it is.
	helloTime = 5 * time.Second
	// pingInterval is the time between two pings, and pingsMissed how many may
	// go without a sign of life. Browsers show no pings of WebSocket's own to
	// a page, so that these are messages.
	pingInterval = 20 * time.Second
	pingsMissed  = 2
	// goodbyeTime is how long a client may take to answer a close frame.
	// Closing at once could take the frame away from under the client, whose
	// unread messages make a reset of the close.
	goodbyeTime = 2 * time.Second
)

// ping is what the client answers with a message of type "pong".
var ping = &classroom.Message{Text: []byte(`{"type":"ping","data":{}}`), Class: classroom.Needed}

// socket is a WebSocket as a classroom.Line.
//
// Two goroutines: read hands messages to the visit, and write sends what the
// outbox has. Whatever ends the one ends the other: write closes the
// connection when it has nothing more to send, and read ends the outbox when
// nothing comes any more.
type socket struct {
	conn   *websocket.Conn
	out    *outbox
	missed atomic.Int32 // pings since the last sign of life
	last   atomic.Int64 // when the last message has to be out, in Unix nanoseconds; 0 is never
	closed atomic.Bool  // a close frame was sent: what comes is thrown away

	limits  *limit.Hits
	control *rate.Limiter // of frames that are no messages
}

var _ classroom.Line = (*socket)(nil)

// visit is what a client's messages go to.
type visit interface {
	// Hear takes one message, the first of which says who the client is. An
	// error ends the connection.
	Hear(ctx context.Context, frame []byte) error
	// Lost says that nothing more will come.
	Lost()
}

const (
	// controlRate and controlBurst bound the frames that WebSocket itself has:
	// each ping of a client's makes a pong of ours.
	controlRate  = 2
	controlBurst = 20
)

func newSocket(conn *websocket.Conn, bounds Limits, limits *limit.Hits) *socket {
	boundKernel(conn.NetConn())
	conn.SetReadLimit(bounds.MessageBytes)
	s := &socket{conn: conn, out: newOutbox(int(bounds.QueueBytes)), limits: limits, control: rate.NewLimiter(controlRate, controlBurst)}
	answer := conn.PingHandler()
	conn.SetPingHandler(func(data string) error {
		if !s.frames() {
			return nil
		}
		return answer(data)
	})
	conn.SetPongHandler(func(string) error {
		s.frames()
		return nil
	})
	return s
}

// frames counts a frame that is no message, and says whether the connection goes
// on.
func (s *socket) frames() bool {
	if s.last.Load() != 0 { // it is ending
		return false
	}
	if s.control.Allow() {
		return true
	}
	s.limits.Add(limit.RoomFlood)
	s.End(classroom.Close{Code: classroom.CloseTooFast, Reason: "too many pings: resume in a while"})
	return false
}

// kernelBytes is what the kernel may keep for a client that does not read. It
// would take some megabytes if it was left to itself, and those have no owner.
const kernelBytes = 128 << 10

// boundKernel looks for the TCP connection below TLS and what has told them
// apart.
func boundKernel(c net.Conn) {
	for {
		if tcp, ok := c.(interface{ SetWriteBuffer(bytes int) error }); ok {
			_ = tcp.SetWriteBuffer(kernelBytes) // else it is what it is
			return
		}
		below, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return
		}
		c = below.NetConn()
	}
}

// Send implements classroom.Line.
func (s *socket) Send(m *classroom.Message) {
	if !s.out.push(m) {
		s.limits.Add(limit.RoomQueue)
		s.End(classroom.Close{Code: classroom.CloseTooFast, Reason: "too slow: resume in a while"})
	}
}

// Replay implements classroom.Line.
func (s *socket) Replay(missed []*classroom.Message) { s.out.replay(missed) }

// End implements classroom.Line.
func (s *socket) End(c classroom.Close) {
	last := time.Now().Add(goodbyeTime)
	s.last.CompareAndSwap(0, last.UnixNano())
	s.out.end(c)
	_ = s.conn.NetConn().SetWriteDeadline(last) // what hangs may hang no longer
}

// run serves the connection until it has ended.
func (s *socket) run(ctx context.Context, v visit) {
	ctx, cancel := context.WithCancel(ctx)
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.write()
	}()
	defer func() { // after a panic as well
		s.End(classroom.Close{Code: classroom.CloseInternal, Reason: "an error of the server"})
		cancel()
		v.Lost()
		<-written
		_ = s.conn.Close()
	}()
	s.read(ctx, v)
}

// read returns when the connection is closed in both directions, or is no use
// any more.
func (s *socket) read(ctx context.Context, v visit) {
	hello := time.AfterFunc(helloTime, func() {
		s.End(classroom.Close{Code: classroom.CloseProtocol, Reason: "no hello within five seconds"})
	})
	defer hello.Stop()
	for {
		kind, frame, err := s.conn.ReadMessage()
		if err != nil {
			if errors.Is(err, websocket.ErrReadLimit) {
				s.limits.Add(limit.RoomMessage)
			}
			s.End(unreadable(err))
			return
		}
		s.missed.Store(0)
		if s.closed.Load() {
			continue
		}
		if kind != websocket.TextMessage {
			s.End(classroom.Close{Code: classroom.CloseProtocol, Reason: "messages are text"})
			continue
		}
		if err := v.Hear(ctx, frame); err != nil {
			s.End(closing(err))
			continue
		}
		hello.Stop()
	}
}

// write sends until the outbox has ended, says goodbye, and leaves it to read
// to wait for the answer.
func (s *socket) write() {
	beat := time.NewTicker(pingInterval)
	defer beat.Stop()
	for {
		m, over, why := s.out.take()
		switch {
		case m != nil:
			if err := s.send(m); err != nil {
				s.out.end(classroom.Close{Code: websocket.CloseAbnormalClosure})
				_ = s.conn.NetConn().Close()
				return
			}
			continue
		case over:
			s.goodbye(why)
			return
		}
		select {
		case <-s.out.wake:
		case <-beat.C:
			s.beat()
		}
	}
}

func (s *socket) send(m *classroom.Message) error {
	deadline := time.Now().Add(writeTime)
	if last := s.last.Load(); last != 0 {
		deadline = time.Unix(0, last)
	}
	_ = s.conn.SetWriteDeadline(deadline)
	return s.conn.WriteMessage(websocket.TextMessage, m.Text)
}

func (s *socket) beat() {
	if s.missed.Add(1) > pingsMissed {
		s.limits.Add(limit.RoomSilence)
		s.End(classroom.Close{Code: classroom.CloseSilent, Reason: "no pong"})
		return
	}
	s.Send(ping)
}

func (s *socket) goodbye(why classroom.Close) {
	s.closed.Store(true)
	deadline := time.Now().Add(goodbyeTime)
	text := websocket.FormatCloseMessage(why.Code, clip(why.Reason))
	if err := s.conn.WriteControl(websocket.CloseMessage, text, deadline); err != nil {
		_ = s.conn.NetConn().Close()
		return
	}
	_ = s.conn.NetConn().SetReadDeadline(deadline)
}

// clip keeps to what a close frame has room for (RFC 6455 §5.5).
func clip(reason string) string {
	const most = 123
	if len(reason) <= most {
		return reason
	}
	end := most
	for end > 0 && reason[end]&0xC0 == 0x80 { // not within a character
		end--
	}
	return reason[:end]
}

// unreadable says with what a connection ends from which nothing more comes.
func unreadable(err error) classroom.Close {
	if errors.Is(err, websocket.ErrReadLimit) {
		return classroom.Close{Code: classroom.CloseTooLarge, Reason: "the message is larger than limits.room_message"}
	}
	if c := (*websocket.CloseError)(nil); errors.As(err, &c) && c.Code != websocket.CloseAbnormalClosure && c.Code != websocket.CloseNoStatusReceived {
		return classroom.Close{Code: c.Code}
	}
	if e := net.Error(nil); errors.As(err, &e) && e.Timeout() {
		return classroom.Close{Code: classroom.CloseSilent, Reason: "no answer"}
	}
	return classroom.Close{Code: websocket.CloseNormalClosure}
}

// closing says with what a connection ends whose client did something wrong.
func closing(err error) classroom.Close {
	if c := (*classroom.CloseError)(nil); errors.As(err, &c) {
		return c.Close
	}
	return classroom.Close{Code: classroom.CloseInternal, Reason: "an error of the server"}
}

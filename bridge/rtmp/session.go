package rtmp

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"lectern/bridge/rtmp/wire"
	"lectern/sfu"
)

// streamID is the one message stream that a session has. Clients that make
// several get it several times.
const streamID = 1

// session is what one client does on one connection. All of it is one
// goroutine's, but for end.
//
//	new ──connect──▶ connected ──publish, play──▶ active
//	 │                  ▲ └──▶ ended ◀─────────────┤
//	 └──▶ ended         └─────deleteStream─────────┘
type session struct {
	server *Server
	net    net.Conn
	wire   *wire.Conn
	place  *place
	client client
	active *activity // nil while nothing is published or played

	asked string // "publish" or "play", what the client has asked for last

	ending sync.Once
	ended  chan struct{} // closed by end
	cause  error         // set before
}

// client is what it has said about itself with connect.
type client struct {
	connected      bool
	app, url, page string
	encoder        string // what it calls itself
	answerTo       float64
}

func newSession(s *Server, c net.Conn, w *wire.Conn, p *place) *session {
	return &session{server: s, net: c, wire: w, place: p, ended: make(chan struct{})}
}

// run is the session, until the client leaves or something is wrong.
func (s *session) run(ctx context.Context) {
	defer context.AfterFunc(ctx, func() { s.end(errStopping) })()
	defer func() { // after a panic too
		s.end(errBroken)
		s.stop(s.cause)
	}()
	s.expectSetup()
	for {
		m, err := s.wire.Read()
		if err == nil {
			err = s.handle(ctx, m)
		}
		if err != nil {
			s.end(s.explain(err))
			break
		}
	}
	s.server.counts.limited(s.cause)
	s.server.log.Debug("connection ends", "remote", s.place.ip, "cause", discreet(s.cause))
	s.stop(s.cause)
	s.farewell(ctx)
}

// end ends the session, from any goroutine, for the first cause that is given.
func (s *session) end(cause error) {
	s.ending.Do(func() {
		s.cause = cause
		close(s.ended)
		s.wire.Interrupt()
	})
}

// explain is what an error of reading means here.
func (s *session) explain(err error) error {
	switch {
	case errors.Is(err, wire.ErrLimit), errors.Is(err, wire.ErrMalformed):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded) && s.active != nil:
		return errSilent
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errSlow
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), isNetwork(err):
		return errGone
	}
	return err
}

func isNetwork(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, net.ErrClosed)
}

// expectSetup gives the client its time to publish or play.
func (s *session) expectSetup() {
	s.wire.SetReadDeadline(time.Now().Add(s.server.options.Limits.Setup))
}

func (s *session) handle(ctx context.Context, m wire.Message) error {
	switch m.Type {
	case wire.Audio, wire.Video:
		return s.media(m)
	case wire.DataAMF0, wire.DataAMF3:
		s.data(m)
	case wire.CommandAMF0, wire.CommandAMF3:
		if err := s.command(ctx, m); err != nil {
			return err
		}
	}
	return s.active.alive(time.Now(), s.server.options.Limits.Silence)
}

// media hands on what is published. What comes before or after that is an
// encoder in a hurry.
func (s *session) media(m wire.Message) error {
	if s.active == nil || s.active.ingest == nil {
		return nil
	}
	return s.active.media(m, s.ended)
}

// data knows of one kind. What cannot be read is left out: nobody needs it to
// play.
func (s *session) data(m wire.Message) {
	if s.active == nil || s.active.ingest == nil {
		return
	}
	name, values, err := wire.ParseData(m, s.server.options.Limits.Wire)
	if err != nil || name != "onMetaData" || len(values) == 0 {
		return
	}
	if o, ok := values[0].(wire.Object); ok {
		s.active.ingest.metadata(o.Map())
	}
}

// farewellTime is how long a client may take to read why it was closed.
const farewellTime = 2 * time.Second

// farewell tells the client why, and waits until it has read that: to close
// while it still sends would take it away from under its eyes.
func (s *session) farewell(ctx context.Context) {
	why := s.last()
	s.wire.SetWriteTimeout(farewellTime)
	if why == nil || s.wire.Write(*why) != nil {
		return
	}
	if half, ok := s.net.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
		return
	}
	defer context.AfterFunc(ctx, func() { s.net.SetReadDeadline(time.Now().Add(farewellTime / 4)) })()
	s.net.SetReadDeadline(time.Now().Add(farewellTime))
	var b [512]byte
	for {
		if _, err := s.net.Read(b[:]); err != nil {
			return
		}
	}
}

// last is the last message that the client gets; nil when it has left, or has
// nobody who would read it.
func (s *session) last() *wire.Message {
	var m wire.Message
	text := sentence(s.cause)
	switch {
	case errors.Is(s.cause, errGone):
		return nil
	case !s.client.connected:
		m = wire.Command{
			Name: "_error", Transaction: s.client.answerTo,
			Args: []any{status("error", "NetConnection.Connect.Rejected", text)},
		}.Message(0)
	case s.asked == "play" && errors.Is(s.cause, sfu.ErrEnded): // which is no failure
		m = onStatus("status", "NetStream.Play.UnpublishNotify", text)
	case s.asked == "play":
		m = onStatus("error", playCode(s.cause), text)
	default:
		m = onStatus("error", publishCode(s.cause), text)
	}
	return &m
}

// address is what the client means by a stream key.
func (s *session) address(key string) (address, error) {
	return parseAddress(s.client.app, s.client.url, key)
}

package rtmp

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"lectern/bridge/rtmp/wire"
	"lectern/internal/accept"
)

// Server takes RTMP connections. Make it with New, and Run it on listeners.
type Server struct {
	options     Options
	log         *slog.Logger
	connections *connections
	attempts    *attempts
	draining    atomic.Bool
	counts      serverCounts

	// What takes what is published, and gives what is played.
	publish func(stream, identity, encoder string) (ingest, error)
	play    func(stream string, to writer) (flow, error)
}

// New returns a Server.
func New(o Options) *Server {
	o = o.orDefaults()
	s := &Server{
		options: o,
		log:     o.Log,
		publish: func(stream, identity, encoder string) (ingest, error) {
			return newPublisher(o, stream, identity, encoder)
		},
		play: func(stream string, to writer) (flow, error) { return newPlayer(o.Router, stream, to) },
	}
	s.connections = newConnections(o.Limits, &s.counts.limits)
	s.attempts = newAttempts(o.Limits, &s.counts.limits)
	return s
}

// Drain turns new sessions away with a sentence, while those that there are go
// on. It may be called again.
func (s *Server) Drain() { s.draining.Store(true) }

// Sessions is how many publish or play.
func (s *Server) Sessions() int { return s.connections.admitted() }

// Run takes connections from l, which it closes, until ctx ends or l fails. It
// may be called for several listeners at once, and returns when no goroutine
// of their connections is left; the error is l's, nil when ctx has ended.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	defer l.Close()
	from := accept.New(l, func(err error) { s.log.Warn("no connection can be taken", "error", err) })
	for {
		c, err := from.Next(ctx)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return nil
		default:
			return fmt.Errorf("accept RTMP: %w", err)
		}
		place := s.connections.enter(c)
		if place == nil {
			c.Close()
			continue
		}
		running.Go(func() { s.serve(ctx, c, place) })
	}
}

// serve runs the session of one connection. Its panic is its own.
func (s *Server) serve(ctx context.Context, c net.Conn, place *place) {
	defer place.leave()
	defer c.Close()
	defer func() {
		if cause := recover(); cause != nil {
			s.counts.panics.Add(1)
			s.log.Error("session panicked", "remote", place.ip, "panic", cause, "stack", string(debug.Stack()))
		}
	}()
	w, err := s.shakeHands(ctx, c)
	if err != nil {
		s.log.Debug("no handshake", "remote", place.ip, "cause", err)
		return
	}
	newSession(s, c, w, place).run(ctx)
}

func (s *Server) shakeHands(ctx context.Context, c net.Conn) (*wire.Conn, error) {
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if err := c.SetDeadline(time.Now().Add(s.options.Limits.Handshake)); err != nil {
		return nil, err
	}
	w, err := wire.Accept(c, s.options.Limits.Wire)
	if err != nil {
		return nil, err
	}
	w.SetWriteTimeout(s.options.Limits.Write)
	return w, nil
}

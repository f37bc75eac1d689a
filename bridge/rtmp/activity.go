package rtmp

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"lectern/bridge/rtmp/wire"
	"lectern/internal/auth"
	"lectern/internal/logging"
	"lectern/internal/trace"
	"lectern/sfu"
)

// activity is what a session was let in for: publishing or playing one stream.
type activity struct {
	source string // its name
	flow   flow
	ingest ingest // the same flow when it publishes, else nil
	log    *slog.Logger
	span   *trace.Span // until the first media

	allowance *allowance
	newest    time.Time // when the last of its media had been handed on
	closed    chan struct{}
	watching  sync.WaitGroup
	after     func() // tells who decided
}

// begin lets the client publish or play what a key means, or says why not.
func (s *session) begin(ctx context.Context, key string) error {
	if s.active != nil {
		return errTwice
	}
	ctx, span := s.trace(ctx)
	err := s.enter(ctx, key, span)
	if err != nil {
		span.Fail(refusals.Word(err))
		span.End()
	}
	return err
}

// enter is begin within its span, which the activity ends when there is one.
func (s *session) enter(ctx context.Context, key string, span *trace.Span) error {
	a, err := s.address(key)
	if err != nil {
		s.refused(ctx, "", err)
		return err
	}
	span.Set(slog.String("lectern.source", a.stream))
	request := s.request(a)
	grant, err := s.decide(ctx, request)
	if err != nil {
		s.refused(ctx, a.stream, err)
		return err
	}
	source := a.stream
	if grant.Rename != "" {
		source = grant.Rename
	}
	active := &activity{
		source: source,
		span:   span,
		log:    logging.Of(ctx, s.server.log).With("source", source, "remote", s.place.ip, "encoder", s.client.encoder),
		closed: make(chan struct{}),
		newest: time.Now(),
		after:  func() { s.server.tellEnd(request) },
	}
	if err := s.open(active, grant); err != nil {
		active.after()
		s.refused(ctx, source, err)
		return err
	}
	s.active = active
	s.server.counts.began(s.asked)
	active.watching.Go(func() { active.watch(s, grant) })
	active.log.Info(s.asked + " began")
	return nil
}

// open connects the activity with the stream.
func (s *session) open(a *activity, g auth.Grant) (err error) {
	limits := s.server.options.Limits
	if s.asked == "play" {
		if !s.place.play() {
			return errFull
		}
		if err := s.welcome(a.source); err != nil {
			return err
		}
		if a.flow, err = s.server.play(a.source, s.wire); err != nil {
			return err
		}
		s.place.admit()
		s.wire.Admit()
		s.wire.SetReadDeadline(time.Time{}) // players have nothing to say
		return nil
	}
	if a.ingest, err = s.server.publish(a.source, g.Identity, s.client.encoder); err != nil {
		return err
	}
	a.flow, a.allowance = a.ingest, newAllowance(limits, &s.server.counts.limits)
	s.place.admit()
	s.wire.Authorise()
	s.wire.SetIdle(limits.Silence)
	return nil
}

// request is the question whether the client may.
func (s *session) request(a address) auth.Request {
	action := auth.Publish
	if s.asked == "play" {
		action = auth.Watch
	}
	return auth.Request{
		Action: action, Stream: a.stream, Token: a.token, Args: a.args,
		Loopback: s.place.ip.IsLoopback(), Remote: s.place.ip,
		Session: rand.Text(), Protocol: "rtmp",
		Agent: s.client.encoder, URL: withoutQuery(s.client.url), Page: withoutQuery(s.client.page),
	}
}

// decide asks, within the limits on requests and refusals, and in its time.
func (s *session) decide(ctx context.Context, r auth.Request) (auth.Grant, error) {
	if full := s.server.options.Full; full != nil && full() {
		return auth.Grant{}, errNoRoom
	}
	attempts := s.server.attempts
	if attempts.hasty(s.place, s.asked == "play", r.Token, time.Now()) {
		return auth.Grant{}, errHasty
	}
	if attempts.blocked(s.place, r.Token, time.Now()) {
		return auth.Grant{}, errAttempts
	}
	ctx, span := trace.Start(ctx, "authorize", slog.String("lectern.session", r.Session))
	defer span.End()
	ctx, cancel := context.WithTimeout(ctx, s.server.options.Limits.Decision)
	defer cancel()
	grant, err := s.server.options.Access.Decide(ctx, r)
	switch {
	case err == nil:
		if r.Token != "" {
			attempts.accept(s.place, r.Token)
		}
		return grant, nil
	case errors.Is(err, auth.ErrNoToken), errors.Is(err, auth.ErrInvalidToken), errors.Is(err, auth.ErrDenied):
		attempts.refused(s.place, time.Now())
		return auth.Grant{}, err
	}
	s.server.log.ErrorContext(ctx, "no decision", "action", r.Action, "source", r.Stream, "remote", r.Remote, "error", err)
	return auth.Grant{}, errUndecided
}

func (s *session) refused(ctx context.Context, source string, cause error) {
	level := slog.LevelDebug
	if s.server.attempts.notable(s.place, time.Now()) {
		level = slog.LevelWarn
	}
	s.server.log.Log(ctx, level, "refused", "code", refusals.Word(cause), "action", s.asked, "source", source, "remote", s.place.ip,
		"encoder", s.client.encoder, "cause", discreet(cause))
}

// discreet is a cause as it may be logged: what somebody has typed for a name
// may hold his key.
func discreet(cause error) error {
	if errors.Is(cause, sfu.ErrName) {
		return sfu.ErrName
	}
	return cause
}

// tellEnd tells who decided, if he wants to hear it.
func (s *Server) tellEnd(r auth.Request) {
	if ender, ok := s.options.Access.(auth.Ender); ok {
		ender.End(r)
	}
}

// watch ends the session when the stream or the permission does.
func (a *activity) watch(s *session, g auth.Grant) {
	var expired <-chan time.Time
	if until := g.Until(); !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		expired = timer.C
	}
	defer a.span.End()
	begun := a.begun()
	var late <-chan time.Time
	if begun != nil {
		timer := time.NewTimer(beginTime)
		defer timer.Stop()
		late = timer.C
	}
	for {
		select {
		case <-begun:
			a.span.Event("first media")
			a.span.End()
			begun, late = nil, nil
			continue
		case <-late:
			a.span.End()
			begun, late = nil, nil
			continue
		case <-a.flow.done():
			s.end(a.flow.cause())
		case <-g.Revoked:
			s.end(auth.ErrRevoked)
		case <-expired:
			s.end(auth.ErrExpired)
		case <-a.closed:
		}
		return
	}
}

// media hands on a message, no faster than the limit allows.
func (a *activity) media(m wire.Message, ended <-chan struct{}) error {
	arrival := time.Now()
	wait, err := a.allowance.take(len(m.Body), arrival)
	if err != nil {
		return err
	}
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ended:
			return nil
		}
	}
	hand := a.ingest.audio
	if m.Type == wire.Video {
		hand = a.ingest.video
	}
	err = hand(m.Timestamp, m.Body, arrival)
	a.newest = time.Now()
	return err
}

// alive says when there has been no media for too long, whatever else comes.
func (a *activity) alive(at time.Time, silence time.Duration) error {
	if a != nil && a.ingest != nil && at.Sub(a.newest) > silence {
		return errNoMedia
	}
	return nil
}

// stop ends what the session was let in for. It may be called again.
func (s *session) stop(cause error) {
	a := s.active
	if a == nil {
		return
	}
	s.active = nil
	close(a.closed)
	a.watching.Wait()
	if a.ingest == nil { // what is being written has a little time, not all of it
		s.net.SetWriteDeadline(time.Now().Add(farewellTime))
	}
	a.flow.close(cause)
	s.place.dismiss()
	a.after()
	s.server.counts.ended(s.asked, cause)
	a.log.Info(s.asked+" ended", "cause", cause)
}

package rtmp

import (
	"context"
	"log/slog"
	"time"

	"lectern/internal/auth"
	"lectern/internal/cause"
	"lectern/internal/trace"
	"lectern/sfu"
)

// beginTime is how long a trace waits for the first media: a player may come
// hours before the publisher.
const beginTime = 30 * time.Second

// refusals are words for why a client was not let in.
var refusals = cause.Table{
	{Err: auth.ErrNoToken, Word: "unauthorized"},
	{Err: auth.ErrInvalidToken, Word: "invalid_token"},
	{Err: auth.ErrDenied, Word: "forbidden"},
	{Err: errUndecided, Word: "unavailable"},
	{Err: errHasty, Word: "rate_limited"},
	{Err: errAttempts, Word: "rate_limited"},
	{Err: errFull, Word: "busy"},
	{Err: errNoRoom, Word: "busy"},
	{Err: sfu.ErrName, Word: "malformed"},
	{Err: sfu.ErrTaken, Word: "conflict"},
	{Err: sfu.ErrClosed, Word: "draining"},
}

// trace begins the span of what the client has asked for: from the command to
// the first media.
func (s *session) trace(ctx context.Context) (context.Context, *trace.Span) {
	return s.server.options.Tracer.Begin(ctx, "rtmp "+s.asked, slog.String("lectern.protocol", "rtmp"),
		slog.String("lectern.action", s.asked), slog.String("client.address", s.place.ip.String()))
}

// beginning is what a flow may have to tell when its first media have come.
type beginning interface{ begun() <-chan struct{} }

func (p *publisher) begun() <-chan struct{} { return p.live }
func (p *player) begun() <-chan struct{}    { return p.pictured }

// begun is closed with the first media of the activity; nil where nobody wants
// to know.
func (a *activity) begun() <-chan struct{} {
	if b, ok := a.flow.(beginning); ok && a.span.Recording() {
		return b.begun()
	}
	return nil
}

package classroom

import (
	"context"
	"log/slog"

	"lectern/internal/room"
	"lectern/internal/trace"
)

// flowing are the messages that come all the time, and of which no one is worth
// a trace.
var flowing = map[string]bool{
	"board.live": true, "caption.line": true, "danmaku.send": true, "react": true, "rtc.ice": true, "stats.report": true, "sub.prefs": true,
}

// arriving begins the span of somebody who comes in.
func (v *Visit) arriving(ctx context.Context) (context.Context, *trace.Span) {
	ctx, span := v.rooms.options.Tracer.Begin(ctx, "room join", slog.String("lectern.room", v.name), slog.String("lectern.action", "join"))
	v.trace = trace.MarkOf(ctx)
	return ctx, span
}

// arrived ends it.
func (v *Visit) arrived(span *trace.Span, err error) {
	answered(span, err)
	if err == nil {
		span.Set(slog.String("lectern.member", string(v.session.member)))
	}
	span.End()
}

// commanded begins the span of a command: a trace of its own, as a visit lasts
// for hours, with a link to the one of the join. What a client calls a command
// that there is not is not repeated.
func (v *Visit) commanded(ctx context.Context, typ string, command room.Command) (context.Context, *trace.Span) {
	switch {
	case flowing[typ]:
		return ctx, nil
	case command == nil:
		typ = "unknown"
	}
	return v.rooms.options.Tracer.Follow(ctx, v.trace, "room "+typ, slog.String("lectern.room", v.name),
		slog.String("lectern.member", string(v.session.member)), slog.String("lectern.command", typ))
}

// answered says what has become of a request.
func answered(span *trace.Span, err error) {
	if err != nil {
		span.Fail(string(refused(err).Code))
	}
}

package logging

import (
	"context"
	"log/slog"

	"lectern/internal/trace"
)

// Of returns a log whose lines are of the trace of ctx, also those that are
// written without a context.
func Of(ctx context.Context, log *slog.Logger) *slog.Logger {
	mark := trace.MarkOf(ctx)
	if mark.None() {
		return log
	}
	return slog.New(marked{log.Handler(), mark.Bare()})
}

// marked gives a trace to lines that have none.
type marked struct {
	slog.Handler
	mark trace.Mark
}

// Handle implements slog.Handler.
func (h marked) Handle(ctx context.Context, r slog.Record) error {
	if trace.MarkOf(ctx).None() {
		ctx = h.mark.Context(ctx)
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h marked) WithAttrs(attrs []slog.Attr) slog.Handler {
	return marked{h.Handler.WithAttrs(attrs), h.mark}
}

// WithGroup implements slog.Handler.
func (h marked) WithGroup(name string) slog.Handler {
	return marked{h.Handler.WithGroup(name), h.mark}
}

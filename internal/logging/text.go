package logging

import (
	"context"
	"log/slog"

	"lectern/internal/trace"
)

// traced adds to a line which trace it is of, where that trace is recorded:
// there is nothing to be found by the others on a terminal.
type traced struct{ slog.Handler }

// Handle implements slog.Handler.
func (h traced) Handle(ctx context.Context, r slog.Record) error {
	if ids := trace.MarkOf(ctx).IDs(); ids.Sampled {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", ids.Trace), slog.String("span_id", ids.Span))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traced{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h traced) WithGroup(name string) slog.Handler { return traced{h.Handler.WithGroup(name)} }

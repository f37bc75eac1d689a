package logs

import (
	"context"
	"log/slog"

	"lectern/internal/trace"
)

// Handler returns a handler that keeps what it hands on to next.
func (r *Ring) Handler(next slog.Handler) slog.Handler { return &handler{ring: r, next: next} }

type handler struct {
	ring   *Ring
	next   slog.Handler
	with   []Attr
	prefix string // of the groups that are open
}

// Enabled implements slog.Handler: what is not logged is not kept.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	l := newLine(r, h.with, h.prefix)
	if ids := trace.MarkOf(ctx).IDs(); ids.Sampled {
		l.Attrs = append(l.Attrs[:len(l.Attrs):len(l.Attrs)], Attr{"trace_id", ids.Trace})
	}
	h.ring.add(l)
	return h.next.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clone := *h
	clone.next = h.next.WithAttrs(attrs)
	clone.with = h.with[:len(h.with):len(h.with)]
	for _, a := range attrs {
		clone.with = flatten(clone.with, h.prefix, a)
	}
	return &clone
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	clone := *h
	clone.next, clone.prefix = h.next.WithGroup(name), h.prefix+name+"."
	return &clone
}

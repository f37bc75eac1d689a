package trace

import (
	"context"

	otel "go.opentelemetry.io/otel/trace"
)

// Mark remembers a span for what follows from it later. The zero Mark is none.
type Mark struct{ span otel.Span }

// MarkOf is the span of ctx.
func MarkOf(ctx context.Context) Mark {
	if span := otel.SpanFromContext(ctx); span.SpanContext().IsValid() {
		return Mark{span}
	}
	return Mark{}
}

// None says that there is no span.
func (m Mark) None() bool { return m.span == nil }

// Bare is a mark for the log, which keeps nothing of the span but its IDs;
// nothing can begin in it.
func (m Mark) Bare() Mark {
	if m.span == nil {
		return m
	}
	return MarkOf(otel.ContextWithSpanContext(context.Background(), m.span.SpanContext()))
}

// Context is ctx with the span in it, so that what begins there is its child.
func (m Mark) Context(ctx context.Context) context.Context {
	if m.span == nil {
		return ctx
	}
	return otel.ContextWithSpan(ctx, m.span)
}

// IDs are how a span is called in logs, in hexadecimal (W3C Trace Context
// §3.2.2). The zero IDs are of none.
type IDs struct {
	Trace, Span string
	// Sampled says that the trace is recorded.
	Sampled bool
}

// IDs of the span.
func (m Mark) IDs() IDs {
	if m.span == nil {
		return IDs{}
	}
	c := m.span.SpanContext()
	return IDs{Trace: c.TraceID().String(), Span: c.SpanID().String(), Sampled: c.IsSampled()}
}

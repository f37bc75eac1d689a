package trace

import (
	"context"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	otel "go.opentelemetry.io/otel/trace"
)

// Span is something that takes time. Nil is none.
type Span struct{ span otel.Span }

// Start begins a span within that of ctx; without one there it does nothing.
// The caller ends it.
func Start(ctx context.Context, name string, attrs ...slog.Attr) (context.Context, *Span) {
	return child(ctx, name, otel.SpanKindInternal, attrs)
}

// Current is the span of ctx, nil where there is none.
func Current(ctx context.Context) *Span {
	span := otel.SpanFromContext(ctx)
	if !span.SpanContext().IsValid() {
		return nil
	}
	return &Span{span}
}

// Call is Start for a request that is made to somebody else.
func Call(ctx context.Context, name string, attrs ...slog.Attr) (context.Context, *Span) {
	return child(ctx, name, otel.SpanKindClient, attrs)
}

func child(ctx context.Context, name string, kind otel.SpanKind, attrs []slog.Attr) (context.Context, *Span) {
	parent := otel.SpanFromContext(ctx)
	if !parent.SpanContext().IsValid() {
		return ctx, nil
	}
	return start(ctx, parent.TracerProvider().Tracer(scope), name, attrs, otel.WithSpanKind(kind))
}

func start(ctx context.Context, t otel.Tracer, name string, attrs []slog.Attr, options ...otel.SpanStartOption) (context.Context, *Span) {
	ctx, span := t.Start(ctx, name, options...)
	s := &Span{span}
	s.Set(attrs...)
	return ctx, s
}

// Set adds attributes. A value is a string, a number or a bool; others are
// written as the log writes them.
func (s *Span) Set(attrs ...slog.Attr) {
	if s.Recording() {
		s.span.SetAttributes(attributes(attrs)...)
	}
}

// Event notes that something has happened, now.
func (s *Span) Event(name string, attrs ...slog.Attr) {
	if s.Recording() {
		s.span.AddEvent(name, otel.WithAttributes(attributes(attrs)...))
	}
}

// Fail says that it has failed, by a word: the errors themselves may repeat
// what a client has said.
func (s *Span) Fail(word string) {
	if s.Recording() {
		s.span.SetStatus(codes.Error, word)
		s.span.SetAttributes(attribute.String("error.type", word))
	}
}

// link says which other trace it belongs to.
func (s *Span) link(m Mark) {
	if s.Recording() && m.span != nil {
		s.span.AddLink(otel.Link{SpanContext: m.span.SpanContext()})
	}
}

// End ends it. It may be called again.
func (s *Span) End() {
	if s != nil {
		s.span.End()
	}
}

// Recording says that somebody will see it.
func (s *Span) Recording() bool { return s != nil && s.span.IsRecording() }

func attributes(attrs []slog.Attr) []attribute.KeyValue {
	list := make([]attribute.KeyValue, 0, len(attrs))
	for _, a := range attrs {
		key := attribute.Key(a.Key)
		switch v := a.Value.Resolve(); v.Kind() {
		case slog.KindBool:
			list = append(list, key.Bool(v.Bool()))
		case slog.KindInt64:
			list = append(list, key.Int64(v.Int64()))
		case slog.KindFloat64:
			list = append(list, key.Float64(v.Float64()))
		default: // what is no UTF-8 would keep a whole delivery from being written
			list = append(list, key.String(strings.ToValidUTF8(v.String(), "\uFFFD")))
		}
	}
	return list
}

package trace

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/propagation"
)

// headers is W3C Trace Context: traceparent and tracestate. Baggage is not
// taken: it would carry a stranger's words on to others.
var headers propagation.TraceContext

// WithHeader is ctx with the span that a request's traceparent names as the
// parent of what begins there. A header that is malformed is none (§3.2.2.5).
func WithHeader(ctx context.Context, h http.Header) context.Context {
	if len(h.Values("Traceparent")) != 1 {
		return ctx
	}
	return headers.Extract(ctx, propagation.HeaderCarrier(h))
}

// Inject puts the span of ctx into the header of a request, if there is one.
func Inject(ctx context.Context, h http.Header) { headers.Inject(ctx, propagation.HeaderCarrier(h)) }

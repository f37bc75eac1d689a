package trace

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	random "math/rand/v2"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	otel "go.opentelemetry.io/otel/trace"
)

// Options say where traces go.
type Options struct {
	// Endpoint is the collector's address, such as http://127.0.0.1:4318; ""
	// records nothing.
	Endpoint string
	// Headers go with every delivery: a collector's key. They are secret.
	Headers map[string]string
	// Sample is the part of all traces that is recorded, 0 to 1. What a
	// traceparent calls not sampled is not.
	Sample float64
	// Version is the server's.
	Version string
	// Log receives a line when deliveries begin to fail, and when they succeed
	// again. Nil is silent.
	Log *slog.Logger
}

// Tracer begins traces. Nil begins none.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   otel.Tracer
	queue    *queue    // nil when nothing is recorded
	delivery *delivery // likewise
}

// scope is what OpenTelemetry calls the library that makes spans.
const scope = "lectern"

const (
	// batchTime is how long a span waits for others to be sent with.
	batchTime = 2 * time.Second
	// batchSpans is how many are sent at once, about 200 KiB.
	batchSpans = 512
)

// limits bound one span, whatever is put into it.
var limits = sdk.SpanLimits{
	AttributeValueLengthLimit:   256,
	AttributeCountLimit:         32,
	EventCountLimit:             16,
	LinkCountLimit:              4,
	AttributePerEventCountLimit: 8,
	AttributePerLinkCountLimit:  8,
}

// New returns a Tracer; close it. The error is about the Endpoint.
func New(o Options) (*Tracer, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	settings := []sdk.TracerProviderOption{
		sdk.WithSampler(sampler(o)),
		sdk.WithRawSpanLimits(limits),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", scope),
			attribute.String("service.version", o.Version),
			attribute.String("service.instance.id", rand.Text()),
		)),
	}
	t := &Tracer{}
	if o.Endpoint != "" {
		to, err := newCollector(o.Endpoint, o.Headers)
		if err != nil {
			return nil, err
		}
		exporter, err := otlptrace.New(context.Background(), to)
		if err != nil {
			return nil, fmt.Errorf("traces: %w", err)
		}
		t.delivery = newDelivery(exporter, to, o.Log)
		t.queue = newQueue(t.delivery)
		settings = append(settings, sdk.WithSpanProcessor(t.queue))
	}
	t.provider = sdk.NewTracerProvider(settings...)
	t.tracer = t.provider.Tracer(scope, otel.WithInstrumentationVersion(o.Version))
	return t, nil
}

// sampler takes a stranger's word for what is not to be recorded, and its own
// for what is.
func sampler(o Options) sdk.Sampler {
	if o.Endpoint == "" {
		return sdk.NeverSample()
	}
	ratio := sdk.TraceIDRatioBased(o.Sample)
	return sdk.ParentBased(ratio, sdk.WithRemoteParentSampled(dice(o.Sample)))
}

// dice decides by chance. A trace's ID, by which others do, is a stranger's
// choice where he sends it: some IDs are recorded at any ratio.
type dice float64

// ShouldSample implements sdk.Sampler.
func (d dice) ShouldSample(p sdk.SamplingParameters) sdk.SamplingResult {
	r := sdk.SamplingResult{Decision: sdk.Drop, Tracestate: otel.SpanContextFromContext(p.ParentContext).TraceState()}
	if random.Float64() < float64(d) {
		r.Decision = sdk.RecordAndSample
	}
	return r
}

// Description implements sdk.Sampler.
func (d dice) Description() string { return fmt.Sprintf("dice{%g}", float64(d)) }

// Serve begins the span of a request that has come, as the child of what its
// traceparent names, if it has one. The caller ends it.
func (t *Tracer) Serve(ctx context.Context, h http.Header, name string, attrs ...slog.Attr) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	return start(WithHeader(ctx, h), t.tracer, name, attrs, otel.WithSpanKind(otel.SpanKindServer))
}

// Begin begins a span: a trace of its own, unless ctx is of one. The caller
// ends it.
func (t *Tracer) Begin(ctx context.Context, name string, attrs ...slog.Attr) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	return start(ctx, t.tracer, name, attrs, otel.WithSpanKind(otel.SpanKindServer))
}

// Follow begins a trace of its own, with a link to what it follows from. The
// caller ends its span.
func (t *Tracer) Follow(ctx context.Context, from Mark, name string, attrs ...slog.Attr) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	ctx, span := start(ctx, t.tracer, name, attrs, otel.WithSpanKind(otel.SpanKindServer), otel.WithNewRoot())
	span.link(from)
	return ctx, span
}

// Recording says that there is a collector.
func (t *Tracer) Recording() bool { return t != nil && t.queue != nil }

// Stats are counted from the beginning.
type Stats struct {
	// Sent are the spans that the collector has taken.
	Sent uint64
	// Failed are those that it has not, when they were tried.
	Failed uint64
	// Dropped are those for which the queue had no room.
	Dropped uint64
}

// Stats counts.
func (t *Tracer) Stats() Stats {
	if !t.Recording() {
		return Stats{}
	}
	return Stats{Sent: t.delivery.sent.Load(), Failed: t.delivery.failed.Load(), Dropped: t.queue.dropped.Load()}
}

// closeTime is how long what is left may take to be delivered at the end.
const closeTime = 2 * time.Second

// Close delivers what is left, within two seconds, and returns when nothing is
// under way any more. It may be called again.
func (t *Tracer) Close() {
	if t == nil {
		return
	}
	if t.delivery != nil {
		late := t.delivery.closeAfter(closeTime)
		defer late.Stop()
	}
	_ = t.provider.Shutdown(context.Background()) // its queue is drained, and what fails was counted
}

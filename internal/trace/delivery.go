package trace

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// deliverTime bounds one delivery, with all its tries.
const deliverTime = 10 * time.Second

// delivery hands spans to the collector, one batch at a time, and says when
// that begins to fail and when it succeeds again.
type delivery struct {
	exporter sdk.SpanExporter
	to       *collector
	log      *slog.Logger

	waiting      atomic.Int64 // spans in the queue, and under way
	sent, failed atomic.Uint64
	fails        atomic.Bool // the last delivery did

	closing context.Context // ends when all deliveries have to
	cancel  context.CancelFunc
}

func newDelivery(e sdk.SpanExporter, to *collector, log *slog.Logger) *delivery {
	d := &delivery{exporter: e, to: to, log: log}
	d.closing, d.cancel = context.WithCancel(context.Background())
	return d
}

// ExportSpans implements sdk.SpanExporter. Its error is always nil: what there
// is to say has been said.
func (d *delivery) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.closing, cancel)()
	err := d.exporter.ExportSpans(ctx, spans)
	d.waiting.Add(-int64(len(spans)))
	if err != nil {
		d.failed.Add(uint64(len(spans)))
		if !d.fails.Swap(true) {
			d.log.Warn("traces are lost, the collector does not take them", "collector", d.to.host(), "error", err)
		}
		return nil
	}
	d.sent.Add(uint64(len(spans)))
	if d.fails.Swap(false) {
		d.log.Info("traces are taken again", "collector", d.to.host())
	}
	return nil
}

// Shutdown implements sdk.SpanExporter.
func (d *delivery) Shutdown(ctx context.Context) error {
	d.cancel()
	return d.exporter.Shutdown(ctx)
}

// closeAfter tries nothing again from now on, and ends what is under way when
// the time is over.
func (d *delivery) closeAfter(t time.Duration) *time.Timer {
	d.to.stop()
	return time.AfterFunc(t, d.cancel)
}

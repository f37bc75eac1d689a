package trace

import (
	"context"
	"sync/atomic"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// queueSpans is how many spans may wait: about a megabyte, and ten seconds of
// fifty joins a second. What comes to a full queue is dropped, and counted.
const queueSpans = 2048

// queue takes spans that have ended, and hands them on in batches.
type queue struct {
	sdk.SpanProcessor
	delivery *delivery
	dropped  atomic.Uint64
}

func newQueue(d *delivery) *queue {
	return &queue{
		delivery: d,
		SpanProcessor: sdk.NewBatchSpanProcessor(d,
			sdk.WithMaxQueueSize(queueSpans), // never full: those that wait are counted here, with those under way
			sdk.WithMaxExportBatchSize(batchSpans),
			sdk.WithBatchTimeout(batchTime),
			sdk.WithExportTimeout(deliverTime)),
	}
}

// OnEnd implements sdk.SpanProcessor. It never waits.
func (q *queue) OnEnd(s sdk.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	if q.delivery.waiting.Add(1) > queueSpans {
		q.delivery.waiting.Add(-1)
		q.dropped.Add(1)
		return
	}
	q.SpanProcessor.OnEnd(s)
}

// OnStart implements sdk.SpanProcessor.
func (*queue) OnStart(context.Context, sdk.ReadWriteSpan) {}

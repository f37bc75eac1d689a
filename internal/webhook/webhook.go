package webhook

import (
	"context"
	"fmt"
	"sync"
	"time"

	"lectern/internal/event"
	"lectern/internal/hook"
)

// batch is how many events are taken from the log at once.
const batch = 64

// Webhooks tell targets of events.
type Webhooks struct {
	options Options
	log     *event.Log
	from    uint64 // number of the last event that is not told
	targets []*target
	history history
	client  *hook.Client
}

// New returns Webhooks that tell what is added to the log from now on, while
// Run runs. The error says which of the Options cannot be used.
func New(log *event.Log, o Options) (*Webhooks, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	w := &Webhooks{options: o, log: log, from: log.Last(), client: hook.NewClient(o.Transport)}
	for n, t := range o.Targets {
		w.targets = append(w.targets, newTarget(n, t, &w.options, w.client, &w.history))
	}
	return w, nil
}

// Run tells events until ctx ends, and then what is left within Options.Timeout.
func (w *Webhooks) Run(ctx context.Context) {
	defer w.client.Close()
	telling, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	closing := make(chan struct{})
	var running sync.WaitGroup
	for _, t := range w.targets {
		running.Go(func() { t.run(telling, closing) })
	}
	w.follow(ctx)
	close(closing)
	late := time.AfterFunc(w.options.Timeout, cancel)
	defer late.Stop()
	running.Wait()
}

// follow hands events to the targets until ctx ends, those of before that
// included.
func (w *Webhooks) follow(ctx context.Context) {
	for over := false; ; {
		events, missed, more := w.log.Read(w.from, batch)
		w.from += missed
		for _, t := range w.targets {
			if missed > 0 {
				t.put(t.gap(missed))
			}
			for _, e := range events {
				t.tell(e)
			}
		}
		if len(events) > 0 {
			w.from = events[len(events)-1].Number
		}
		switch {
		case more == nil:
			continue
		case over:
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			over = true
		}
	}
}

// Deliveries are the last ones, Kept at the most, the newest first.
func (w *Webhooks) Deliveries() []Delivery { return w.history.all() }

// Redeliver tells once more what was told before, under the same ID: receivers
// that have it know so. It does nothing where it waits to be told. The error is
// ErrNotFound.
func (w *Webhooks) Redeliver(id string) (Delivery, error) {
	d := w.history.find(id)
	if d == nil {
		return Delivery{}, ErrNotFound
	}
	again := false
	var now Delivery
	w.history.change(d, func(d *Delivery) {
		if again = d.Status != Waiting; again {
			d.Status, d.Code, d.Error, d.Tries, d.Took, d.At = Waiting, 0, "", 0, 0, time.Now()
		}
		now = *d
	})
	if again {
		d.target.put(d)
	}
	return now, nil
}

// Stats are counted from the beginning, over all targets.
type Stats struct {
	// Delivered were answered with 2xx, Failed were not, however often they were
	// told, and Dropped were not told because too many waited.
	Delivered, Failed, Dropped uint64
	// Waiting is how many have still to be told, at the moment.
	Waiting int
}

// Stats returns the present counts.
func (w *Webhooks) Stats() Stats {
	var s Stats
	for _, t := range w.targets {
		s.Delivered += t.delivered.Load()
		s.Failed += t.failed.Load()
		s.Dropped += t.lost.Load()
		s.Waiting += t.waiting()
	}
	return s
}

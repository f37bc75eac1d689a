package hook

import (
	"context"
	"net/http"
	"sync"
	"time"

	"lectern/internal/logging"
)

// workers is how many calls of one kind are told at once, so that one that is
// slow does not hold up the rest.
const workers = 4

// backoff is the time before the second try, and grows by the factor of 4.
const backoff = time.Second

// queue is what one place has still to be told: at most Options.Queue calls,
// of which the oldest are dropped.
type queue struct {
	place *place

	mu      sync.Mutex // of those who put
	waiting chan event
	full    bool // the last one that was put found no room
}

func newQueue(p *place) *queue {
	return &queue{place: p, waiting: make(chan event, p.options.Queue)}
}

// put never waits. It says whether the queue has just begun to overflow.
func (q *queue) put(e event) (overflows bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	before := q.full
	for q.full = false; ; {
		select {
		case q.waiting <- e:
			return q.full && !before
		default:
		}
		select {
		case <-q.waiting:
			q.full = true
			q.place.counts.dropped.Add(1)
		default:
		}
	}
}

// work tells what there is until closing is closed, and then what is left, as
// long as ctx lasts.
func (q *queue) work(ctx context.Context, closing <-chan struct{}) {
	for {
		select {
		case e := <-q.waiting:
			q.tell(ctx, e)
		case <-closing:
			for {
				select {
				case e := <-q.waiting:
					q.tell(ctx, e)
				default:
					return
				}
			}
		}
	}
}

// tell calls until the program is content. A redirection is one that answers
// the end as it answers the beginning.
func (q *queue) tell(ctx context.Context, e event) {
	ctx = e.trace.Context(ctx)
	delivery, pause := newDelivery(), backoff
	for try := 1; ; try++ {
		a, err := q.place.call(ctx, e, delivery)
		if err == nil && a.status < http.StatusBadRequest {
			return
		}
		if err == nil {
			err = refusal{q.place.setting, a.status}
		}
		log := logging.Of(ctx, q.place.options.Log).With("hook", q.place.setting, "source", e.request.Stream, "session", e.request.Session)
		if try >= q.place.options.Tries || ctx.Err() != nil {
			log.Warn("hook not told", "tries", try, "error", err)
			return
		}
		log.Debug("hook is told again", "try", try, "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause *= 4
	}
}

package webhook

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lectern/internal/event"
	"lectern/internal/hook"
)

// backoff is the time before the second try, and grows by the factor of 4.
const backoff = time.Second

// target is one address, what it has still to be told, and who tells it.
type target struct {
	Target
	number  int
	shown   string // see Shown
	options *Options
	client  *hook.Client
	history *history

	mu      sync.Mutex
	queue   []*delivery // at most Options.Queue, the oldest first
	dropped uint64      // since a gap was last told
	more    chan struct{}

	failing bool // owned by run

	delivered, failed, lost atomic.Uint64
}

func newTarget(n int, t Target, o *Options, client *hook.Client, h *history) *target {
	return &target{Target: t, number: n, shown: Shown(t.URL), options: o, client: client, history: h, more: make(chan struct{}, 1)}
}

// tell queues an event, if it is wanted.
func (t *target) tell(e event.Event) {
	if !t.wants(e.Type) {
		return
	}
	body, _ := json.Marshal(e) // has nothing that cannot be
	t.put(t.deliver(e.Type, e.Subject(), e.At, string(body)))
}

func (t *target) deliver(typ event.Type, about string, at time.Time, body string) *delivery {
	d := &delivery{target: t, body: body, Delivery: Delivery{
		ID: rand.Text(), Event: typ, About: about, Target: t.number, URL: t.shown, Status: Waiting, At: at,
	}}
	t.history.add(d)
	return d
}

// put never waits: where there is no room, the oldest are dropped.
func (t *target) put(d *delivery) {
	t.mu.Lock()
	var drop []*delivery
	if n := len(t.queue) - t.options.Queue + 1; n > 0 {
		drop = slices.Clone(t.queue[:n])
		t.queue = slices.Delete(t.queue, 0, n)
		t.dropped += uint64(n)
	}
	t.queue = append(t.queue, d)
	t.mu.Unlock()
	for _, old := range drop {
		t.lost.Add(1)
		t.history.change(old, func(d *Delivery) { d.Status, d.Error = Dropped, "too many events waited" })
	}
	select {
	case t.more <- struct{}{}:
	default: // it is known already
	}
}

// take returns what is to be told next, nil when there is nothing. What was
// dropped is said before the rest.
func (t *target) take() *delivery {
	t.mu.Lock()
	if dropped := t.dropped; dropped > 0 {
		t.dropped = 0
		t.mu.Unlock()
		return t.gap(dropped)
	}
	defer t.mu.Unlock()
	if len(t.queue) == 0 {
		return nil
	}
	d := t.queue[0]
	t.queue = slices.Delete(t.queue, 0, 1)
	return d
}

// gap tells that events are missing.
func (t *target) gap(missed uint64) *delivery {
	at := time.Now()
	body, _ := json.Marshal(struct {
		Type   event.Type `json:"type"`
		At     time.Time  `json:"at"`
		Missed uint64     `json:"missed"`
	}{event.Gap, at, missed})
	return t.deliver(event.Gap, "", at, string(body))
}

func (t *target) waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.queue)
}

// run tells what there is, in its order, until closing is closed; and then what
// is left, as long as ctx lasts.
func (t *target) run(ctx context.Context, closing <-chan struct{}) {
	for {
		if d := t.take(); d != nil {
			t.attempt(ctx, d)
			continue
		}
		select {
		case <-closing:
			return
		case <-t.more:
		}
	}
}

// attempt calls until the receiver is content.
func (t *target) attempt(ctx context.Context, d *delivery) {
	pause := backoff
	for try := 1; ; try++ {
		began := time.Now()
		code, err := t.call(ctx, d)
		t.history.change(d, func(d *Delivery) {
			d.Tries, d.Code, d.Took, d.Error = try, code, time.Since(began).Milliseconds(), ""
			if err != nil {
				d.Error = err.Error()
			}
		})
		if err == nil {
			t.delivered.Add(1)
			t.end(d, Delivered, nil)
			return
		}
		if try >= t.options.Tries || ctx.Err() != nil {
			t.failed.Add(1)
			t.end(d, Failed, err)
			return
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause *= 4
	}
}

// end is the last word about a delivery. The log hears of changes.
func (t *target) end(d *delivery, status Status, err error) {
	t.history.change(d, func(d *Delivery) { d.Status = status })
	failing := status == Failed
	if failing == t.failing {
		return
	}
	if t.failing = failing; failing {
		t.options.Log.Warn("webhook does not take what it is told", "code", "webhook_refused", "target", t.number, "url", t.shown, "event", d.Event, "delivery", d.ID, "error", err)
	} else {
		t.options.Log.Info("webhook takes again what it is told", "target", t.number, "url", t.shown)
	}
}

// errRedirect is an answer that sends the event elsewhere, where nobody has
// allowed it to go.
var errRedirect = errors.New("answered with a redirection, which is not followed")

func (t *target) call(ctx context.Context, d *delivery) (code int, err error) {
	ctx, cancel := context.WithTimeout(ctx, t.options.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, strings.NewReader(d.body))
	if err != nil {
		return 0, err
	}
	h := r.Header
	h.Set("User-Agent", "Lectern")
	h.Set("Content-Type", "application/json")
	h.Set(hook.HeaderEvent, string(d.Event))
	h.Set(hook.HeaderDelivery, d.ID)
	hook.SignHeader(h, t.Secret, time.Now(), d.body)
	code, _, err = t.client.Do(r)
	switch {
	case err != nil:
		return code, err
	case code/100 == 3:
		return code, errRedirect
	case code/100 != 2:
		return code, errors.New("answered " + hook.Words(code))
	}
	return code, nil
}

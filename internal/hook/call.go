package hook

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"lectern/internal/auth"
	"lectern/internal/trace"
)

// The calls, by nginx-rtmp's names.
const (
	callConnect     = "connect"
	callPublish     = "publish"
	callPublishDone = "publish_done"
	callPlay        = "play"
	callPlayDone    = "play_done"
	callUpdate      = "update"
)

// atOnce is how many calls of one kind may be under way: a program that never
// answers holds up these, and what comes after them waits no longer than its
// Timeout.
const atOnce = 64

// place is one URL, and what goes there.
type place struct {
	setting string // "on_publish"
	url     *url.URL
	own     map[string]bool // the names in the URL's query
	options *Options
	client  *Client
	busy    chan struct{} // one for each call under way
	counts  counters
}

type counters struct{ answered, failed, dropped atomic.Uint64 }

// newPlace returns nil where nobody is to be asked.
func newPlace(call, text string, o *Options) (*place, error) {
	u, err := parseURL(text)
	if err != nil {
		return nil, fmt.Errorf("on_%s: %w", call, err)
	}
	if u == nil {
		return nil, nil
	}
	own := map[string]bool{}
	for name := range u.Query() {
		own[base(name)] = true
	}
	return &place{
		setting: "on_" + call,
		url:     u,
		own:     own,
		options: o,
		client:  NewClient(o.Transport),
		busy:    make(chan struct{}, atOnce),
	}, nil
}

// answer is what came back.
type answer struct {
	status   int
	location string
}

func (a answer) good() bool { return a.status/100 == 2 }

// newDelivery names something that is told.
func newDelivery() string { return rand.Text() }

// call makes one call, within the Timeout. The error says in words why there
// was no answer.
func (p *place) call(ctx context.Context, e event, delivery string) (answer, error) {
	ctx, span := trace.Call(ctx, "hook "+p.setting, slog.String("lectern.hook", p.setting), slog.String("lectern.source", e.stream),
		slog.String("server.address", p.url.Hostname()))
	defer span.End()
	ctx, cancel := context.WithTimeout(ctx, p.options.Timeout)
	defer cancel()
	a, err := p.attempt(ctx, e, delivery)
	if err != nil {
		span.Fail(failure(err))
		p.counts.failed.Add(1)
		return answer{}, fmt.Errorf("%s: %w", p.setting, err)
	}
	span.Set(slog.Int("http.response.status_code", a.status))
	p.counts.answered.Add(1)
	return a, nil
}

func (p *place) attempt(ctx context.Context, e event, delivery string) (answer, error) {
	select {
	case p.busy <- struct{}{}:
		defer func() { <-p.busy }()
	case <-ctx.Done():
		return answer{}, plain(fmt.Errorf("%d calls are waiting for an answer: %w", atOnce, ctx.Err()))
	}
	r, err := p.request(ctx, e, delivery)
	if err != nil {
		return answer{}, err
	}
	status, location, err := p.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	return answer{status, location}, nil
}

func (p *place) request(ctx context.Context, e event, delivery string) (*http.Request, error) {
	method, target, body, contentType := http.MethodPost, *p.url, "", ""
	switch {
	case p.options.Method == Get:
		method = http.MethodGet
		target.RawQuery = strings.TrimPrefix(target.RawQuery+"&"+e.form(p.own), "&")
	case p.options.Format == JSON:
		body, contentType = e.json(), "application/json"
	default:
		body, contentType = e.form(p.own), "application/x-www-form-urlencoded"
	}
	r, err := http.NewRequestWithContext(ctx, method, target.String(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	h := r.Header
	h.Set("User-Agent", "Lectern")
	h.Set(HeaderEvent, p.setting)
	h.Set(HeaderDelivery, delivery)
	trace.Inject(ctx, h)
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	signed := body
	if method == http.MethodGet {
		signed = target.RawQuery
	}
	SignHeader(h, p.options.Secret, time.Now(), signed)
	return r, nil
}

// plain leaves the URL out of an error, which can hold what a client sent, and
// says in words what everybody meets.
func plain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer in time: %w", err)
	}
	return err
}

// failure is a word for why there was no answer.
func failure(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return "no_answer"
}

// refusal is an answer that refuses.
type refusal struct {
	setting string
	status  int
}

func (r refusal) Error() string        { return "refused by " + r.setting + ": " + Words(r.status) }
func (r refusal) Is(target error) bool { return target == auth.ErrDenied }

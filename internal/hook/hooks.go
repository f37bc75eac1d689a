package hook

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"lectern/internal/auth"
	"lectern/internal/trace"
	"lectern/internal/trial"
)

// Hooks asks the user's program after another Decider, and tells it what has
// become of the answers. Only requests with a Session reach the program: the
// others begin nothing. Close it after those who run the sessions.
type Hooks struct {
	next    auth.Decider
	options Options

	connect, publish, play, update *place
	published, played              *queue // what has ended

	silent  atomic.Bool // Update gave no answer when it was last asked
	closing chan struct{}
	cancel  context.CancelFunc // of the queues
	running sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	sessions map[key]*session
}

var (
	_ auth.Decider = (*Hooks)(nil)
	_ auth.Ender   = (*Hooks)(nil)
)

// key is what tells sessions apart.
type key struct {
	action            auth.Action
	protocol, session string
}

func keyOf(r auth.Request) key { return key{r.Action, r.Protocol, r.Session} }

// session is one that was let begin.
type session struct {
	request auth.Request
	stream  string // that it uses
	began   time.Time
	revoked chan struct{} // closed by the updates
	stop    context.CancelFunc
	trace   trace.Mark // of the request, for what is told at the end
}

// New returns Hooks that ask after next; close it. The error says which of the
// Options cannot be used.
func New(next auth.Decider, o Options) (*Hooks, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("hooks: %w", err)
	}
	h := &Hooks{next: next, options: o, closing: make(chan struct{}), sessions: map[key]*session{}}
	var published, played *place
	for _, c := range []struct {
		call, url string
		place     **place
	}{
		{callConnect, o.Connect, &h.connect},
		{callPublish, o.Publish, &h.publish},
		{callPublishDone, o.PublishDone, &published},
		{callPlay, o.Play, &h.play},
		{callPlayDone, o.PlayDone, &played},
		{callUpdate, o.Update, &h.update},
	} {
		var err error
		if *c.place, err = newPlace(c.call, c.url, &h.options); err != nil {
			return nil, fmt.Errorf("hooks: %w", err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.cancel = cancel
	h.published, h.played = h.tell(ctx, published), h.tell(ctx, played)
	return h, nil
}

// tell starts the workers of a queue, nil where nobody is told.
func (h *Hooks) tell(ctx context.Context, p *place) *queue {
	if p == nil {
		return nil
	}
	q := newQueue(p)
	for range workers {
		h.running.Go(func() { q.work(ctx, h.closing) })
	}
	return q
}

// Decide implements auth.Decider. It waits for answers, Options.Timeout for
// each place that is asked. The error of an answer that refuses is
// auth.ErrDenied, that of none auth.ErrUnavailable.
func (h *Hooks) Decide(ctx context.Context, r auth.Request) (auth.Grant, error) {
	grant, err := h.next.Decide(ctx, r)
	if err != nil || r.Session == "" || h.trial(ctx, r) {
		return grant, err
	}
	rename, err := h.ask(ctx, r)
	if err == nil {
		if rename != "" {
			grant.Rename = rename
		}
		err = h.begin(ctx, r, &grant)
	}
	if err != nil {
		if e, ok := h.next.(auth.Ender); ok {
			e.End(r) // it let begin what does not
		}
		return auth.Grant{}, err
	}
	return grant, nil
}

// trial says that the owner tests the server: no program need hear of it. Who
// merely calls a stream so is asked about as everybody.
func (h *Hooks) trial(ctx context.Context, r auth.Request) bool {
	if r.Token == "" || !trial.Is(r.Stream) {
		return false
	}
	_, err := h.next.Decide(ctx, auth.Request{Action: auth.Admin, Token: r.Token, Remote: r.Remote})
	return err == nil
}

// ask returns the stream to use instead, "" for the one that was asked for.
func (h *Hooks) ask(ctx context.Context, r auth.Request) (rename string, err error) {
	if h.connect != nil && r.Protocol == "rtmp" {
		if err := h.admit(ctx, r); err != nil {
			return "", err
		}
	}
	switch r.Action {
	case auth.Publish:
		return h.question(ctx, h.publish, callPublish, r)
	case auth.Watch:
		return h.question(ctx, h.play, callPlay, r)
	}
	return "", nil
}

// admit asks whether a client may connect.
func (h *Hooks) admit(ctx context.Context, r auth.Request) error {
	a, err := h.connect.call(ctx, event{call: callConnect, request: r, stream: r.Stream}, newDelivery())
	if err != nil {
		return h.unanswered(ctx, r, err)
	}
	if !a.good() {
		return refusal{h.connect.setting, a.status}
	}
	return nil
}

func (h *Hooks) question(ctx context.Context, p *place, call string, r auth.Request) (rename string, err error) {
	if p == nil {
		return "", nil
	}
	a, err := p.call(ctx, event{call: call, request: r, stream: r.Stream}, newDelivery())
	switch {
	case err != nil:
		if ctx.Err() != nil {
			h.ended(r, r.Stream, trace.MarkOf(ctx)) // the client has gone, and the program may have said yes
		}
		return "", h.unanswered(ctx, r, err)
	case a.good():
		return "", nil
	case a.status/100 == 3 && a.status != http.StatusNotModified:
		return h.renamed(ctx, p, r, a)
	}
	return "", refusal{p.setting, a.status}
}

// renamed follows nginx-rtmp in that a redirection to nowhere is a yes.
func (h *Hooks) renamed(ctx context.Context, p *place, r auth.Request, a answer) (string, error) {
	if a.location == "" {
		return "", nil
	}
	name, err := rename(r.Stream, a.location)
	if err != nil {
		h.options.Log.WarnContext(ctx, "hook answers with a redirection that is no stream's name", "hook", p.setting, "source", r.Stream, "error", err)
		return "", refusal{p.setting, a.status}
	}
	return name, nil
}

// unanswered is what holds without an answer. The reason goes to the log: it
// is the operator's.
func (h *Hooks) unanswered(ctx context.Context, r auth.Request, err error) error {
	if ctx.Err() != nil {
		return auth.ErrUnavailable // nobody waits for it
	}
	h.options.Log.WarnContext(ctx, "hook gives no answer", "policy", h.options.OnFailure,
		"source", r.Stream, "protocol", r.Protocol, "session", r.Session, "error", err)
	if h.options.OnFailure == Allow {
		return nil
	}
	return auth.ErrUnavailable
}

// begin remembers a session until End.
func (h *Hooks) begin(asked context.Context, r auth.Request, grant *auth.Grant) error {
	// Updates are in no trace: it would grow as long as the session lasts.
	ctx, stop := context.WithCancel(context.Background())
	s := &session{request: r, stream: r.Stream, began: time.Now(), revoked: make(chan struct{}), stop: stop, trace: trace.MarkOf(asked)}
	if grant.Rename != "" {
		s.stream = grant.Rename
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		stop()
		return auth.ErrUnavailable
	}
	if old, ok := h.sessions[keyOf(r)]; ok {
		old.stop()
	}
	h.sessions[keyOf(r)] = s
	if h.update != nil {
		above := grant.Revoked
		grant.Revoked = s.revoked
		h.running.Go(func() { h.follow(ctx, s, above) })
	}
	return nil
}

// End implements auth.Ender.
func (h *Hooks) End(r auth.Request) {
	if e, ok := h.next.(auth.Ender); ok {
		e.End(r)
	}
	h.mu.Lock()
	s, ok := h.sessions[keyOf(r)]
	if !ok {
		h.mu.Unlock()
		return
	}
	delete(h.sessions, keyOf(r))
	s.stop()
	h.mu.Unlock()
	h.ended(s.request, s.stream, s.trace)
}

// ended tells that a session has ended which the program let begin, or may
// have.
func (h *Hooks) ended(r auth.Request, stream string, from trace.Mark) {
	q, call := h.published, callPublishDone
	if r.Action == auth.Watch {
		q, call = h.played, callPlayDone
	}
	if q == nil {
		return
	}
	if h.put(q, event{call: call, request: r, stream: stream, trace: from}) {
		h.options.Log.Warn("hook calls are dropped, more have to be told than are answered", "hook", q.place.setting, "waiting", h.options.Queue)
	}
}

// put does nothing after Close, when nobody works on the queue any more.
func (h *Hooks) put(q *queue, e event) (overflows bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.closed && q.put(e)
}

// Close tells what is left to tell, within Options.Timeout, and returns when
// nothing of it is under way any more. It may be called again.
func (h *Hooks) Close() {
	h.mu.Lock()
	first := !h.closed
	h.closed = true
	for _, s := range h.sessions {
		s.stop()
	}
	h.mu.Unlock()
	if first {
		close(h.closing)
	}
	late := time.AfterFunc(h.options.Timeout, h.cancel)
	defer late.Stop()
	h.running.Wait()
	h.cancel()
	if t, ok := h.options.Transport.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

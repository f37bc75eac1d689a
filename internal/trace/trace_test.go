package trace

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lectern/internal/testlog"
	"lectern/internal/trace/tracetest"
	"lectern/sfu/sfutest"
)

func newTracer(t testing.TB, endpoint string, change ...func(*Options)) (*Tracer, *testlog.Log) {
	t.Helper()
	var log testlog.Log
	o := Options{Endpoint: endpoint, Sample: 1, Version: "1.2.3", Log: slog.New(slog.NewTextHandler(&log, nil))}
	for _, f := range change {
		f(&o)
	}
	tracer, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tracer.Close)
	return tracer, &log
}

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestSpansReachTheCollector(t *testing.T) {
	sfutest.NoLeaks(t)
	c := tracetest.New(t)
	tracer, log := newTracer(t, c.URL, func(o *Options) { o.Headers = map[string]string{"Api-Key": "trace-secret"} })
	ctx, request := tracer.Serve(t.Context(), http.Header{"Traceparent": {parent}}, "POST /whip/*name", slog.String("http.route", "/whip/*name"))
	step, join := Start(ctx, "whip publish", slog.String("lectern.source", "live/\xffdemo"), slog.Int("n", 3), slog.Bool("b", true), slog.Float64("f", 1.5))
	asked := http.Header{}
	calling, call := Call(step, "hook on_publish")
	Inject(calling, asked)
	call.Fail("timeout")
	call.End()
	join.Event("first media", slog.String("kind", "video"))
	join.End()
	request.End()
	_, command := tracer.Follow(ctx, MarkOf(step), "room hand.raise")
	command.End()
	tracer.Close()
	spans := map[string]tracetest.Span{}
	for _, s := range c.Spans() {
		spans[s.Name] = s
	}
	post, joined, hook, hand := spans["POST /whip/*name"], spans["whip publish"], spans["hook on_publish"], spans["room hand.raise"]
	if post.Trace != "4bf92f3577b34da6a3ce929d0e0e4736" || post.Parent != "00f067aa0ba902b7" || post.Kind != "SERVER" || post.Attributes["http.route"] != "/whip/*name" {
		t.Errorf("request: %+v", post)
	}
	if joined.Parent != post.ID || joined.Trace != post.Trace || joined.Kind != "INTERNAL" || joined.Failed || len(joined.Events) != 1 {
		t.Errorf("join: %+v", joined)
	}
	if a := joined.Attributes; a["lectern.source"] != "live/\uFFFDdemo" || a["n"] != int64(3) || a["b"] != true || a["f"] != 1.5 {
		t.Errorf("attributes: %v", a)
	}
	if hook.Parent != joined.ID || hook.Kind != "CLIENT" || !hook.Failed || hook.Attributes["error.type"] != "timeout" {
		t.Errorf("hook: %+v", hook)
	}
	if got, want := asked.Get("Traceparent"), "00-"+hook.Trace+"-"+hook.ID+"-01"; got != want {
		t.Errorf("the hook gets %q, want %q", got, want)
	}
	if hand.Parent != "" || hand.Trace == post.Trace || len(hand.Links) != 1 || hand.Links[0] != post.Trace {
		t.Errorf("command: %+v", hand)
	}
	if r := post.Resource; r["service.name"] != "lectern" || r["service.version"] != "1.2.3" || r["service.instance.id"] == "" {
		t.Errorf("resource: %v", r)
	}
	for _, h := range c.Headers() {
		if h.Get("Api-Key") != "trace-secret" {
			t.Errorf("headers: %v", h)
		}
	}
	if log.String() != "" {
		t.Errorf("logged %q", log)
	}
	if got, want := tracer.Stats(), (Stats{Sent: 4}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// An ID that is recorded at any ratio by those who decide by IDs.
func TestAStrangerDoesNotChooseWhatIsSampled(t *testing.T) {
	tracer, _ := newTracer(t, "http://127.0.0.1:1", func(o *Options) { o.Sample = 0.01 })
	defer tracer.Close()
	recorded := 0
	for n := range 1000 {
		_, span := tracer.Serve(t.Context(), http.Header{"Traceparent": {fmt.Sprintf("00-%016x0000000000000000-00000000000000aa-01", n+1)}}, "POST /x")
		if span.Recording() {
			recorded++
		}
		span.End()
	}
	if recorded > 100 {
		t.Errorf("%d of 1000 were recorded, want about 10", recorded)
	}
}

func TestWhatIsSampled(t *testing.T) {
	sfutest.NoLeaks(t)
	c := tracetest.New(t)
	for _, x := range []struct {
		name, endpoint, header string
		sample                 float64
		want                   bool
		trace                  string
	}{
		{"all", c.URL, "", 1, true, ""},
		{"none", c.URL, "", 0, false, ""},
		{"no collector", "", "", 1, false, ""},
		{"a traceparent", c.URL, parent, 1, true, "4bf92f3577b34da6a3ce929d0e0e4736"},
		{"a traceparent, and no sampling", c.URL, parent, 0, false, "4bf92f3577b34da6a3ce929d0e0e4736"},
		{"a traceparent, and no collector", "", parent, 1, false, "4bf92f3577b34da6a3ce929d0e0e4736"},
		{"a traceparent that is not sampled", c.URL, parent[:53] + "00", 1, false, "4bf92f3577b34da6a3ce929d0e0e4736"},
		{"a malformed one", c.URL, "00-xyz", 1, true, ""},
		{"one of zeros", c.URL, "00-00000000000000000000000000000000-0000000000000000-01", 1, true, ""},
	} {
		tracer, _ := newTracer(t, x.endpoint, func(o *Options) { o.Sample = x.sample })
		h := http.Header{}
		if x.header != "" {
			h.Set("Traceparent", x.header)
		}
		ctx, span := tracer.Serve(t.Context(), h, "request")
		ids := MarkOf(ctx).IDs()
		if span.Recording() != x.want || ids.Sampled != x.want {
			t.Errorf("%s: recorded %v, sampled %v, want %v", x.name, span.Recording(), ids.Sampled, x.want)
		}
		if len(ids.Trace) != 32 || len(ids.Span) != 16 || x.trace != "" && ids.Trace != x.trace || x.trace == "" && ids.Trace == "4bf92f3577b34da6a3ce929d0e0e4736" {
			t.Errorf("%s: %+v", x.name, ids)
		}
		span.End()
		tracer.Close()
	}
}

func TestTwoTraceparentsAreNone(t *testing.T) {
	h := http.Header{"Traceparent": {parent, parent}}
	if !MarkOf(WithHeader(t.Context(), h)).None() {
		t.Error("one was taken")
	}
}

// The collector is away, and comes back: nothing waits, what is lost is
// counted, and the log has a line for each change.
func TestTheCollectorIsAway(t *testing.T) {
	sfutest.NoLeaks(t)
	c := tracetest.New(t)
	c.Answer(http.StatusForbidden)
	tracer, log := newTracer(t, c.URL+"/", func(o *Options) { o.Headers = map[string]string{"Api-Key": "trace-secret"} })
	batch := func() {
		for range batchSpans {
			_, span := tracer.Begin(t.Context(), "join")
			span.End()
		}
	}
	batch()
	c.Deliveries(t, 1)
	batch()
	c.Deliveries(t, 2)
	c.Answer(http.StatusOK)
	batch()
	c.Deliveries(t, 3)
	tracer.Close()
	if n := strings.Count(log.String(), "\n"); n != 2 || !strings.Contains(log.String(), "traces are lost") || !strings.Contains(log.String(), "403 Forbidden") || !strings.Contains(log.String(), "taken again") {
		t.Errorf("%d lines:\n%s", n, log)
	}
	if strings.Contains(log.String(), "trace-secret") {
		t.Errorf("the log has the key: %s", log)
	}
	if s := tracer.Stats(); s.Sent != batchSpans || s.Failed != 2*batchSpans || s.Dropped != 0 {
		t.Errorf("%+v", s)
	}
}

func TestABusyCollectorIsTriedAgain(t *testing.T) {
	sfutest.NoLeaks(t)
	c := tracetest.New(t)
	c.Answer(http.StatusServiceUnavailable)
	tracer, log := newTracer(t, c.URL+"/v1/traces")
	for range batchSpans {
		_, span := tracer.Begin(t.Context(), "join")
		span.End()
	}
	c.Deliveries(t, 1)
	c.Answer(http.StatusOK)
	c.Deliveries(t, 2)
	tracer.Close()
	if s := tracer.Stats(); s.Sent != batchSpans || log.String() != "" {
		t.Errorf("%+v, logged %q", s, log)
	}
}

// A collector that never answers holds up nobody, the end neither.
func TestASilentCollector(t *testing.T) {
	sfutest.NoLeaks(t)
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer silent.Close()
	defer close(release)
	tracer, log := newTracer(t, silent.URL)
	const many = 3 * queueSpans
	began := time.Now()
	for range many {
		_, span := tracer.Begin(t.Context(), "join")
		span.End()
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("%d spans took %v", many, took)
	}
	began = time.Now()
	tracer.Close()
	if took := time.Since(began); took > closeTime+time.Second {
		t.Errorf("the end took %v", took)
	}
	s := tracer.Stats()
	if s.Sent != 0 || s.Dropped != many-queueSpans || s.Failed != queueSpans {
		t.Errorf("%+v", s)
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("%d lines:\n%s", n, log)
	}
	tracer.Close()
}

func TestNothingIsTraced(t *testing.T) {
	var tracer *Tracer
	ctx, span := tracer.Serve(t.Context(), http.Header{"Traceparent": {parent}}, "request")
	_, begun := tracer.Begin(ctx, "join")
	_, followed := tracer.Follow(ctx, Mark{}, "command")
	_, child := Start(ctx, "step")
	_, call := Call(ctx, "hook")
	for _, s := range []*Span{span, begun, followed, child, call, Current(ctx)} {
		s.Set(slog.Int("n", 1))
		s.Event("e")
		s.Fail("f")
		s.End()
		if s != nil || s.Recording() {
			t.Error("something is recorded")
		}
	}
	h := http.Header{}
	Inject(ctx, h)
	if len(h) != 0 || !MarkOf(ctx).None() || MarkOf(ctx).IDs() != (IDs{}) || !MarkOf(ctx).Bare().None() || (Mark{}).Context(ctx) != ctx {
		t.Error("something is left")
	}
	if tracer.Stats() != (Stats{}) || tracer.Recording() {
		t.Error("something is counted")
	}
	tracer.Close()
}

func TestAMarkIsForLater(t *testing.T) {
	sfutest.NoLeaks(t)
	c := tracetest.New(t)
	tracer, _ := newTracer(t, c.URL)
	ctx, span := tracer.Begin(t.Context(), "join")
	mark := MarkOf(ctx)
	span.End()
	if mark.Bare().IDs() != mark.IDs() {
		t.Errorf("%+v, want %+v", mark.Bare().IDs(), mark.IDs())
	}
	_, bare := Start(mark.Bare().Context(context.Background()), "none")
	bare.End()
	_, late := Call(mark.Context(context.Background()), "hook on_publish_done")
	late.End()
	tracer.Close()
	if got := c.Wait(t, "hook on_publish_done"); got.Parent != mark.IDs().Span || got.Trace != mark.IDs().Trace || len(c.Spans()) != 2 {
		t.Errorf("%+v of %d, want in %+v", got, len(c.Spans()), mark.IDs())
	}
}

func TestEndpoints(t *testing.T) {
	for endpoint, want := range map[string]string{
		"http://127.0.0.1:4318": "http://127.0.0.1:4318/v1/traces", "https://t.example/otlp/": "https://t.example/otlp/v1/traces",
		"https://t.example/otlp/v1/traces": "https://t.example/otlp/v1/traces", "https://t.example?key=x": "https://t.example/v1/traces?key=x",
	} {
		c, err := newCollector(endpoint, nil)
		if err != nil || c.url.String() != want || strings.ContainsAny(c.host(), "/?") {
			t.Errorf("%s is %v, %v", endpoint, c, err)
		}
	}
	for _, bad := range []string{"localhost:4318", "ftp://x", "http://", "http://x\n", "grpc://x:4317"} {
		if _, err := New(Options{Endpoint: bad}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzTraceparent(f *testing.F) {
	for _, s := range []string{parent, "", "00", "ff" + parent[2:], "cc" + parent[2:] + "-what-the-future", strings.ToUpper(parent), "00-\xff"} {
		f.Add(s, "vendor=1")
	}
	f.Fuzz(func(t *testing.T, traceparent, state string) {
		ctx := WithHeader(context.Background(), http.Header{"Traceparent": {traceparent}, "Tracestate": {state}})
		ids := MarkOf(ctx).IDs()
		if ids != (IDs{}) && (len(ids.Trace) != 32 || len(ids.Span) != 16 || strings.Trim(ids.Trace+ids.Span, "0123456789abcdef") != "") {
			t.Fatalf("%q is %+v", traceparent, ids)
		}
		h := http.Header{}
		Inject(ctx, h)
		if got := h.Get("Traceparent"); got != "" && got[3:52] != fmt.Sprintf("%s-%s", ids.Trace, ids.Span) {
			t.Fatalf("%q goes on as %q", traceparent, got)
		}
	})
}

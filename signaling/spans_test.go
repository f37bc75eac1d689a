package signaling_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"lectern/internal/hook"
	"lectern/internal/logging"
	"lectern/internal/testlog"
	"lectern/internal/trace"
	"lectern/internal/trace/tracetest"
)

// followed has a lab's requests traced into a collector, and its log in JSON.
func followed(t *testing.T, c *tracetest.Collector) (tracer *trace.Tracer, log *jsonLines, configure func(*setup)) {
	t.Helper()
	tracer, err := trace.New(trace.Options{Endpoint: c.URL, Sample: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tracer.Close)
	log = &jsonLines{}
	return tracer, log, func(o *setup) { o.Tracer, o.Log = tracer, logging.New(log, logging.Options{JSON: true}) }
}

// jsonLines are those of a log.
type jsonLines struct{ testlog.Log }

// of are the messages of a trace, with the span that each is of.
func (l *jsonLines) of(t *testing.T, id string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for line := range strings.Lines(l.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if fields["trace.id"] == id {
			found[fields["message"].(string)], _ = fields["span.id"].(string)
		}
	}
	return found
}

// A publish and a join, with a program that decides: each is one trace, from
// the request to the first media, and the program's is part of it.
func TestAJoinIsOneTrace(t *testing.T) {
	c := tracetest.New(t)
	var mu sync.Mutex
	parents := map[string]string{}
	program := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		parents[r.Header.Get(hook.HeaderEvent)] = r.Header.Get("Traceparent")
	}))
	t.Cleanup(program.Close)
	_, log, traced := followed(t, c)
	l := newLab(t, traced, func(o *setup) {
		o.QueryToken = true
		h, err := hook.New(keys(t, false), hook.Options{Publish: program.URL, Play: program.URL, PlayDone: program.URL + "?key=canary-hook", Log: o.Log})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h.Close)
		o.Authorizer = h
	})
	publisher := publish(t, l, "/whip/demo?token=alice-key&psk=canary-arg")
	viewer := watch(t, l, "/whep/demo", "Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	viewer.wantMedia(5, anything)
	viewer.wantStatus("DELETE", http.StatusOK)
	done := c.Wait(t, "hook on_play_done")

	for _, x := range []struct{ protocol, action, hook, secret string }{
		{"whip", "publish", "on_publish", publisher.location},
		{"whep", "watch", "on_play", viewer.location},
	} {
		joined := c.Wait(t, x.protocol+" "+x.action)
		post := c.Wait(t, "POST /"+x.protocol+"/*name")
		if joined.Parent != post.ID || joined.Trace != post.Trace || joined.Failed || post.Kind != "SERVER" || post.Attributes["http.response.status_code"] != int64(201) {
			t.Errorf("%s is no child of %+v", x.protocol, post)
		}
		if a := joined.Attributes; a["lectern.source"] != "live/demo" || a["lectern.protocol"] != x.protocol || a["lectern.session"] == "" || post.Attributes["client.address"] != "192.0.2.7" {
			t.Errorf("%s: %v, %v", x.protocol, a, post.Attributes)
		}
		if strings.Contains(c.Raw(), x.secret[strings.LastIndex(x.secret, "/")+1:]) {
			t.Errorf("the secret of the session is in a span")
		}
		steps := map[string]tracetest.Span{}
		for _, s := range c.Spans() {
			if s.Trace == joined.Trace && s.Parent == joined.ID {
				steps[s.Name] = s
			}
		}
		for _, name := range []string{"authorize", "answer", "connect", "first media"} {
			if s, ok := steps[name]; !ok || s.Start.Before(post.Start) || s.End.After(joined.End) {
				t.Errorf("%s: %s is %+v in %+v", x.protocol, name, s, joined)
			}
		}
		if !steps["first media"].Start.After(steps["answer"].End) || joined.End.Before(steps["first media"].End) {
			t.Errorf("%s: the steps are out of order: %+v", x.protocol, steps)
		}
		asked := c.Wait(t, "hook "+x.hook)
		mu.Lock()
		parent := parents[x.hook]
		mu.Unlock()
		if asked.Trace != joined.Trace || asked.Kind != "CLIENT" || asked.Attributes["http.response.status_code"] != int64(200) || parent != "00-"+asked.Trace+"-"+asked.ID+"-01" {
			t.Errorf("%s: %+v, and the program got %q", x.hook, asked, parent)
		}
		lines := log.of(t, joined.Trace)
		if lines["session created"] != joined.ID {
			t.Errorf("%s: lines %v, want some of %s", x.protocol, lines, joined.ID)
		}
	}
	if post := c.Wait(t, "POST /whep/*name"); post.Trace != "4bf92f3577b34da6a3ce929d0e0e4736" || post.Parent != "00f067aa0ba902b7" {
		t.Errorf("the traceparent is not its parent: %+v", post)
	}
	if joined := c.Wait(t, "whep watch"); done.Trace != joined.Trace || done.Parent == "" {
		t.Errorf("told %+v, want in %+v", done, joined)
	}
	for _, line := range []string{"viewer connected", "session ended"} {
		if log.of(t, "4bf92f3577b34da6a3ce929d0e0e4736")[line] == "" {
			t.Errorf("%q is in no trace", line)
		}
	}
	for _, canary := range []string{"alice-key", "canary-arg", "canary-hook"} {
		if strings.Contains(c.Raw(), canary) {
			t.Errorf("%s is in a span", canary)
		}
	}
}

// Whoever is refused has a trace that says so by a word, and not by his own.
func TestARefusalIsATrace(t *testing.T) {
	c := tracetest.New(t)
	tracer, log, traced := followed(t, c)
	l := newLab(t, traced, func(o *setup) { o.Authorizer = keys(t, true) })
	for _, x := range []struct {
		path, token, word string
		status            int64
	}{
		{"/whep/demo", "", "unauthorized", 401},
		{"/whep/demo", "canary-token", "invalid_token", 401},
		{"/whip/demo", "watch-key", "forbidden", 403},
		{"/whip/" + url.PathEscape("canary key"), "alice-key", "malformed", 400},
	} {
		var headers []string
		if x.token != "" {
			headers = bearerOf(x.token)
		}
		if w := l.post(x.path, offer(t, "whip-obs32.sdp"), headers...); w.Code != int(x.status) {
			t.Errorf("%s: %d", x.path, w.Code)
		}
	}
	l.do("GET", "/api/v1/streams", "")
	l.do("OPTIONS", "/whep/demo", "")
	tracer.Close()
	words := map[any]bool{}
	for _, s := range c.Spans() {
		words[s.Attributes["error.type"]] = true
		if strings.HasPrefix(s.Name, "GET") || strings.HasPrefix(s.Name, "OPTIONS") || strings.HasPrefix(s.Name, "POST") && s.Failed {
			t.Errorf("%+v", s)
		}
	}
	for _, word := range []string{"unauthorized", "invalid_token", "forbidden", "malformed"} {
		if !words[word] {
			t.Errorf("nothing failed as %s: %v", word, words)
		}
	}
	if strings.Contains(c.Raw(), "canary") || strings.Contains(c.Raw(), "alice-key") {
		t.Error("a span has what a client said")
	}
	refusals := 0
	for _, s := range c.Spans() {
		if _, ok := log.of(t, s.Trace)["refused"]; ok && s.Parent == "" {
			refusals++
		}
	}
	if refusals != 3 {
		t.Errorf("%d refusals in the log have their trace, want 3", refusals)
	}
}

// Without a collector each request has its ID all the same, and the log has it.
func TestLinesHaveATraceWithoutACollector(t *testing.T) {
	tracer, err := trace.New(trace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tracer.Close()
	log := &jsonLines{}
	l := newLab(t, func(o *setup) {
		o.Tracer, o.Log, o.Authorizer = tracer, logging.New(log, logging.Options{JSON: true}), keys(t, true)
	})
	l.post("/whep/demo", "v=0", "Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")
	if log.of(t, "4bf92f3577b34da6a3ce929d0e0e4736")["refused"] == "" {
		t.Errorf("logged %s", log.String())
	}
}

// Package tracetest has a collector of traces for tests: it takes what a real
// one takes, and nothing else.
package tracetest

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Span is one that was delivered.
type Span struct {
	Name                 string
	Trace, ID, Parent    string // in hexadecimal; Parent is "" for a root
	Kind                 string // "SERVER", "CLIENT" or "INTERNAL"
	Start, End           time.Time
	Attributes, Resource map[string]any
	Events               []string
	Links                []string // the traces
	Failed               bool
}

// Collector is an OpenTelemetry collector on a port of its own.
type Collector struct {
	URL string

	mu      sync.Mutex
	status  int // that it answers, 0 for 200
	spans   []Span
	bodies  []byte // of all deliveries
	headers []http.Header
	changed chan struct{}
}

// New returns a Collector, which ends with the test.
func New(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{changed: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(c.take))
	c.URL = server.URL
	t.Cleanup(server.Close)
	return c
}

// Answer has deliveries answered with a status from now on, and not taken when
// it is not 200.
func (c *Collector) Answer(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
}

func (c *Collector) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	// The request has the form of TracesData.
	var data tracepb.TracesData
	if err == nil {
		err = proto.Unmarshal(body, &data)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.headers = append(c.headers, r.Header)
	defer func() {
		close(c.changed)
		c.changed = make(chan struct{})
	}()
	switch {
	case c.status != 0 && c.status != http.StatusOK:
		w.WriteHeader(c.status)
	case r.Method != http.MethodPost, r.URL.Path != "/v1/traces", r.Header.Get("Content-Type") != "application/x-protobuf", err != nil:
		w.WriteHeader(http.StatusBadRequest)
	default:
		c.bodies = append(c.bodies, body...)
		c.addLocked(&data)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}
}

func (c *Collector) addLocked(data *tracepb.TracesData) {
	for _, resource := range data.ResourceSpans {
		about := values(resource.GetResource().GetAttributes())
		for _, scope := range resource.ScopeSpans {
			for _, s := range scope.Spans {
				span := Span{
					Name: s.Name, Trace: hex.EncodeToString(s.TraceId), ID: hex.EncodeToString(s.SpanId), Parent: hex.EncodeToString(s.ParentSpanId),
					Kind:  s.Kind.String()[len("SPAN_KIND_"):],
					Start: time.Unix(0, int64(s.StartTimeUnixNano)), End: time.Unix(0, int64(s.EndTimeUnixNano)),
					Attributes: values(s.Attributes), Resource: about, Failed: s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR,
				}
				for _, e := range s.Events {
					span.Events = append(span.Events, e.Name)
				}
				for _, l := range s.Links {
					span.Links = append(span.Links, hex.EncodeToString(l.TraceId))
				}
				c.spans = append(c.spans, span)
			}
		}
	}
}

func values(list []*commonpb.KeyValue) map[string]any {
	m := map[string]any{}
	for _, kv := range list {
		switch v := kv.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			m[kv.Key] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			m[kv.Key] = v.IntValue
		case *commonpb.AnyValue_BoolValue:
			m[kv.Key] = v.BoolValue
		case *commonpb.AnyValue_DoubleValue:
			m[kv.Key] = v.DoubleValue
		}
	}
	return m
}

// Spans are those that were delivered until now.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// Raw is all that was delivered, as it came.
func (c *Collector) Raw() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.bodies)
}

// Headers are those of each delivery, taken or not.
func (c *Collector) Headers() []http.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.headers)
}

// Deliveries waits until there were so many, taken or not.
func (c *Collector) Deliveries(t testing.TB, n int) {
	t.Helper()
	c.wait(t, "deliveries", func() bool { return len(c.headers) >= n })
}

// Wait waits for a span with a name and some attributes, given as pairs.
func (c *Collector) Wait(t testing.TB, name string, attributes ...any) Span {
	t.Helper()
	var found Span
	c.wait(t, name, func() bool {
		for _, s := range c.spans {
			same := s.Name == name
			for i := 0; i < len(attributes); i += 2 {
				same = same && s.Attributes[attributes[i].(string)] == attributes[i+1]
			}
			if same {
				found = s
				return true
			}
		}
		return false
	})
	return found
}

func (c *Collector) wait(t testing.TB, what string, good func() bool) {
	t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for {
		c.mu.Lock()
		done, changed := good(), c.changed
		c.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			var names []string
			for _, s := range c.Spans() {
				names = append(names, s.Name)
			}
			t.Fatalf("waiting for %s: nothing comes; there are %q", what, names)
		}
	}
}

package trace

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

// What the spans of one join cost: the request, the join and its four steps.
func BenchmarkJoin(b *testing.B) {
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer sink.Close()
	for _, mode := range []struct {
		name, endpoint string
		none           bool
	}{{name: "none", none: true}, {name: "not recorded"}, {name: "recorded", endpoint: sink.URL}} {
		b.Run(mode.name, func(b *testing.B) {
			var tracer *Tracer
			if !mode.none {
				tracer, _ = newTracer(b, mode.endpoint)
			}
			b.ReportAllocs()
			for b.Loop() {
				ctx, request := tracer.Serve(b.Context(), http.Header{}, "POST /whep/*name", slog.String("http.request.method", "POST"), slog.String("http.route", "/whep/*name"))
				ctx, join := Start(ctx, "whep watch", slog.String("lectern.protocol", "whep"), slog.String("lectern.source", "live/demo"))
				for _, step := range []string{"authorize", "answer", "connect", "first media"} {
					_, s := Start(ctx, step)
					s.End()
				}
				join.End()
				request.End()
			}
		})
	}
}

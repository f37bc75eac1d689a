package logs

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"lectern/internal/trace"
)

type masked string

func (masked) LogValue() slog.Value { return slog.StringValue("********") }

func logger(r *Ring, level slog.Level) *slog.Logger {
	return slog.New(r.Handler(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: level})))
}

func TestLinesAreKeptAsTheyAreLogged(t *testing.T) {
	r := NewRing()
	l := logger(r, slog.LevelInfo)
	l.Debug("not logged")
	l.With("session", "s1").WithGroup("peer").Warn("lost", "after", 3, slog.Group("path", "local", "udp"), "key", masked("canary"))
	got := r.Lines(0)
	if len(got) != 1 {
		t.Fatalf("%d lines, want 1: %v", len(got), got)
	}
	want := []Attr{{"session", "s1"}, {"peer.after", "3"}, {"peer.path.local", "udp"}, {"peer.key", "********"}}
	if got[0].Level != slog.LevelWarn || got[0].Message != "lost" || !reflect.DeepEqual(got[0].Attrs, want) {
		t.Errorf("got %+v, want %+v", got[0], want)
	}
}

func TestTheOldestLinesGo(t *testing.T) {
	r := NewRing()
	l := logger(r, slog.LevelInfo)
	for i := range Kept + 5 {
		l.Info(fmt.Sprint(i))
	}
	got := r.Lines(0)
	if len(got) != Kept || got[0].Message != "5" || got[Kept-1].ID != Kept+5 {
		t.Errorf("%d lines from %q to %d", len(got), got[0].Message, got[len(got)-1].ID)
	}
	if got := r.Lines(Kept + 3); len(got) != 2 {
		t.Errorf("%d lines after the last but two, want 2", len(got))
	}
	if got := r.Lines(1 << 40); len(got) != Kept {
		t.Errorf("%d lines after a number of a former run, want all", len(got))
	}
}

func TestLinesAreBounded(t *testing.T) {
	r := NewRing()
	long := strings.Repeat("ä", maxText)
	attrs := make([]any, 0, 200)
	for i := range 100 {
		attrs = append(attrs, fmt.Sprint(i), long)
	}
	logger(r, slog.LevelInfo).Info(long, attrs...)
	got := r.Lines(0)[0]
	if len(got.Message) > maxText+8 || len(got.Attrs) != maxAttrs || len(got.Attrs[0].Value) > maxText+8 {
		t.Errorf("%d bytes, %d values, %d bytes in the first", len(got.Message), len(got.Attrs), len(got.Attrs[0].Value))
	}
}

// What was there and what comes are one sequence, and one who is too slow is
// told so.
func TestFollowersMissNothingUnknowingly(t *testing.T) {
	r := NewRing()
	l := logger(r, slog.LevelInfo)
	l.Info("before")
	had, tail := r.Follow(0)
	defer tail.Close()
	for range tailQueue + 7 {
		l.Info("after")
	}
	if len(had) != 1 || had[0].ID != 1 {
		t.Errorf("had %v", had)
	}
	if first := <-tail.Lines(); first.ID != 2 {
		t.Errorf("the first that follows is %d, want 2", first.ID)
	}
	if missed := tail.Missed(); missed != 7 {
		t.Errorf("%d missed, want 7", missed)
	}
	if missed := tail.Missed(); missed != 0 {
		t.Errorf("%d missed since then, want 0", missed)
	}
	tail.Close()
	if len(r.tails) != 0 {
		t.Error("a tail that is closed is kept")
	}
}

// A line that belongs to a trace which is recorded says to which.
func TestLinesNameTheirTrace(t *testing.T) {
	collector := httptest.NewServer(http.NotFoundHandler())
	defer collector.Close()
	tracer, err := trace.New(trace.Options{Endpoint: collector.URL, Sample: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer tracer.Close()
	r := NewRing()
	l := logger(r, slog.LevelInfo)
	ctx, span := tracer.Begin(t.Context(), "join")
	defer span.End()
	l.InfoContext(ctx, "connected", "session", "s1")
	l.Info("stopped")
	want := []Attr{{"session", "s1"}, {"trace_id", trace.MarkOf(ctx).IDs().Trace}}
	if got := r.Lines(0); !reflect.DeepEqual(got[0].Attrs, want) || len(got[1].Attrs) != 0 {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A name that was cut out of a long request does not keep all of it.
func TestLinesKeepWhatTheyShowAlone(t *testing.T) {
	r := NewRing()
	l := logger(r, slog.LevelInfo)
	for range Kept {
		request := strings.Repeat("x", 64<<10)
		l.Info(request[:10], "source", request[10:20])
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 32<<20 {
		t.Errorf("%d lines keep %d MiB", Kept, m.HeapAlloc>>20)
	}
	runtime.KeepAlive(r)
}

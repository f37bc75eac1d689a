package logging

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"lectern/internal/trace"
)

func jsonLog(w *bytes.Buffer) *slog.Logger {
	return New(w, Options{Level: slog.LevelDebug, JSON: true, Version: "1.2.3"})
}

// object reads one line as Filebeat's ndjson parser does; a name that is there
// twice, which Elasticsearch refuses, is an error.
func object(t testing.TB, line string) map[string]any {
	t.Helper()
	text, found := strings.CutSuffix(line, "\n")
	if !found || strings.ContainsFunc(text, acts) {
		t.Fatalf("not one line of visible characters: %q", line)
	}
	var values map[string]any
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	seen := map[string]bool{}
	d := json.NewDecoder(strings.NewReader(text))
	for _, err := d.Token(); err == nil && d.More(); {
		var value json.RawMessage
		name, _ := d.Token()
		if err := d.Decode(&value); err != nil || seen[name.(string)] || value[0] == '{' {
			t.Fatalf("%v is there twice, or an object: %q, %v", name, line, err)
		}
		seen[name.(string)] = true
	}
	return values
}

func TestNamesOfElasticCommonSchema(t *testing.T) {
	var out bytes.Buffer
	log := jsonLog(&out).With("protocol", "whep", "source", "live/demo")
	log.Warn("refused", "remote", netip.MustParseAddr("192.0.2.7"), "cause", errors.New("no token"), "action", "watch",
		"error", errors.New("broken"), "status", 403, "wait", 1500*time.Millisecond, "announced", []netip.Addr{netip.MustParseAddr("::1")},
		"nothing", nil, "fps", math.NaN(), slog.Group("video", "width", 640, slog.Group("inner", "deep", true)))
	got := object(t, out.String())
	at, err := time.Parse(time.RFC3339Nano, got["@timestamp"].(string))
	if err != nil || time.Since(at).Abs() > time.Minute || !strings.HasSuffix(got["@timestamp"].(string), "Z") {
		t.Errorf("@timestamp is %v", got["@timestamp"])
	}
	delete(got, "@timestamp")
	want := map[string]any{
		"log.level": "warn", "message": "refused", "ecs.version": ecsVersion, "service.name": "lectern", "service.version": "1.2.3",
		"network.protocol": "whep", "lectern.source": "live/demo", "client.ip": "192.0.2.7", "event.reason": "no token",
		"event.action": "watch", "error.message": "broken", "http.response.status_code": 403.0, "lectern.wait": 1.5,
		"lectern.announced": []any{"::1"}, "lectern.nothing": nil, "lectern.fps": nil, "lectern.video.width": 640.0, "lectern.video.inner.deep": true,
	}
	if a, b := encode(t, got), encode(t, want); a != b {
		t.Errorf("got  %s\nwant %s", a, b)
	}
}

func encode(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestANameIsThereOnce(t *testing.T) {
	var out bytes.Buffer
	jsonLog(&out).With("source", "live/a", "message", "mine").With("source", "live/b").
		Info("twice", "source", "live/c", "error", "first", "panic", "second", "remote", netip.Addr{})
	line := out.String()
	for name, want := range map[string]string{"lectern.source": "live/c", "error.message": "second", "message": "twice", "lectern.message": "mine"} {
		if n := strings.Count(line, `"`+name+`":`); n != 1 {
			t.Errorf("%s is there %d times: %s", name, n, line)
		}
		if got := object(t, line)[name]; got != want {
			t.Errorf("%s is %v, want %s", name, got, want)
		}
	}
	if strings.Contains(line, "client.ip") {
		t.Errorf("an address that is none: %s", line)
	}
}

func TestGroupsAreWrittenWithDots(t *testing.T) {
	var out bytes.Buffer
	jsonLog(&out).WithGroup("stats").With("loss", 1).WithGroup("").WithGroup("deep").Info("seen", "source", "x", slog.Group("", "inline", 2))
	got := object(t, out.String())
	for name, want := range map[string]any{"lectern.stats.loss": 1.0, "lectern.stats.deep.source": "x", "lectern.stats.deep.inline": 2.0} {
		if got[name] != want {
			t.Errorf("%s is %v in %s", name, got[name], out.String())
		}
	}
}

// hostile are what clients may call themselves.
var hostile = []string{
	"a\nb", "a\r\nfake line", "\x1b[2J\x1b[1;1H", "\x00\x07\x7f", "\u009b31m", "\u202egnp.exe", "\u2066x\u2069", "\ufeff", "\U000E0041",
	"a\u2028b", "\xff\xfe", `"},{"message":"forged`, "👩\u200d🏫", strings.Repeat("x", 5000),
}

func TestControlCharactersAreEscaped(t *testing.T) {
	for _, name := range hostile {
		var out bytes.Buffer
		jsonLog(&out).Info("hello", "encoder", name, name, "key too")
		got := object(t, out.String())
		if want := strings.ToValidUTF8(name, "\uFFFD"); got["lectern.encoder"] != want && !strings.Contains(name, "\xff") {
			t.Errorf("%q is read as %q", name, got["lectern.encoder"])
		}
		if got["message"] != "hello" {
			t.Errorf("%q makes the message %q", name, got["message"])
		}
		out.Reset()
		New(&out, Options{}).Info("hello", "encoder", name)
		if text := strings.TrimSuffix(out.String(), "\n"); strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r) }) {
			t.Errorf("%q is written as %q in text", name, text)
		}
	}
}

type broken struct{ s *string }

func (b *broken) Error() string { return *b.s }

func TestAValueThatCannotBeWritten(t *testing.T) {
	var out bytes.Buffer
	var none *broken
	jsonLog(&out).Info("odd", "error", error(none), "f", func() {}, "m", map[string]int{"a": 1}, "b", []byte("xy"))
	if got := object(t, out.String()); got["error.message"] != "*logging.broken" || got["lectern.m"] != "map[a:1]" {
		t.Errorf("got %v", got)
	}
}

func TestLinesOfATrace(t *testing.T) {
	tracer, err := trace.New(trace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tracer.Close()
	ctx, span := tracer.Begin(t.Context(), "join")
	ids := trace.MarkOf(ctx).IDs()
	var out bytes.Buffer
	log := jsonLog(&out)
	log.Info("before")
	if strings.Contains(out.String(), "trace.id") {
		t.Errorf("a line of no trace: %s", out.String())
	}
	of := Of(ctx, log).With("session", "s1")
	inner, _ := trace.Start(ctx, "step")
	span.End()
	for what, write := range map[string]func(){
		"with a context":       func() { log.InfoContext(ctx, "said") },
		"with a log of it":     func() { of.Info("said") },
		"with another context": func() { of.InfoContext(context.Background(), "said") },
	} {
		out.Reset()
		write()
		if got := object(t, out.String()); got["trace.id"] != ids.Trace || got["span.id"] != ids.Span {
			t.Errorf("%s: %s, want %v", what, out.String(), ids)
		}
	}
	out.Reset()
	of.InfoContext(inner, "said")
	if got := object(t, out.String()); got["trace.id"] != ids.Trace || got["span.id"] == ids.Span {
		t.Errorf("within a step: %s", out.String())
	}
	out.Reset()
	New(&out, Options{}).InfoContext(ctx, "said")
	if strings.Contains(out.String(), "trace_id") {
		t.Errorf("text of a trace that is not recorded: %s", out.String())
	}
}

// The table is made from the names: UPDATE=1 go test ./internal/logging writes it.
func TestTheTableIsUpToDate(t *testing.T) {
	const file, begin, end = "../../docs/logs.md", "<!-- fields -->\n", "<!-- /fields -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), begin)
	_, tail, found := strings.Cut(rest, end)
	if !found {
		t.Fatalf("%s has no place for the table", file)
	}
	want := head + begin + Markdown() + end + tail
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("%s is not what the names say: UPDATE=1 go test ./internal/logging", file)
	}
}

func FuzzALineIsOneObject(f *testing.F) {
	for _, name := range hostile {
		f.Add(name, "source", name)
	}
	f.Fuzz(func(t *testing.T, message, key, value string) {
		var out bytes.Buffer
		jsonLog(&out).With(key, value).Info(message, key, value, "error", errors.New(value), slog.Group(key, key, value))
		if strings.Count(out.String(), "\n") != 1 {
			t.Fatalf("%q", out.String())
		}
		object(t, out.String())
	})
}

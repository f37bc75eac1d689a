package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"

	"lectern/internal/auth"
	"lectern/internal/trace/tracetest"
)

// fieldTypes are the documented ones, from the table in docs/logs.md.
func fieldTypes(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/logs.md")
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); strings.HasPrefix(line, "| `") && len(cells) > 4 {
			types[strings.Trim(cells[1], " `")] = strings.TrimSpace(cells[2])
		}
	}
	return types
}

// take reads one line as Filebeat's ndjson parser with expand_keys and
// overwrite_keys does, and as Logstash's json codec: one object; names that
// can be expanded at the dots, none of them twice; a timestamp of RFC 3339; and
// values that Elasticsearch can keep in a field of the type.
func take(line string, types, kinds map[string]string) (map[string]any, error) {
	if strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) }) {
		return nil, fmt.Errorf("a control character")
	}
	d := json.NewDecoder(strings.NewReader(line))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, fmt.Errorf("no object: %v", err)
	}
	fields, tree := map[string]any{}, map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name := token.(string)
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		if _, twice := fields[name]; twice {
			return nil, fmt.Errorf("%s is there twice", name)
		}
		fields[name] = value
		at, parts := tree, strings.Split(name, ".")
		for i, part := range parts {
			next, there := at[part]
			inner, object := next.(map[string]any)
			switch {
			case part == "" || there && (!object || i == len(parts)-1):
				return nil, fmt.Errorf("%s cannot be expanded", name)
			case i == len(parts)-1:
				at[part] = value
			case !there:
				inner = map[string]any{}
				at[part] = inner
				fallthrough
			default:
				at = inner
			}
		}
		if err := keep(name, value, types, kinds); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil || d.More() {
		return nil, fmt.Errorf("more than an object: %v", err)
	}
	return fields, nil
}

// keep checks a value against the documented type of its field; one that is not
// documented is ours, and always of the same kind.
func keep(name string, value any, types, kinds map[string]string) error {
	kind := fmt.Sprintf("%T", value)
	good := true
	switch types[name] {
	case "keyword", "text":
		good = kind == "string"
	case "date":
		_, err := time.Parse(time.RFC3339, value.(string))
		good = err == nil
	case "ip":
		_, err := netip.ParseAddr(value.(string))
		good = err == nil
	case "long", "double":
		good = kind == "float64"
	case "boolean":
		good = kind == "bool"
	default:
		before, there := kinds[name]
		if there && before != kind && value != nil {
			return fmt.Errorf("%s was a %s, and is a %s", name, before, kind)
		}
		if value != nil {
			kinds[name] = kind
		}
		_, object := value.(map[string]any)
		good = strings.HasPrefix(name, "lectern.") && !object
	}
	if !good {
		return fmt.Errorf("%s is %v (%s), want %q", name, value, kind, types[name])
	}
	return nil
}

// TestLogsAndTracesReachOthers has a busy server log in JSON and trace into a
// collector: an encoder, a viewer, a hook, a class, refusals, people with names
// that want to be seen, and the end.
func TestLogsAndTracesReachOthers(t *testing.T) {
	start := time.Now()
	collector, hooks, data := tracetest.New(t), startProgram(t), t.TempDir()
	t.Setenv("LECTERN_HOOKS_SECRET", hookSecret)
	t.Setenv("LECTERN_TRACE_HEADERS", "api-key=trace-canary")
	s := startServer(t, "--data.dir", data, "--log.format", "json", "--log.level", "debug",
		"--trace.endpoint", collector.URL, "--hooks.on_publish", hooks.URL+"/publish")
	key, err := os.ReadFile(filepath.Join(data, auth.FirstKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimSpace(string(key))

	encoder := clip{seconds: 30, video: x264(0, "none", 30)}.push(t, s.rtmpURL("busy?token="+secret))
	s.info(t, "busy", "the encoder", func(i streamInfo) bool { return i.State == "live" })
	pc := newPC(t)
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	viewer := connect(t, pc, s.url, "/whep/busy", secret)
	const hostile = "\x1b[2J\u009b31m\u202eevil\"},{\"message\":\"forged\n"
	for _, path := range []string{"/whip/busy", "/whip/" + strings.Repeat("a/", 9), "/api/v1/streams/x%0a%1b%5b2J"} {
		r, err := http.NewRequest(http.MethodPost, s.url+path, strings.NewReader("v=0"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/sdp")
		r.Header.Set("Authorization", "Bearer wrong-canary")
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	var made struct{ Name string }
	resp, err := http.Post(s.url+"/api/v1/rooms", "application/json", strings.NewReader(`{"id":"hall","policy":{"guests":true}}`))
	if err != nil {
		t.Fatal(err)
	}
	err = json.NewDecoder(resp.Body).Decode(&made)
	resp.Body.Close()
	if err != nil || made.Name != "hall" {
		t.Fatalf("%+v, %v", made, err)
	}
	class, _, err := (&websocket.Dialer{Subprotocols: []string{"room.v1"}}).Dial("ws"+strings.TrimPrefix(s.url, "http")+"/api/v1/rooms/hall/ws", http.Header{"Origin": {s.url}})
	if err != nil {
		t.Fatal(err)
	}
	defer class.Close()
	for i, m := range []map[string]any{
		{"type": "hello", "data": map[string]any{"name": hostile, "token": secret}},
		{"type": "hand.raise", "data": map[string]any{}},
		{"type": "what\x1b[2J", "data": map[string]any{}},
	} {
		m["id"] = i + 1
		if err := class.WriteJSON(m); err != nil {
			t.Fatal(err)
		}
		for answered := false; !answered; {
			var reply struct {
				Re    int
				Error any
			}
			if err := class.ReadJSON(&reply); err != nil {
				t.Fatal(err)
			}
			if answered = reply.Re == i+1; answered {
				t.Logf("%q: %v", m["type"], reply.Error)
			}
		}
	}
	joined := collector.Wait(t, "whep watch")
	published := collector.Wait(t, "rtmp publish")
	viewer.end(t)
	encoder.kill()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-s.exited

	types, kinds := fieldTypes(t), map[string]string{}
	lines, traced := 0, map[string]map[string]string{} // trace, message, span
	for line := range strings.Lines(s.log.String()) {
		lines++
		fields, err := take(strings.TrimSuffix(line, "\n"), types, kinds)
		if err != nil {
			t.Errorf("%v: %s", err, line)
			continue
		}
		if fields["service.name"] != "lectern" || fields["message"] == "forged" {
			t.Errorf("%s", line)
		}
		if id, ok := fields["trace.id"].(string); ok {
			if traced[id] == nil {
				traced[id] = map[string]string{}
			}
			traced[id][fields["message"].(string)], _ = fields["span.id"].(string)
		}
	}
	t.Logf("%d lines, %d traces in them, other fields %v", lines, len(traced), kinds)

	post := collector.Wait(t, "POST /whep/*name", "http.response.status_code", int64(201))
	if joined.Trace != post.Trace || joined.Parent != post.ID || post.Parent != "" {
		t.Errorf("%+v is no child of %+v", joined, post)
	}
	steps := map[string]bool{}
	for _, x := range collector.Spans() {
		steps[x.Name] = steps[x.Name] || x.Parent == joined.ID
	}
	if !steps["authorize"] || !steps["answer"] || !steps["connect"] || !steps["first media"] {
		t.Errorf("the steps of the join are %v", steps)
	}
	if traced[joined.Trace]["session created"] != joined.ID || traced[joined.Trace]["viewer connected"] == "" || traced[joined.Trace]["session ended"] == "" {
		t.Errorf("the lines of the join are %v", traced[joined.Trace])
	}
	asked := collector.Wait(t, "hook on_publish")
	if asked.Trace != published.Trace || traced[published.Trace]["publish began"] != published.ID || len(published.Events) != 1 {
		t.Errorf("%+v, %+v, %v", published, asked, traced[published.Trace])
	}
	class1 := collector.Wait(t, "room join")
	hand := collector.Wait(t, "room hand.raise")
	collector.Wait(t, "room unknown")
	if len(hand.Links) != 1 || hand.Links[0] != class1.Trace || traced[class1.Trace]["joined"] != class1.ID {
		t.Errorf("%+v, %+v, %v", class1, hand, traced[class1.Trace])
	}
	for _, canary := range []string{secret, "wrong-canary", "trace-canary", "evil", hookSecret} {
		if strings.Contains(collector.Raw(), canary) || canary != "evil" && strings.Contains(s.log.String(), canary) {
			t.Errorf("%q is in a span or a line", canary)
		}
	}
	t.Logf("%d spans; took %v", len(collector.Spans()), time.Since(start).Round(time.Millisecond))
}

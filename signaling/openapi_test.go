package signaling_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"lectern/internal/auth"
	"lectern/internal/classroom"
	"lectern/internal/config"
	"lectern/internal/history"
	loglines "lectern/internal/logs"
	"lectern/internal/webhook"
	"lectern/signaling"
)

// described is the API's description, as a server gives it.
type described struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct{}
		}
	}

	schemas *jsonschema.Compiler
	routes  []route

	mu      sync.Mutex
	checked map[string]bool // "GET /api/v1/info 200"
	kept    map[string]*jsonschema.Schema
}

// route is an operation's method, its path as a pattern, and as it is described.
type route struct {
	method  string
	pattern *regexp.Regexp
	path    string
}

var description = sync.OnceValues(func() (*described, error) {
	text := signaling.OpenAPI()
	d := &described{schemas: jsonschema.NewCompiler(), checked: make(map[string]bool), kept: make(map[string]*jsonschema.Schema)}
	if err := json.Unmarshal(text, d); err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	if err := d.schemas.AddResource("api.json", document); err != nil {
		return nil, err
	}
	for path, operations := range d.Paths {
		pattern := regexp.QuoteMeta(path)
		pattern = strings.ReplaceAll(pattern, `\{stream\}`, `.+`)
		pattern = strings.ReplaceAll(pattern, `\{jti\}`, `.+`)
		pattern = regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(pattern, `[^/]+`)
		for method := range operations {
			d.routes = append(d.routes, route{strings.ToUpper(method), regexp.MustCompile("^" + pattern + "$"), path})
		}
	}
	// The longest first: …/{stream}/keyframe is a {stream} as well.
	slices.SortFunc(d.routes, func(a, b route) int { return len(b.path) - len(a.path) })
	return d, nil
})

func (d *described) find(method, path string) (route, bool) {
	for _, r := range d.routes {
		if r.method == method && r.pattern.MatchString(path) {
			return r, true
		}
	}
	return route{}, false
}

// check says what of an answer is not as described.
func (d *described) check(r *http.Request, status int, contentType string, body []byte) error {
	o, ok := d.find(r.Method, r.URL.EscapedPath())
	if !ok {
		return nil // the pages', and methods that are not there
	}
	media, _, _ := strings.Cut(contentType, ";")
	what := fmt.Sprintf("%s %s %d", o.method, o.path, status)
	place := fmt.Sprintf("api.json#/paths/%s/%s/responses/%d/content/%s/schema", pointer(o.path), strings.ToLower(o.method), status, pointer(media))
	response, known := d.Paths[o.path][strings.ToLower(o.method)].Responses[fmt.Sprint(status)]
	switch {
	case status >= 400 && media == "application/problem+json":
		what += " problem"
		place = "api.json#/components/responses/problem/content/" + pointer(media) + "/schema"
	case !known:
		return fmt.Errorf("%s: no such answer is described", what)
	case len(response.Content) == 0 || len(body) == 0:
		d.mark(what)
		return nil
	case media != "application/json":
		if _, ok := response.Content[media]; !ok {
			return fmt.Errorf("%s: %s is not described", what, media)
		}
		d.mark(what)
		return nil
	}
	schema, err := d.schema(place)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("%s: %w\n%s", what, err, body)
	}
	d.mark(what)
	return nil
}

func (d *described) schema(place string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.kept[place]; s != nil {
		return s, nil
	}
	s, err := d.schemas.Compile(place)
	d.kept[place] = s
	return s, err
}

func (d *described) mark(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.checked[what] = true
}

func pointer(s string) string {
	s = strings.NewReplacer("~", "~0", "/", "~1").Replace(s)
	return strings.NewReplacer("{", "%7B", "}", "%7D").Replace(s)
}

// conforms fails the test when an answer is not as the API's description has it.
func conforms(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	if _, fuzzing := t.(*testing.F); fuzzing || r.Method == http.MethodHead || r.Context().Err() != nil {
		return
	}
	t.Helper()
	d, err := description()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.check(r, w.Code, w.Header().Get("Content-Type"), w.Body.Bytes()); err != nil {
		t.Errorf("not as the API is described: %v", err)
	}
}

// TestEveryRouteIsDescribed asks each route which methods it has.
func TestEveryRouteIsDescribed(t *testing.T) {
	d, err := description()
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t, func(o *setup) {
		o.Owner = &signaling.Owner{
			Keys:     new(auth.Keys),
			Sessions: new(auth.Sessions),
			History:  new(history.History),
			Logs:     new(loglines.Ring),
			Settings: func() []config.Value { return nil },
			Doctor:   func(context.Context, bool) any { return nil },
			Webhooks: new(webhook.Webhooks),
			Drain:    func() {},
		}
		o.Rooms = new(classroom.Rooms)
	})
	described := make(map[string]bool)
	for _, r := range d.routes {
		described[r.method+" "+r.path] = true
	}
	for _, r := range l.handler.(*gin.Engine).Routes() {
		if r.Method != http.MethodTrace || strings.HasPrefix(r.Path, "/hook/") || r.Path == "/whip" || r.Path == "/whep" {
			continue // nginx-rtmp's calls are not of this API; the others want a name
		}
		path := regexp.MustCompile(`[:*]\w+`).ReplaceAllString(r.Path, "x")
		allow := l.do(http.MethodTrace, path, "").Header().Get("Allow")
		if allow == "" {
			t.Errorf("%s: does not say which methods it has", r.Path)
		}
		for method := range strings.SplitSeq(allow, ", ") {
			if method == http.MethodHead || method == http.MethodOptions {
				continue
			}
			o, ok := d.find(method, path)
			if !ok {
				o, ok = d.find(method, path+"/keyframe") // is answered by the stream's route
			}
			if !ok {
				t.Errorf("%s %s is in no row of operations", method, r.Path)
			}
			delete(described, o.method+" "+o.path)
		}
	}
	for _, what := range []string{"GET /api/v1/streams/{stream}/keyframe", "POST /whep/room/{room}/seat/{seat}"} {
		delete(described, what) // below the stream's route
	}
	for _, what := range slices.Sorted(maps.Keys(described)) {
		t.Errorf("%s is described, and there is no such route", what)
	}
}

// TestARoomByTheAPI makes, changes and removes a room, so that each answer is
// held against its description.
func TestARoomByTheAPI(t *testing.T) {
	s := newGuarded(t)
	ask := func(status int, method, path, body string) []byte {
		t.Helper()
		w := s.do(method, "/api/v1/rooms"+path, body, append(bearerOf(firstKey), "Content-Type", "application/json")...)
		if w.Code != status {
			t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, status, w.Body)
		}
		return w.Body.Bytes()
	}
	ask(201, "POST", "", `{"id":"algebra","title":"Algebra"}`)
	pupil := enter(t, s.url, "algebra", map[string]any{"token": firstKey})
	ask(200, "GET", "", "")
	ask(200, "GET", "/algebra", "")
	ask(200, "PATCH", "/algebra", `{"title":"Geometry","policy":{"preset":"seminar"}}`)
	ask(200, "GET", "/algebra/people", "")
	var made struct{ ID string }
	if err := json.Unmarshal(ask(201, "POST", "/algebra/invites", `{"role":"assistant","uses":1}`), &made); err != nil {
		t.Fatal(err)
	}
	ask(200, "GET", "/algebra/invites", "")
	ask(204, "DELETE", "/algebra/invites/"+made.ID, "")
	ask(204, "POST", "/algebra/lock", `{"locked":true}`)
	ask(204, "POST", "/algebra/end", "")
	pupil.wantClose(4404)
	ask(204, "DELETE", "/algebra", "")
	if w := s.do("GET", "/api/v1/openapi.json", ""); w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), signaling.OpenAPI()) {
		t.Errorf("the description: %d", w.Code)
	}
}

// TestMain sees to it, when all tests have run, that each operation has
// succeeded in one of them, so that its description is known to be right.
func TestMain(m *testing.M) {
	code := m.Run()
	if d, err := description(); err == nil && code == 0 && flag.Lookup("test.run").Value.String() == "" && !testing.Short() {
		for _, r := range d.routes {
			success := slices.ContainsFunc(slices.Collect(maps.Keys(d.checked)), func(what string) bool {
				return strings.HasPrefix(what, r.method+" "+r.path+" ") && !strings.HasSuffix(what, " problem")
			})
			if !success && !slices.Contains(elsewhere, r.method+" "+r.path) {
				fmt.Printf("%s %s: no test has seen it succeed\n", r.method, r.path)
				code = 1
			}
		}
	}
	os.Exit(code)
}

// elsewhere are event streams and sockets, which tests read as they come.
var elsewhere = []string{
	"GET /api/v1/check/ws", "GET /api/v1/events", "GET /api/v1/logs/tail", "GET /api/v1/rooms/{room}/ws",
	"GET /sessions/whep/{id}/events/{events}", "GET /sessions/whip/{id}/layers",
}

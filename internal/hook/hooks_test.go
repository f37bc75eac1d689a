package hook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lectern/internal/auth"
	"lectern/internal/testlog"
)

// program answers calls, in the place of the network.
type program struct {
	mu    sync.Mutex
	calls []call
	reply func(n int, c call) (status int, location string) // n is how many came before of this kind; status 0 never answers
	count map[string]int
}

// call is what has arrived.
type call struct {
	event, method, path string
	header              http.Header
	form                url.Values
	body                string
	at                  time.Time
}

func (p *program) RoundTrip(r *http.Request) (*http.Response, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c := call{event: r.Header.Get(HeaderEvent), method: r.Method, path: r.URL.RequestURI(), header: r.Header, body: string(text), at: time.Now()}
	c.form, err = url.ParseQuery(c.body)
	if r.Method == http.MethodGet {
		c.form, err = r.URL.Query(), nil
	}
	if err != nil && r.Header.Get("Content-Type") != "application/json" {
		return nil, err
	}
	p.mu.Lock()
	if p.count == nil {
		p.count = map[string]int{}
	}
	n := p.count[c.event]
	p.count[c.event]++
	p.calls = append(p.calls, c)
	p.mu.Unlock()
	status, location := http.StatusOK, ""
	if p.reply != nil {
		status, location = p.reply(n, c)
	}
	if status == 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Location": {location}}, Body: http.NoBody, Request: r}, nil
}

// events are what has been asked and told, in order.
func (p *program) events() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for _, c := range p.calls {
		names = append(names, strings.TrimPrefix(c.event, "on_"))
	}
	return strings.Join(names, " ")
}

// all is what has arrived by now.
func (p *program) all() []call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

func (p *program) last(t *testing.T) call {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.calls) == 0 {
		t.Fatal("nothing was called")
	}
	return p.calls[len(p.calls)-1]
}

// always answers everything alike.
func always(status int, location string) func(int, call) (int, string) {
	return func(int, call) (int, string) { return status, location }
}

// rule is who decides before the hooks, and what it heard of ends.
type rule struct {
	err     error
	revoked chan struct{}
	mu      sync.Mutex
	ends    int
}

func (d *rule) Decide(_ context.Context, r auth.Request) (auth.Grant, error) {
	return auth.Grant{Identity: "sub:alice", Stream: []string{r.Stream}, Can: []auth.Action{r.Action}, Revoked: d.revoked}, d.err
}

func (d *rule) End(auth.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ends++
}

// everywhere asks and tells about everything.
func everywhere(p *program, change ...func(*Options)) Options {
	o := Options{
		Connect: "http://127.0.0.1/connect", Publish: "http://127.0.0.1/publish", PublishDone: "http://127.0.0.1/publish_done",
		Play: "http://127.0.0.1/play", PlayDone: "http://127.0.0.1/play_done", Update: "http://127.0.0.1/update",
		Transport: p,
	}
	for _, f := range change {
		f(&o)
	}
	return o
}

func newHooks(t *testing.T, next auth.Decider, o Options) *Hooks {
	t.Helper()
	h, err := New(next, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

var publish = auth.Request{
	Action: auth.Publish, Stream: "live/cam1", Token: "secret-token", Remote: netip.MustParseAddr("192.0.2.7"),
	Session: "S1", Protocol: "whip", Args: url.Values{"psk": {"x y"}}, Agent: "OBS/30", URL: "http://host/whip/live/cam1", Page: "http://page",
}

// watch is the same by somebody who watches.
func watch(session string) auth.Request {
	r := publish
	r.Action, r.Protocol, r.Session = auth.Watch, "whep", session
	return r
}

func TestAnswersDecide(t *testing.T) {
	for _, c := range []struct {
		status   int
		location string
		err      error
		rename   string
	}{
		{200, "", nil, ""},
		{204, "", nil, ""},
		{299, "http://elsewhere", nil, ""},
		{302, "cam2", nil, "live/cam2"},
		{301, "app/cam2", nil, "app/cam2"},
		{307, "rtmp://host:1935/app/cam2?x=y", nil, "app/cam2"},
		{302, "", nil, ""}, // as nginx-rtmp has it
		{302, "https://host/publish", auth.ErrDenied, ""},
		{302, "../../etc", auth.ErrDenied, ""},
		{304, "cam2", auth.ErrDenied, ""},
		{400, "", auth.ErrDenied, ""},
		{403, "", auth.ErrDenied, ""},
		{404, "", auth.ErrDenied, ""},
		{500, "", auth.ErrDenied, ""},
		{502, "", auth.ErrUnavailable, ""},
		{503, "", auth.ErrUnavailable, ""},
		{504, "", auth.ErrUnavailable, ""},
	} {
		t.Run(fmt.Sprint(c.status, c.location), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, next := &program{reply: always(c.status, c.location)}, &rule{}
				h := newHooks(t, next, everywhere(p))
				g, err := h.Decide(t.Context(), publish)
				if !errors.Is(err, c.err) || g.Rename != c.rename {
					t.Fatalf("grant %+v, error %v, want %q, %v", g, err, c.rename, c.err)
				}
				if err == nil && g.Identity != "sub:alice" {
					t.Errorf("identity %q is not the key's", g.Identity)
				}
				if err != nil && next.ends != 1 {
					t.Errorf("who decided before heard of %d ends, want 1", next.ends)
				}
				if c.err == auth.ErrDenied && !strings.Contains(err.Error(), fmt.Sprintf("on_publish: %d", c.status)) {
					t.Errorf("%q does not say why", err)
				}
			})
		})
	}
}

func TestWhoIsAskedAndTold(t *testing.T) {
	rtmp, check := publish, publish
	rtmp.Protocol, check.Session = "rtmp", ""
	for _, c := range []struct {
		name    string
		request auth.Request
		key     error
		want    string
	}{
		{"WHIP", publish, nil, "publish publish_done"},
		{"WHEP", watch("S1"), nil, "play play_done"},
		{"RTMP", rtmp, nil, "connect publish publish_done"},
		{"a check", check, nil, ""},
		{"a wrong key", publish, auth.ErrInvalidToken, ""},
		{"no key", publish, auth.ErrNoToken, ""},
		{"another's stream", publish, auth.ErrDenied, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &program{}
				h := newHooks(t, &rule{err: c.key}, everywhere(p))
				if _, err := h.Decide(t.Context(), c.request); !errors.Is(err, c.key) {
					t.Fatalf("error %v, want %v", err, c.key)
				}
				h.End(c.request)
				h.End(c.request)
				synctest.Wait()
				if got := p.events(); got != c.want {
					t.Errorf("called %q, want %q", got, c.want)
				}
			})
		})
	}
}

func TestConnectionsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &program{reply: always(302, "app")}
		h := newHooks(t, &rule{}, everywhere(p))
		r := publish
		r.Protocol = "rtmp"
		if _, err := h.Decide(t.Context(), r); !errors.Is(err, auth.ErrDenied) || p.events() != "connect" {
			t.Errorf("error %v, called %q", err, p.events())
		}
	})
}

func TestFieldsAreThoseOfNginx(t *testing.T) {
	p := &program{}
	h := newHooks(t, &rule{}, everywhere(p))
	r := publish
	r.Stream = "app/sub/cam1"
	if _, err := h.Decide(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	const want = "app=app&flashver=OBS%2F30&swfurl=&tcurl=http%3A%2F%2Fhost%2Fwhip%2Flive%2Fcam1&pageurl=http%3A%2F%2Fpage" +
		"&addr=192.0.2.7&clientid=S1&call=publish&name=sub%2Fcam1&type=live&protocol=whip&stream=app%2Fsub%2Fcam1&psk=x+y"
	if got := p.last(t); got.body != want || got.method != "POST" || got.path != "/publish" || got.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("%s %s\n%s, want\n%s", got.method, got.path, got.body, want)
	}
	if strings.Contains(fmt.Sprint(p.all()), "secret-token") {
		t.Error("the token was passed on")
	}
}

// PHP and others take the last value of a name, so that a client must not say
// again what we have said.
func TestClientsDoNotOverwriteFields(t *testing.T) {
	p := &program{}
	h := newHooks(t, &rule{}, everywhere(p, func(o *Options) { o.Method, o.Publish = Get, "http://127.0.0.1/x.php?site=7&my.key=1" }))
	r := publish
	r.Args = url.Values{
		"addr": {"127.0.0.1"}, "name": {"other"}, "NAME": {"other"}, "stream[]": {"x"}, " call": {"play"}, "site": {"8"}, "my_key": {"2"}, "free": {"yes"},
	}
	if _, err := h.Decide(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	got := p.last(t)
	want := url.Values{
		"site": {"7"}, "my.key": {"1"}, "app": {"live"}, "flashver": {"OBS/30"}, "swfurl": {""}, "tcurl": {r.URL}, "pageurl": {r.Page}, "addr": {"192.0.2.7"},
		"clientid": {"S1"}, "call": {"publish"}, "name": {"cam1"}, "type": {"live"}, "protocol": {"whip"}, "stream": {"live/cam1"}, "free": {"yes"},
	}
	if !maps.EqualFunc(got.form, want, func(a, b []string) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
		t.Errorf("got %v, want %v", got.form, want)
	}
}

func TestJSON(t *testing.T) {
	p := &program{}
	h := newHooks(t, &rule{}, everywhere(p, func(o *Options) { o.Format = JSON }))
	for args, want := range map[*url.Values]string{
		nil:                                   `"args":{}`,
		{"psk": {"x"}, "addr": {"127.0.0.1"}}: `"args":{"addr":["127.0.0.1"],"psk":["x"]}`,
	} {
		r := publish
		r.Args = nil
		if args != nil {
			r.Args = *args
		}
		if _, err := h.Decide(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		got := p.last(t)
		if full := `{"addr":"192.0.2.7","app":"live",` + want + `,"call":"publish","clientid":"S1","flashver":"OBS/30","name":"cam1","pageurl":"http://page",` +
			`"protocol":"whip","stream":"live/cam1","swfurl":"","tcurl":"http://host/whip/live/cam1","type":"live"}`; got.body != full {
			t.Errorf("got\n%s, want\n%s", got.body, full)
		}
		if got.header.Get("Content-Type") != "application/json" {
			t.Errorf("type %q", got.header.Get("Content-Type"))
		}
	}
}

// An encoder's words end in the program as they were, whatever they are.
func FuzzForm(f *testing.F) {
	f.Add("cam1", "k", "v", "OBS/30 (a; b)")
	f.Add("a/b", "app", "&=;%", "\x00\xff")
	f.Fuzz(func(t *testing.T, stream, name, value, agent string) {
		e := event{call: callPublish, stream: "live/x", request: auth.Request{Stream: "live/" + stream, Agent: agent, Args: url.Values{name: {value}}}}
		got, err := url.ParseQuery(e.form(nil))
		if err != nil {
			t.Fatal(err)
		}
		if got.Get("name") != stream || got.Get("flashver") != agent || got.Get("call") != callPublish || len(got["app"]) != 1 {
			t.Errorf("got %v", got)
		}
		if !reserved[base(name)] && got.Get(name) != value {
			t.Errorf("%q = %q, want %q", name, got.Get(name), value)
		}
	})
}

func TestWithoutAnAnswerThePolicyHolds(t *testing.T) {
	for policy, want := range map[string]error{Deny: auth.ErrUnavailable, Allow: nil, "": auth.ErrUnavailable} {
		synctest.Test(t, func(t *testing.T) {
			var lines testlog.Log
			p := &program{reply: always(0, "")}
			h := newHooks(t, &rule{}, everywhere(p, func(o *Options) {
				o.OnFailure, o.Log = policy, slog.New(slog.NewTextHandler(&lines, nil))
			}))
			start := time.Now()
			if _, err := h.Decide(t.Context(), publish); !errors.Is(err, want) {
				t.Errorf("policy %q: error %v, want %v", policy, err, want)
			}
			if took := time.Since(start); took != 5*time.Second {
				t.Errorf("took %v, want the timeout", took)
			}
			if !strings.Contains(lines.String(), "no answer in time") || strings.Contains(lines.String(), "http://") {
				t.Errorf("logged %s", lines.String())
			}
			if got := h.Stats(); got.Failed != 1 || got.Answered != 0 {
				t.Errorf("counted %+v", got)
			}
		})
	}
}

// T27: a receiver that never answers is in nobody else's way.
func TestSilenceOfOneKindDoesNotHoldUpAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &program{reply: func(_ int, c call) (int, string) {
			if c.event == "on_publish" {
				return 200, ""
			}
			return 0, ""
		}}
		h := newHooks(t, &rule{}, everywhere(p))
		var viewers sync.WaitGroup
		start := time.Now()
		for i := range 1000 {
			viewers.Go(func() {
				if _, err := h.Decide(t.Context(), watch(fmt.Sprint(i))); !errors.Is(err, auth.ErrUnavailable) {
					t.Errorf("error %v", err)
				}
				if took := time.Since(start); took != 5*time.Second {
					t.Errorf("took %v: one waits for another", took)
				}
			})
		}
		synctest.Wait()
		if _, err := h.Decide(t.Context(), publish); err != nil || time.Since(start) != 0 {
			t.Errorf("error %v after %v: a publisher waits for viewers", err, time.Since(start))
		}
		if got := strings.Count(p.events(), "play"); got != atOnce {
			t.Errorf("%d calls at once, want %d", got, atOnce)
		}
		viewers.Wait()
	})
}

func TestEndsAreToldThreeTimes(t *testing.T) {
	for _, c := range []struct {
		name   string
		status []int
		want   int
		took   time.Duration
	}{
		{"at once", []int{204}, 1, 0},
		{"answered as at the beginning", []int{302}, 1, 0},
		{"refused once", []int{500, 200}, 2, time.Second},
		{"silent twice", []int{0, 0, 200}, 3, 5*time.Second + time.Second + 5*time.Second + 4*time.Second},
		{"in vain", []int{503, 404, 500, 200}, 3, 5 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &program{reply: func(n int, call call) (int, string) {
					if call.event == "on_publish_done" {
						return c.status[n], ""
					}
					return 302, "cam2"
				}}
				h := newHooks(t, &rule{}, everywhere(p))
				if _, err := h.Decide(t.Context(), publish); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				h.End(publish)
				time.Sleep(time.Hour) // of the bubble
				told := p.all()[1:]
				if len(told) != c.want {
					t.Fatalf("told %d times, want %d", len(told), c.want)
				}
				for _, call := range told {
					if call.header.Get(HeaderDelivery) != told[0].header.Get(HeaderDelivery) || call.header.Get(HeaderDelivery) == "" {
						t.Error("not told apart from another event")
					}
					if call.form.Get("name") != "cam1" || call.form.Get("stream") != "live/cam2" || call.form.Get("call") != "publish_done" || call.form.Get("psk") != "x y" {
						t.Errorf("told %v", call.form)
					}
				}
				if took := told[len(told)-1].at.Sub(start); took != c.took {
					t.Errorf("told after %v, want %v", took, c.took)
				}
			})
		})
	}
}

func TestTheOldestIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines testlog.Log
		p := &program{reply: func(_ int, c call) (int, string) {
			if c.event == "on_play" {
				return 200, ""
			}
			return 0, ""
		}}
		h := newHooks(t, &rule{}, everywhere(p, func(o *Options) {
			o.Update, o.Tries, o.Log = "", 1, slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelWarn}))
		}))
		const n = 100
		for i := range n {
			if _, err := h.Decide(t.Context(), watch(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		for i := range workers {
			h.End(watch(fmt.Sprint(i)))
		}
		synctest.Wait() // they are under way
		for i := workers; i < n; i++ {
			h.End(watch(fmt.Sprint(i)))
		}
		if got := h.Stats().Dropped; got != n-workers-64 {
			t.Errorf("%d dropped, want %d", got, n-workers-64)
		}
		if got := strings.Count(lines.String(), "dropped"); got != 1 {
			t.Errorf("%d lines of it, want 1", got)
		}
		time.Sleep(time.Hour)
		told := map[string]bool{}
		for _, c := range p.all() {
			if c.event == "on_play_done" {
				told[c.form.Get("clientid")] = true
			}
		}
		for i := range n {
			if want := i < workers || i >= n-64; told[fmt.Sprint(i)] != want {
				t.Errorf("session %d told %v, want %v", i, !want, want)
			}
		}
	})
}

func TestUpdates(t *testing.T) {
	for _, c := range []struct {
		name   string
		status []int
		want   time.Duration // after which the permission is gone
	}{
		{"refused at once", []int{403}, 30 * time.Second},
		{"refused later", []int{200, 204, 500}, 90 * time.Second},
		{"silence is no answer", []int{0, 502, 503, 504, 404}, 150 * time.Second},
		{"a redirection is a refusal", []int{302}, 30 * time.Second},
		{"never", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &program{reply: func(n int, call call) (int, string) {
					if call.event != "on_update" || n >= len(c.status) {
						return 200, ""
					}
					return c.status[n], ""
				}}
				h := newHooks(t, &rule{}, everywhere(p))
				start := time.Now()
				g, err := h.Decide(t.Context(), watch("S1"))
				if err != nil {
					t.Fatal(err)
				}
				select {
				case <-g.Revoked:
					if took := time.Since(start); took != c.want {
						t.Errorf("revoked after %v, want %v", took, c.want)
					}
				case <-time.After(time.Hour - time.Second):
					if c.want != 0 {
						t.Error("not revoked")
					}
				}
				h.End(watch("S1"))
				before := len(p.all())
				time.Sleep(time.Hour)
				if got := p.last(t); got.event != "on_play_done" || len(p.all()) > before+1 {
					t.Errorf("%d calls after the end, the last %s", len(p.all())-before, got.event)
				}
				update := p.all()[1]
				if update.form.Get("call") != "update_play" || update.form.Get("time") != "30" || update.form.Get("timestamp") != "30000" || update.form.Get("name") != "cam1" {
					t.Errorf("update %v", update.form)
				}
			})
		})
	}
}

// A program that is gone for an hour fills no log.
func TestSilenceIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines testlog.Log
		p := &program{reply: func(_ int, c call) (int, string) {
			if c.event == "on_update" && c.at.Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) < time.Hour {
				return 0, ""
			}
			return 200, ""
		}}
		h := newHooks(t, &rule{}, everywhere(p, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&lines, nil)) }))
		for i := range 20 {
			if _, err := h.Decide(t.Context(), watch(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Hour)
		if got := lines.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "sessions go on") || !strings.Contains(got, "answers again") {
			t.Errorf("logged\n%s", got)
		}
	})
}

func TestWhatIsRevokedAboveIsRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &rule{revoked: make(chan struct{})}
		h := newHooks(t, next, everywhere(&program{}))
		g, err := h.Decide(t.Context(), publish)
		if err != nil {
			t.Fatal(err)
		}
		close(next.revoked)
		<-g.Revoked
		h.End(publish)
	})
}

func TestCloseTellsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &program{}
		h := newHooks(t, &rule{}, everywhere(p))
		for i := range 10 {
			if _, err := h.Decide(t.Context(), watch(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
			h.End(watch(fmt.Sprint(i)))
		}
		if _, err := h.Decide(t.Context(), publish); err != nil { // does not end by itself
			t.Fatal(err)
		}
		h.Close()
		h.Close()
		if got := strings.Count(p.events(), "play_done"); got != 10 {
			t.Errorf("told %d ends, want 10", got)
		}
		h.End(publish)
		if _, err := h.Decide(t.Context(), watch("late")); !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("error %v", err)
		}
	})
}

func TestCloseDoesNotWaitForSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &program{reply: func(_ int, c call) (int, string) {
			if c.event == "on_play" {
				return 200, ""
			}
			return 0, ""
		}}
		h := newHooks(t, &rule{}, everywhere(p))
		for i := range 20 {
			if _, err := h.Decide(t.Context(), watch(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
			h.End(watch(fmt.Sprint(i)))
		}
		time.Sleep(time.Second)
		start := time.Now()
		h.Close()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// A client that leaves while the program thinks may be live in its books.
func TestClientsThatLeaveEarlyAreToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &program{reply: func(_ int, c call) (int, string) {
			if c.event == "on_publish" {
				return 0, ""
			}
			return 200, ""
		}}
		h := newHooks(t, &rule{}, everywhere(p, func(o *Options) { o.OnFailure = Allow }))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := h.Decide(ctx, publish); !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("error %v", err)
		}
		synctest.Wait()
		if got := p.events(); got != "publish publish_done" {
			t.Errorf("called %q", got)
		}
	})
}

func TestOptionsThatCannotWork(t *testing.T) {
	for want, o := range map[string]Options{
		"method":       {Method: "PUT"},
		"format":       {Format: "xml"},
		"policy":       {OnFailure: "maybe"},
		"needs method": {Format: JSON, Method: Get},
		"below zero":   {Queue: -1},
		"on_publish":   {Publish: "ftp://host/x"},
		"on_play_done": {PlayDone: "//host/x"},
		"on_update":    {Update: "http://user:password@host/x"},
	} {
		if h, err := New(&rule{}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
			if h != nil {
				h.Close()
			}
		}
	}
}

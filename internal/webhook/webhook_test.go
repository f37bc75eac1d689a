package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lectern/internal/event"
	"lectern/internal/hook"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// call is a request as a receiver gets it.
type call struct {
	url    string
	header http.Header
	body   string
}

// program is a receiver of the user's, without a network: it answers what
// answer says, and passes on what it got.
type program struct {
	calls  chan call
	answer func(r *http.Request) (int, error)
}

func (p *program) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	p.calls <- call{r.URL.String(), r.Header, string(body)}
	code := http.StatusNoContent
	if p.answer != nil {
		if code, err = p.answer(r); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: code, Header: http.Header{"Location": {"https://elsewhere.example/"}}, Body: http.NoBody, Request: r}, nil
}

func newProgram(answer func(*http.Request) (int, error)) *program {
	return &program{calls: make(chan call, 10_000), answer: answer}
}

// never answers.
func never(r *http.Request) (int, error) {
	<-r.Context().Done()
	return 0, r.Context().Err()
}

func always(code int) func(*http.Request) (int, error) {
	return func(*http.Request) (int, error) { return code, nil }
}

// start runs webhooks until the test ends.
func start(t *testing.T, l *event.Log, o Options) *Webhooks {
	t.Helper()
	w, err := New(l, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return w
}

func live(n int) event.Event {
	return event.Event{Type: event.StreamLive, At: time.Unix(1764000000, 0).UTC(), Stream: &event.Stream{Name: fmt.Sprintf("live/cam%d", n)}}
}

func TestEventsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := event.NewLog(), newProgram(nil)
		l.Add(live(0)) // before
		w := start(t, l, Options{Transport: p, Targets: []Target{{URL: "https://school.example/hear?key=canary", Secret: "s3cret"}}})
		l.Add(live(1))
		l.Add(event.Event{Type: event.StreamViewers, Stream: &event.Stream{Name: "live/cam1", Viewers: 2}}) // nobody has asked
		l.Add(event.Event{Type: event.RoomStarted, Room: &event.Room{ID: "math"}})
		synctest.Wait()
		if len(p.calls) != 2 {
			t.Fatalf("%d calls, want 2", len(p.calls))
		}
		first, second := <-p.calls, <-p.calls
		if want := `{"id":"` + l.ID(2) + `","type":"stream.live","at":"2025-11-24T16:00:00Z","stream":"live/cam1","viewers":0}`; first.body != want {
			t.Errorf("got  %s\nwant %s", first.body, want)
		}
		if !strings.Contains(second.body, `"type":"room.started"`) || !strings.Contains(second.body, `"room":"math"`) {
			t.Errorf("then %s", second.body)
		}
		if first.url != "https://school.example/hear?key=canary" || first.header.Get("Content-Type") != "application/json" || first.header.Get(hook.HeaderEvent) != "stream.live" {
			t.Errorf("to %s, with %v", first.url, first.header)
		}
		list := w.Deliveries()
		if len(list) != 2 || list[1].ID != first.header.Get(hook.HeaderDelivery) || list[1].Status != Delivered || list[1].Code != 204 || list[1].Tries != 1 || list[1].About != "live/cam1" {
			t.Errorf("deliveries %+v", list)
		}
		if text, err := json.Marshal(list); err != nil || strings.Contains(string(text), "canary") || strings.Contains(string(text), "s3cret") {
			t.Errorf("a secret is shown: %s, %v", text, err)
		}
		if s := w.Stats(); s != (Stats{Delivered: 2}) {
			t.Errorf("counted %+v", s)
		}
	})
}

// careful is a receiver as a careful user writes it: it takes what is signed,
// of the last five minutes, and once.
type careful struct {
	secret string
	seen   map[string]bool
}

func (c *careful) check(got call, now time.Time) error {
	seconds, err := strconv.ParseInt(got.header.Get(hook.HeaderTimestamp), 10, 64)
	if err != nil {
		return err
	}
	at, id := time.Unix(seconds, 0), got.header.Get(hook.HeaderDelivery)
	switch {
	case !hmac.Equal([]byte(hook.Sign(c.secret, at, got.body)), []byte(got.header.Get(hook.HeaderSignature))):
		return errors.New("signature")
	case now.Sub(at).Abs() > 5*time.Minute:
		return errors.New("window")
	case c.seen[id]:
		return errors.New("replay")
	}
	c.seen[id] = true
	return nil
}

// TestReplayedAndAltered is T27: such deliveries do not pass.
func TestReplayedAndAltered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := event.NewLog(), newProgram(nil)
		start(t, l, Options{Transport: p, Targets: []Target{{URL: "https://school.example/", Secret: "s3cret"}}})
		l.Add(live(1))
		synctest.Wait()
		good := <-p.calls
		for _, c := range []struct {
			name, secret, want string
			seen               bool
			late               time.Duration
			alter              func(*call)
		}{
			{name: "as it is", secret: "s3cret"},
			{name: "again", secret: "s3cret", want: "replay", seen: true},
			{name: "late", secret: "s3cret", want: "window", late: 6 * time.Minute},
			{name: "another body", secret: "s3cret", want: "signature", alter: func(c *call) { c.body = strings.Replace(c.body, "cam1", "cam2", 1) }},
			{name: "another time", secret: "s3cret", want: "signature", late: time.Hour, alter: func(c *call) {
				c.header.Set(hook.HeaderTimestamp, strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
			}},
			{name: "another's secret", secret: "other", want: "signature"},
		} {
			got := call{good.url, good.header.Clone(), good.body}
			if c.alter != nil {
				c.alter(&got)
			}
			err := (&careful{c.secret, map[string]bool{good.header.Get(hook.HeaderDelivery): c.seen}}).check(got, time.Now().Add(c.late))
			if text := fmt.Sprint(err); err == nil && c.want != "" || err != nil && text != c.want {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
		}
	})
}

// TestASilentReceiver is T27: it holds up nobody, costs a bounded queue, and is
// told what it has missed.
func TestASilentReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var silent atomic.Bool
		silent.Store(true)
		l, p := event.NewLog(), newProgram(func(r *http.Request) (int, error) {
			if r.URL.Host == "silent.example" && silent.Load() {
				return never(r)
			}
			return http.StatusOK, nil
		})
		w := start(t, l, Options{Transport: p, Targets: []Target{{URL: "https://silent.example/"}, {URL: "https://fine.example/"}}})
		before := time.Now()
		for n := range 100 {
			l.Add(live(n))
			synctest.Wait() // the one that is fine has it
		}
		if waited := time.Since(before); waited != 0 {
			t.Errorf("100 events took %v", waited)
		}
		if s := w.Stats(); s.Delivered != 100 || s.Waiting != 64 || s.Dropped != 35 {
			t.Errorf("counted %+v, want 100 delivered, 64 waiting and 35 dropped, and one is under way", s)
		}
		time.Sleep(20*time.Second + time.Millisecond) // 5 s, 1 s, 5 s, 4 s, 5 s
		synctest.Wait()
		if s := w.Stats(); s.Failed != 1 {
			t.Errorf("after 20 s %+v, want one failed", s)
		}
		silent.Store(false)
		for len(p.calls) > 0 {
			<-p.calls
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		var types []string
		for len(p.calls) > 0 {
			c := <-p.calls
			types = append(types, c.header.Get(hook.HeaderEvent))
			if strings.Contains(c.body, "events.gap") && !strings.Contains(c.body, `"missed":35`) {
				t.Errorf("said %s", c.body)
			}
		}
		if len(types) != 65 || types[0] != "events.gap" || types[1] != "stream.live" {
			t.Errorf("then it got %d: %q", len(types), types)
		}
	})
}

// The log hears when a receiver begins to refuse, and when it takes again.
func TestOneLineAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var code atomic.Int32
		code.Store(http.StatusInternalServerError)
		l, p := event.NewLog(), newProgram(func(*http.Request) (int, error) { return int(code.Load()), nil })
		var lines bytes.Buffer
		start(t, l, Options{Transport: p, Log: slog.New(slog.NewTextHandler(&lines, nil)), Targets: []Target{{URL: "https://school.example/x?canary", Secret: "s3cret"}}})
		happen := func() {
			l.Add(live(1))
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		happen()
		happen()
		code.Store(http.StatusOK)
		happen()
		happen()
		got := lines.String()
		if strings.Count(got, "\n") != 2 || !strings.Contains(got, "answered 500 Internal Server Error") || !strings.Contains(got, "again") {
			t.Errorf("logged\n%s", got)
		}
		if strings.Contains(got, "canary") || strings.Contains(got, "s3cret") {
			t.Errorf("a secret is logged\n%s", got)
		}
		if len(p.calls) != 2*3+2 {
			t.Errorf("%d calls, want each tried three times while it was refused", len(p.calls))
		}
	})
}

func TestTellingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var code atomic.Int32
		code.Store(http.StatusNotFound)
		l, p := event.NewLog(), newProgram(func(*http.Request) (int, error) { return int(code.Load()), nil })
		w := start(t, l, Options{Transport: p, Targets: []Target{{URL: "https://school.example/"}}})
		l.Add(live(1))
		time.Sleep(time.Minute)
		synctest.Wait()
		d := w.Deliveries()[0]
		if d.Status != Failed || d.Code != http.StatusNotFound || d.Tries != 3 || d.Error != "answered 404 Not Found" {
			t.Errorf("got %+v", d)
		}
		first := <-p.calls
		<-p.calls
		<-p.calls
		code.Store(http.StatusOK)
		now, err := w.Redeliver(d.ID)
		if err != nil || now.Status != Waiting || now.ID != d.ID || now.Error != "" {
			t.Errorf("%+v, %v", now, err)
		}
		synctest.Wait()
		again := <-p.calls
		if again.body != first.body || again.header.Get(hook.HeaderDelivery) != d.ID {
			t.Errorf("got %+v, want %+v", again, first)
		}
		if list := w.Deliveries(); len(list) != 1 || list[0].Status != Delivered || list[0].Tries != 1 {
			t.Errorf("deliveries %+v", list)
		}
		if _, err := w.Redeliver("nonsense"); !errors.Is(err, ErrNotFound) {
			t.Errorf("error %v", err)
		}
	})
}

func TestDeliveriesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := event.NewLog(), newProgram(nil)
		w := start(t, l, Options{Transport: p, Targets: []Target{{URL: "https://school.example/"}}})
		for n := range Kept + 10 {
			l.Add(live(n))
			synctest.Wait()
		}
		list := w.Deliveries()
		if len(list) != Kept || list[0].About != fmt.Sprintf("live/cam%d", Kept+9) || list[Kept-1].About != "live/cam10" {
			t.Errorf("%d deliveries, from %s to %s", len(list), list[len(list)-1].About, list[0].About)
		}
	})
}

// What the log has not kept is said to be missing.
func TestAGapInTheLogIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := event.NewLog(), newProgram(nil)
		start(t, l, Options{Transport: p, Targets: []Target{{URL: "https://school.example/", Events: []string{"room.*"}}}})
		synctest.Wait()
		l.Break()
		synctest.Wait()
		if len(p.calls) != 1 {
			t.Fatalf("%d calls", len(p.calls))
		}
		if c := <-p.calls; !strings.Contains(c.body, `"type":"events.gap"`) || !strings.Contains(c.body, `"missed":1`) {
			t.Errorf("told %s", c.body)
		}
	})
}

// Redirections are failures, and nobody follows them.
func TestRedirectionsAreNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := event.NewLog(), newProgram(always(http.StatusFound))
		w := start(t, l, Options{Transport: p, Tries: 1, Targets: []Target{{URL: "https://school.example/"}}})
		l.Add(live(1))
		synctest.Wait()
		if d := w.Deliveries()[0]; d.Status != Failed || d.Code != http.StatusFound || d.Error != errRedirect.Error() {
			t.Errorf("got %+v", d)
		}
		if len(p.calls) != 1 {
			t.Errorf("%d calls", len(p.calls))
		}
	})
}

// A name must not lead to this site, unless that is listed.
func TestNamesDoNotLeadInside(t *testing.T) {
	sfutest.NoLeaks(t)
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	addresses, err := net.LookupHost(name)
	if err != nil || !netip.MustParseAddr(addresses[0]).IsPrivate() && !netip.MustParseAddr(addresses[0]).IsLoopback() {
		t.Skipf("%s leads to %v, %v", name, addresses, err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Listener.Close()
	if server.Listener, err = net.Listen("tcp", ":0"); err != nil {
		t.Fatal(err)
	}
	server.Start()
	defer server.Close()
	inside := fmt.Sprintf("http://%s:%d/", name, server.Listener.Addr().(*net.TCPAddr).Port)
	everything := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	for _, c := range []struct {
		allowed []netip.Prefix
		want    Status
	}{{nil, Failed}, {everything, Delivered}} {
		l := event.NewLog()
		w, err := New(l, Options{Tries: 1, AllowPrivate: c.allowed, Targets: []Target{{URL: inside}}})
		if err != nil {
			t.Fatal(err)
		}
		l.Add(live(1))
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // what is there is told all the same
		w.Run(ctx)
		if d := w.Deliveries()[0]; d.Status != c.want || c.want == Failed && !strings.Contains(d.Error, "allow_private") {
			t.Errorf("with %v: %+v", c.allowed, d)
		}
	}
}

// TestMediaGoOnBesideSilentReceivers is T27.
func TestMediaGoOnBesideSilentReceivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, r := event.NewLog(), sfu.NewRouter(sfu.Options{})
		defer r.Close()
		f := event.Follow(r, l)
		defer f.Close()
		targets := make([]Target, 8)
		for n := range targets {
			targets[n].URL = fmt.Sprintf("https://silent%d.example/", n)
			targets[n].Events = []string{"*"}
		}
		start(t, l, Options{Transport: newProgram(never), Targets: targets})
		p, err := r.Publish("live/cam1", sfu.PublishOptions{})
		if err != nil {
			t.Fatal(err)
		}
		track, err := p.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
		if err != nil {
			t.Fatal(err)
		}
		viewer, err := r.Join("live/cam1")
		if err != nil {
			t.Fatal(err)
		}
		defer viewer.Close()
		got := 0
		if _, err := viewer.Subscribe(sfu.Video, sfu.SinkFunc(func(burst []sfu.Forwarded) error { got += len(burst); return nil })); err != nil {
			t.Fatal(err)
		}
		const packets = 1000
		for n := range packets {
			if err := track.Write(sfutest.VP8Packet(uint16(n), uint32(n)*3000, n == 0)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(33 * time.Millisecond)
			v, err := r.Join("live/cam1") // each is an event
			if err != nil {
				t.Fatal(err)
			}
			v.Close()
		}
		synctest.Wait()
		if got != packets {
			t.Errorf("a viewer got %d of %d packets", got, packets)
		}
	})
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{
		{Targets: []Target{{URL: "ftp://school.example"}}},
		{Targets: []Target{{URL: "https://anna:secret@school.example"}}},
		{Targets: []Target{{URL: "https://school.example", Events: []string{"stream.alive"}}}},
		{Targets: []Target{{URL: "https://school.example", Events: []string{""}}}},
		{Queue: -1},
	} {
		if _, err := New(event.NewLog(), o); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, p := range []string{"*", "stream.*", "room.ended", "events.gap"} {
		if err := CheckPattern(p); err != nil {
			t.Error(err)
		}
	}
}

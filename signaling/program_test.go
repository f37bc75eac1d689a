package signaling_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern/internal/hook"
	"lectern/signaling"
)

// userProgram is what a user has written for nginx-rtmp: it answers by the
// form, and notes what it gets.
type userProgram struct {
	*httptest.Server
	answer func(form url.Values) (status int, location string)

	mu      sync.Mutex
	forms   []url.Values
	changed chan struct{}
}

func newUserProgram(t *testing.T, answer func(url.Values) (int, string)) *userProgram {
	t.Helper()
	p := &userProgram{answer: answer, changed: make(chan struct{})}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		status, location := p.answer(r.PostForm)
		if location != "" {
			w.Header().Set("Location", location)
		}
		if status != 0 {
			w.WriteHeader(status)
		}
		p.mu.Lock()
		p.forms = append(p.forms, r.PostForm)
		close(p.changed)
		p.changed = make(chan struct{})
		p.mu.Unlock()
		if status == 0 {
			<-r.Context().Done()
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// wait returns the first form of a call that came, or comes.
func (p *userProgram) wait(t *testing.T, call string) url.Values {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		p.mu.Lock()
		for _, f := range p.forms {
			if f.Get("call") == call {
				p.mu.Unlock()
				return f
			}
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-late:
			t.Fatalf("no call of %s", call)
		}
	}
}

// asking has a lab's sessions decided by a program.
func asking(t *testing.T, p *userProgram, change ...func(*hook.Options)) func(*setup) {
	return func(o *setup) {
		options := hook.Options{
			Publish: p.URL + "/publish", PublishDone: p.URL + "/publish_done", Play: p.URL + "/play", PlayDone: p.URL + "/play_done", Log: o.Log,
		}
		for _, f := range change {
			f(&options)
		}
		h, err := hook.New(keys(t, false), options)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h.Close) // after the server, which newLab closes first
		o.Authorizer = h
	}
}

func TestAProgramDecides(t *testing.T) {
	p := newUserProgram(t, func(form url.Values) (int, string) {
		switch form.Get("name") {
		case "demo":
			return 302, "secret-name"
		case "paid":
			return 402, ""
		}
		return 200, ""
	})
	l := newLab(t, asking(t, p))
	token := []string{"Authorization", "Bearer alice-key"}
	publisher := publish(t, l, "/whip/demo?psk=x", token...)
	viewer := watch(t, l, "/whep/demo?psk=y")
	viewer.wantMedia(10, anything)
	if _, ok := l.router.Info("live/secret-name"); !ok {
		t.Error("the stream was not renamed")
	}
	w := l.post("/whip/paid", offer(t, "whip-obs32.sdp"), token...)
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "on_publish: 402 Payment Required") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := l.post("/whip/demo", offer(t, "whip-obs32.sdp")); w.Code != http.StatusUnauthorized {
		t.Errorf("without a key: %d", w.Code)
	}
	viewer.wantStatus("DELETE", http.StatusOK)
	publisher.wantStatus("DELETE", http.StatusOK, token...)
	for call, want := range map[string]string{"publish": "whip x live/demo", "publish_done": "whip x live/secret-name", "play": "whep y live/demo", "play_done": "whep y live/secret-name"} {
		f := p.wait(t, call)
		if got := f.Get("protocol") + " " + f.Get("psk") + " " + f.Get("stream"); got != want || f.Get("addr") != "192.0.2.7" || f.Get("app") != "live" || f.Get("name") != "demo" || f.Get("clientid") == "" {
			t.Errorf("%s: %v, want %s", call, f, want)
		}
	}
}

func TestAProgramEndsASession(t *testing.T) {
	p := newUserProgram(t, func(form url.Values) (int, string) {
		if form.Get("call") == "update_play" {
			return 403, ""
		}
		return 200, ""
	})
	lines := newLogs()
	l := newLab(t, logged(lines), asking(t, p, func(o *hook.Options) { o.Update, o.UpdateInterval = p.URL, 300*time.Millisecond }))
	publish(t, l, "/whip/demo", "Authorization", "Bearer alice-key")
	viewer := watch(t, l, "/whep/demo")
	viewer.wantMedia(5, anything)
	if line := lines.wait(t, "session ended"); !strings.Contains(line, "protocol=whep") || !strings.Contains(line, "taken back") {
		t.Errorf("logged %q", line)
	}
	p.wait(t, "play_done")
	p.wait(t, "update_publish")
	if n := l.Sessions(); n != 1 {
		t.Errorf("%d sessions, want the publisher's", n)
	}
}

// T27: a program that never answers stops no media, and none of the other
// decisions.
func TestAProgramThatNeverAnswers(t *testing.T) {
	silent := false
	var mu sync.Mutex
	p := newUserProgram(t, func(form url.Values) (int, string) {
		mu.Lock()
		defer mu.Unlock()
		if silent && form.Get("call") != "publish" {
			return 0, ""
		}
		return 200, ""
	})
	l := newLab(t, asking(t, p, func(o *hook.Options) {
		o.Timeout, o.Update, o.UpdateInterval = time.Second, p.URL, 100*time.Millisecond
	}))
	publish(t, l, "/whip/demo", "Authorization", "Bearer alice-key")
	viewer := watch(t, l, "/whep/demo")
	viewer.wantMedia(5, anything)
	mu.Lock()
	silent = true
	mu.Unlock()
	var refused sync.WaitGroup
	for i := range 20 {
		refused.Go(func() {
			if w := l.post(fmt.Sprintf("/whep/other%d", i), offer(t, "whep-chromium156.sdp")); w.Code != http.StatusServiceUnavailable {
				t.Errorf("%d %s, want 503", w.Code, w.Body)
			}
		})
	}
	p.wait(t, "play")
	start := time.Now()
	publish(t, l, "/whip/another", "Authorization", "Bearer alice-key")
	if w := l.do("GET", "/api/v1/streams", ""); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	viewer.wantMedia(100, anything)
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("took %v", took)
	}
	refused.Wait()
	if n := l.Sessions(); n != 3 {
		t.Errorf("%d sessions, want 3", n)
	}
}

var _ signaling.Ender = (*hook.Hooks)(nil)

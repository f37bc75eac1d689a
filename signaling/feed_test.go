package signaling_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"lectern/internal/auth"
	"lectern/internal/event"
	"lectern/signaling"
)

// heard is an event as a client gets it.
type heard struct{ id, name, data string }

// follower is a client of the event API that remembers where it was, as a
// browser's EventSource does.
type follower struct {
	t    *testing.T
	url  string
	host string // by which it asks; that of url when empty
	last string
}

// listen connects, and returns what comes one by one until cut is called. The
// channel is closed then.
func (f *follower) listen(headers ...string) (events <-chan heard, cut func()) {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	r.Host = cmp.Or(f.host, r.Host)
	if f.last != "" {
		r.Header.Set("Last-Event-ID", f.last)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		f.t.Fatalf("status %d", resp.StatusCode)
	}
	out := make(chan heard)
	go func() {
		defer close(out)
		defer resp.Body.Close()
		e := heard{}
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				e.data = value
			case "":
				if e.name == "" && e.id == "" {
					continue
				}
				select {
				case out <- e:
				case <-ctx.Done():
					return
				}
				e = heard{}
			}
		}
	}()
	return out, func() {
		cancel()
		for range out { // what was on its way is not heard
		}
	}
}

// next waits for the next event, and remembers it.
func (f *follower) next(events <-chan heard) heard {
	f.t.Helper()
	select {
	case e, ok := <-events:
		if !ok {
			f.t.Fatal("the connection has ended")
		}
		if e.id != "" {
			f.last = e.id
		}
		return e
	case <-time.After(10 * time.Second):
		f.t.Fatal("nothing has come")
	}
	return heard{}
}

func (f *follower) want(events <-chan heard, name string) heard {
	f.t.Helper()
	e := f.next(events)
	if e.name != name {
		f.t.Fatalf("got %+v, want %s", e, name)
	}
	return e
}

// happen adds events of a stream, with n as its number of viewers.
func happen(log *event.Log, from, to int) {
	for n := from; n < to; n++ {
		log.Add(event.Event{Type: event.StreamViewers, Stream: &event.Stream{Name: "live/cam1", Viewers: n}})
	}
}

func viewersIn(t *testing.T, e heard) int {
	t.Helper()
	var data struct{ Viewers int }
	if err := json.Unmarshal([]byte(e.data), &data); err != nil {
		t.Fatal(err)
	}
	return data.Viewers
}

// A client that is cut off again and again hears each event once.
func TestEventsGoOnOverCuts(t *testing.T) {
	log := event.NewLog()
	l := newLab(t, func(o *setup) { o.Events = log })
	f := &follower{t: t, url: serve(t, l) + "/api/v1/events"}
	const all, cuts = 2000, 12
	events, cut := f.listen()
	f.want(events, "stream.list")
	added := make(chan struct{})
	go func() {
		defer close(added)
		happen(log, 0, all)
	}()
	for n := range all {
		e := f.want(events, "stream.viewers")
		if got := viewersIn(t, e); got != n {
			t.Fatalf("event %d comes after %d", got, n-1)
		}
		if n%(all/cuts) == all/cuts-1 {
			cut()
			events, cut = f.listen()
		}
	}
	<-added
	cut()
	t.Logf("%d events over %d cuts: 0 lost, 0 doubled", all, cuts)
}

// What is not kept any more is said to be missing, and how things are follows.
func TestAGapIsSaid(t *testing.T) {
	log := event.NewLog()
	l := newLab(t, func(o *setup) { o.Events = log })
	url := serve(t, l) + "/api/v1/events"
	for _, c := range []struct {
		name string
		lose func(f *follower)
		want string
	}{
		{"away for too long", func(*follower) { happen(log, 0, event.Kept+7) }, `{"missed":7}`},
		{"events were lost inside", func(*follower) { log.Break() }, `{"missed":1}`},
		{"the server was started again", func(f *follower) { f.last = event.NewLog().ID(0) }, `{"missed":0}`},
		{"nonsense", func(f *follower) { f.last = "17" }, `{"missed":0}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &follower{t: t, url: url}
			events, cut := f.listen()
			f.want(events, "stream.list")
			happen(log, 1, 2)
			f.want(events, "stream.viewers")
			cut()
			c.lose(f)
			events, cut = f.listen()
			if e := f.want(events, "events.gap"); e.data != c.want || e.id != "" {
				t.Errorf("got %+v, want %s without an id", e, c.want)
			}
			f.want(events, "stream.list")
			happen(log, 42, 43)
			if got := viewersIn(t, f.want(events, "stream.viewers")); got != 42 {
				t.Errorf("then %d", got)
			}
			cut()
		})
	}
}

// The events of rooms are for the owner who asks for them.
func TestTheEventsOfRoomsAreTheOwners(t *testing.T) {
	log := event.NewLog()
	ring, err := auth.New(auth.Options{First: "owner-key", Keys: []auth.Key{
		{Token: "alice-key", Sub: "alice", Stream: []string{"*"}, Can: []auth.Action{auth.Publish, auth.Watch}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t, func(o *setup) {
		o.Events, o.Authorizer, o.Owner = log, ring, &signaling.Owner{}
	})
	url := serve(t, l)
	for token, want := range map[string]int{"": http.StatusUnauthorized, "alice-key": http.StatusForbidden} {
		if w := l.do("GET", "/api/v1/events?rooms=true", "", "Authorization", "Bearer "+token); w.Code != want {
			t.Errorf("%q: status %d, want %d", token, w.Code, want)
		}
	}
	everything := &follower{t: t, url: url + "/api/v1/events?rooms=true"}
	streams := &follower{t: t, url: url + "/api/v1/events"}
	all, cutAll := everything.listen("Authorization", "Bearer owner-key")
	some, cutSome := streams.listen()
	everything.want(all, "stream.list")
	streams.want(some, "stream.list")
	log.Add(event.Event{Type: event.RoomStarted, Room: &event.Room{ID: "math"}})
	happen(log, 5, 6)
	if e := everything.want(all, "room.started"); !strings.Contains(e.data, fmt.Sprintf(`{"id":%q,"type":"room.started",`, e.id)) || !strings.Contains(e.data, `"room":"math"`) {
		t.Errorf("got %+v", e)
	}
	everything.want(all, "stream.viewers")
	streams.want(some, "stream.viewers")
	cutAll()
	cutSome()
}

// Who was the owner hears nothing more of rooms, though the connection stands.
func TestTheEventsOfRoomsEndWithTheOwnersVisit(t *testing.T) {
	log := event.NewLog()
	l, _, _, _ := administered(t, func(o *setup) { o.Events = log })
	url := serve(t, l)
	v, w := login(t, l, firstKey)
	wantCode(t, "login", w, http.StatusOK)
	f := &follower{t: t, url: url + "/api/v1/events?rooms=true", host: strings.TrimPrefix(page, "http://")}
	events, cut := f.listen("Cookie", v.cookie.Name+"="+v.cookie.Value)
	defer cut()
	f.want(events, "stream.list")
	log.Add(event.Event{Type: event.RoomStarted, Room: &event.Room{ID: "math"}})
	f.want(events, "room.started")
	wantCode(t, "logout", v.ask("DELETE", "/api/v1/login", ""), http.StatusNoContent)
	l.clock.advance(2 * time.Second)
	log.Add(event.Event{Type: event.RoomStarted, Room: &event.Room{ID: "secret"}})
	if e, ok := <-events; ok {
		t.Errorf("after the logout: %+v", e)
	}
}

package signaling_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lectern/internal/classroom"
)

// resume comes back to the session of a connection that is gone.
func (p *pupil) resume(url, room string) *pupil {
	p.t.Helper()
	next, _, err := dial(p.t, url, room)
	if err != nil {
		p.t.Fatal(err)
	}
	next.session, next.self = p.session, p.self
	next.session.Resumed = false
	key := p.session.Key
	f := next.ask("hello", map[string]any{"resume": map[string]any{"id": p.session.ID, "key": key, "seq": p.session.Seq}})
	if !f.OK {
		p.t.Fatalf("not resumed: %+v", f.Error)
	}
	var welcome struct {
		Session struct{ Resumed, Snapshot bool }
	}
	if err := json.Unmarshal(f.Data, &welcome); err != nil {
		p.t.Fatal(err)
	}
	next.session.Resumed = welcome.Session.Resumed && !welcome.Session.Snapshot
	return next
}

// A thousand messages, and a reader whose connection breaks again and again:
// nothing is lost and nothing comes twice.
func TestNothingIsLostOrDoubledOverCuts(t *testing.T) {
	s := newSchool(t)
	name, _, student := s.class(t)
	const writers, each = 200, 5 // as many as a student may write at once
	var all [writers]*pupil
	for i := range all {
		all[i] = enter(t, s.url, name, map[string]any{"invite": student, "name": fmt.Sprint("Student ", i)})
	}
	reader := enter(t, s.url, name, map[string]any{"invite": student, "name": "Reader"})

	var writing sync.WaitGroup
	turn := make(chan struct{}, 4) // else this machine is too slow for so many at once
	for i, p := range all {
		writing.Go(func() {
			for n := range each {
				turn <- struct{}{}
				p.must("chat.send", map[string]any{"text": fmt.Sprintf("message %d of %d", n, i), "nonce": fmt.Sprint(n)})
				<-turn
			}
		})
	}
	seen := map[string]int{}
	random := rand.New(rand.NewPCG(1, 2))
	cuts := 0
	for len(seen) < writers*each {
		for range 1 + random.IntN(60) {
			f := reader.until("a message", func(f frame) bool { return f.Type == "chat.message" })
			var m struct{ Text string }
			if err := json.Unmarshal(f.Data, &m); err != nil {
				t.Fatal(err)
			}
			if seen[m.Text]++; seen[m.Text] > 1 {
				t.Fatalf("%q came twice", m.Text)
			}
			if len(seen) == writers*each {
				break
			}
		}
		if len(seen) < writers*each {
			reader.cut() // with whatever it has not looked at yet
			reader = reader.resume(s.url, name)
			if !reader.session.Resumed {
				t.Fatal("came back to the whole state, not to what was missed")
			}
			cuts++
		}
	}
	writing.Wait()
	t.Logf("%d messages over %d cuts", len(seen), cuts)
}

func TestAReloadedPageHasTheWholeState(t *testing.T) {
	s := newSchool(t)
	name, teacher, invite := s.class(t)
	ada := enter(t, s.url, name, map[string]any{"invite": invite, "name": "Ada"})
	ada.must("hand.raise", map[string]any{"note": "why?"})
	teacher.must("chat.send", map[string]any{"text": "welcome"})
	ada.cut()
	again, _, err := dial(t, s.url, name)
	if err != nil {
		t.Fatal(err)
	}
	f := again.hello(map[string]any{"resume": map[string]any{"id": ada.session.ID, "key": ada.session.Key, "seq": 0}})
	for _, want := range []string{`"resumed":true`, `"snapshot":true`, `"raised":true`, `"text":"welcome"`, ada.self.Member} {
		if !strings.Contains(string(f.Data), want) {
			t.Errorf("no %s in %s", want, f.Data)
		}
	}
}

func TestAMemberGoesOnElsewhere(t *testing.T) {
	s := newSchool(t, func(o *setup, _ *classroom.Options) { o.Authorizer = people{} })
	name, teacher, _ := s.room(t, "")
	enter(t, s.url, name, map[string]any{"invite": teacher})
	first := enter(t, s.url, name, map[string]any{"token": "ada"})
	first.must("hand.raise", map[string]any{})

	second, _, err := dial(t, s.url, name)
	if err != nil {
		t.Fatal(err)
	}
	if f := second.ask("hello", map[string]any{"token": "ada"}); f.OK || f.Error.Code != "conflict" {
		t.Errorf("got %s %+v, want a conflict", f.Data, f.Error)
	}
	second.wantClose(4409)

	third, _, err := dial(t, s.url, name)
	if err != nil {
		t.Fatal(err)
	}
	f := third.hello(map[string]any{"token": "ada", "takeover": true})
	first.wantClose(4409)
	if third.self.Member != first.self.Member || !strings.Contains(string(f.Data), `"raised":true`) {
		t.Errorf("another member came: %s", f.Data)
	}
	// The key of the place that gave way opens nothing.
	old, _, err := dial(t, s.url, name)
	if err != nil {
		t.Fatal(err)
	}
	if f := old.ask("hello", map[string]any{"resume": map[string]any{"id": first.session.ID, "key": first.session.Key, "seq": 1}}); f.OK {
		t.Errorf("got %s", f.Data)
	}
	// The same session on a new connection replaces the old connection.
	fourth := third.resume(s.url, name)
	third.wantClose(4409)
	fourth.must("chat.send", map[string]any{"text": "still here"})
}

func TestAKeyIsNeededToResume(t *testing.T) {
	s := newSchool(t)
	name, _, invite := s.class(t)
	ada := enter(t, s.url, name, map[string]any{"invite": invite})
	for _, key := range []string{"", ada.session.Key + "A", ada.session.Key[1:], ada.session.ID} {
		p, _, err := dial(t, s.url, name)
		if err != nil {
			t.Fatal(err)
		}
		if f := p.ask("hello", map[string]any{"resume": map[string]any{"id": ada.session.ID, "key": key, "seq": 1}}); f.OK || f.Error.Code != "unauthorized" {
			t.Errorf("%q: got %s %+v", key, f.Data, f.Error)
		}
	}
	ada.must("hand.raise", map[string]any{})
}

func TestWhoLeavesIsGoneAtOnce(t *testing.T) {
	s := newSchool(t)
	name, teacher, invite := s.class(t)
	ada := enter(t, s.url, name, map[string]any{"invite": invite, "name": "Ada"})
	teacher.want("people.event", ada.self.Member)
	ada.must("room.leave", map[string]any{})
	ada.wantClose(1000)
	teacher.want("people.event", "left", ada.self.Member)
	p, _, err := dial(t, s.url, name)
	if err != nil {
		t.Fatal(err)
	}
	if f := p.ask("hello", map[string]any{"resume": map[string]any{"id": ada.session.ID, "key": ada.session.Key, "seq": 1}}); f.OK {
		t.Error("a session that has left goes on")
	}
}

func TestTheServerGoesDown(t *testing.T) {
	s := newSchool(t)
	name, teacher, invite := s.class(t)
	ada := enter(t, s.url, name, map[string]any{"invite": invite})
	silent, _, err := dial(t, s.url, name)
	if err != nil {
		t.Fatal(err)
	}
	s.Drain()
	s.rooms.Drain(5 * time.Second)
	for _, p := range []*pupil{teacher, ada} {
		p.want("sys.draining", `"in_ms":5000`)
	}
	if _, response, err := dial(t, s.url, name); err == nil || response.StatusCode != 503 {
		t.Errorf("got %v, %v; want 503", response, err)
	}
	s.Server.Close()
	for _, p := range []*pupil{teacher, ada, silent} {
		p.wantClose(1001)
	}
	s.rooms.Close()
	s.rooms.Close()
}

// The seat is kept for two minutes, the hand for ten.
func TestWhoWasAwayForLongComesBackAsHimself(t *testing.T) {
	var ahead atomic.Int64
	s := newSchool(t, func(_ *setup, o *classroom.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	name, teacher, invite := s.class(t)
	ada := enter(t, s.url, name, map[string]any{"invite": invite, "name": "Ada"})
	ada.must("hand.raise", map[string]any{})
	ada.cut()
	teacher.want("people.event", `"lost":true`)
	ahead.Add(int64(3 * time.Minute))
	teacher.want("people.event", "left", ada.self.Member)

	again, _, err := dial(t, s.url, name)
	if err != nil {
		t.Fatal(err)
	}
	again.session.Key = ""
	f := again.hello(map[string]any{"resume": map[string]any{"id": ada.session.ID, "key": ada.session.Key, "seq": ada.session.Seq}})
	if !strings.Contains(string(f.Data), `"snapshot":true`) || !strings.Contains(string(f.Data), `"raised":true`) || again.self.Member != ada.self.Member {
		t.Errorf("came back as %s: %s", again.self.Member, f.Data)
	}
	if again.session.Key == "" || again.session.ID == ada.session.ID {
		t.Error("there is no new session")
	}
	again.cut()
	teacher.want("people.event", `"lost":true`)
	ahead.Add(int64(20 * time.Minute))
	teacher.want("people.event", "left")
	late, _, err := dial(t, s.url, name)
	if err != nil {
		t.Fatal(err)
	}
	if f := late.ask("hello", map[string]any{"resume": map[string]any{"id": again.session.ID, "key": again.session.Key, "seq": 1}}); f.OK {
		t.Errorf("a session lives for ever: %s", f.Data)
	}
}

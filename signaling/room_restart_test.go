package signaling_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"lectern/internal/classroom"
	"lectern/internal/store"
)

// newStoredSchool is a server with what another one has left in a folder.
func newStoredSchool(t *testing.T, dir string) *school {
	t.Helper()
	s := newSchool(t, func(_ *setup, o *classroom.Options) {
		db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(dir, "rooms.db")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		o.Store = db
	})
	if err := s.rooms.Load(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Server.Close()
		s.rooms.Close()
	})
	return s
}

// stop ends a server as a shutdown does.
func (s *school) stop(t *testing.T) {
	t.Helper()
	s.Server.Close()
	s.rooms.Close()
	if s.store != nil {
		_ = s.store.Close()
	}
	s.engine.Close()
	s.router.Close()
}

func TestAClassGoesOnAfterARestart(t *testing.T) {
	dir := t.TempDir()
	before := newStoredSchool(t, dir)
	name, key, invite := before.room(t, `{"id":"math-7b","title":"Algebra"}`)
	teacher := enter(t, before.url, name, map[string]any{"invite": key, "name": "Ms Noether"})
	ada := enter(t, before.url, name, map[string]any{"invite": invite, "name": "Ada"})
	bob := enter(t, before.url, name, map[string]any{"invite": invite, "name": "Bob"})
	bob.must("hand.raise", map[string]any{})
	ada.must("hand.raise", map[string]any{})
	ada.must("chat.send", map[string]any{"text": "before the restart"})
	teacher.must("poll.start", map[string]any{"q": "Ready?", "options": []string{"yes", "no"}})
	teacher.must("people.kick", map[string]any{"member": bob.self.Member, "ban": "24h"})
	teacher.want("people.event", "left", bob.self.Member)
	before.stop(t)
	teacher.wantClose(1001)

	after := newStoredSchool(t, dir)
	for p, role := range map[*pupil]string{ada: "student", teacher: "teacher"} {
		again, _, err := dial(t, after.url, name)
		if err != nil {
			t.Fatal(err)
		}
		f := again.hello(map[string]any{"resume": map[string]any{"id": p.session.ID, "key": p.session.Key, "seq": p.session.Seq}})
		for _, want := range []string{`"resumed":true`, `"snapshot":true`, `"title":"Algebra"`, `"before the restart"`, `"Ready?"`} {
			if !strings.Contains(string(f.Data), want) {
				t.Errorf("%s: no %s in %s", role, want, f.Data)
			}
		}
		if again.self.Member != p.self.Member || again.self.Role != role {
			t.Errorf("came back as %+v, was %+v", again.self, p.self)
		}
		if role == "student" && !strings.Contains(string(f.Data), `"raised":true,"pos":1`) {
			t.Errorf("the hand is down: %s", f.Data)
		}
		again.must("chat.history", map[string]any{})
	}
	// The invite is as good as before.
	enter(t, after.url, name, map[string]any{"invite": invite, "name": "Eve"}).must("hand.raise", map[string]any{})
}

func TestWhatIsKeptOfAClassThatIsOver(t *testing.T) {
	dir := t.TempDir()
	s := newStoredSchool(t, dir)
	name, key, invite := s.room(t, "")
	teacher := enter(t, s.url, name, map[string]any{"invite": key, "name": "Ms Noether"})
	ada := enter(t, s.url, name, map[string]any{"invite": invite, "name": "=1+1"})
	for range 3 {
		ada.must("chat.send", map[string]any{"text": "line " + string(rune('a'+ada.last))})
	}
	teacher.must("poll.start", map[string]any{"q": "Ready?", "options": []string{"yes", "no"}, "correct": []int{0}})
	f := ada.want("poll.update", "Ready?")
	_, id, _ := strings.Cut(string(f.Data), `"poll":"`)
	id, _, _ = strings.Cut(id, `"`)
	ada.must("poll.vote", map[string]any{"poll": id, "choice": []int{0}})
	teacher.must("poll.close", map[string]any{"poll": id})

	bearer := []string{"Authorization", "Bearer " + teacher.session.ID + "." + teacher.session.Key}
	check := func(when string, headers ...string) {
		t.Helper()
		for path, want := range map[string]string{
			"attendance.csv":  "'=1+1,student,false,",
			"attendance.json": `"name":"=1+1"`,
			"chat.csv":        "'=1+1,student,,line ",
			"polls.csv":       "Ready?,'=1+1,yes,yes,1",
			"polls.json":      `"q":"Ready?"`,
		} {
			w := s.do("GET", "/api/v1/rooms/"+name+"/"+path, "", headers...)
			if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s, %s: %d %s, want %s", when, path, w.Code, w.Body, want)
			}
		}
	}
	check("while it goes on", bearer...)
	student := "Bearer " + ada.session.ID + "." + ada.session.Key
	if w := s.do("GET", "/api/v1/rooms/"+name+"/attendance.csv", "", "Authorization", student); w.Code != 403 {
		t.Errorf("a student takes the attendance home: %d", w.Code)
	}
	teacher.must("room.end", map[string]any{})
	ada.wantClose(4404)
	teacher.wantClose(4404)
	s.stop(t)
	s = newStoredSchool(t, dir)
	check("afterwards", "From", "127.0.0.1:1")

	if w := s.do("DELETE", "/api/v1/rooms/"+name, "", "From", "127.0.0.1:1"); w.Code != 204 {
		t.Errorf("DELETE: %d %s", w.Code, w.Body)
	}
	if w := s.do("GET", "/api/v1/rooms/"+name, ""); w.Code != 404 {
		t.Errorf("a room that was removed: %d", w.Code)
	}
}

func TestAnInviteIsUsedUp(t *testing.T) {
	dir := t.TempDir()
	s := newStoredSchool(t, dir)
	name, key, _ := s.room(t, "")
	teacher := enter(t, s.url, name, map[string]any{"invite": key})
	w := s.do("POST", "/api/v1/rooms/"+name+"/invites", `{"role":"assistant","name":"Emmy","uses":1}`, "Content-Type", "application/json", "From", "127.0.0.1:1")
	_, secret, _ := strings.Cut(w.Body.String(), "#i=")
	secret, _, _ = strings.Cut(secret, `"`)
	teacher.must("room.lock", map[string]any{"locked": true})
	emmy := enter(t, s.url, name, map[string]any{"invite": secret, "name": "somebody"})
	if emmy.self.Name != "Emmy" || emmy.self.Role != "assistant" {
		t.Errorf("came as %+v", emmy.self)
	}
	for _, url := range []func() string{func() string { return s.url }, func() string {
		s.stop(t)
		s = newStoredSchool(t, dir)
		return s.url
	}} {
		p, _, err := dial(t, url(), name)
		if err != nil {
			t.Fatal(err)
		}
		if f := p.ask("hello", map[string]any{"invite": secret}); f.OK || f.Error.Code != "unauthorized" {
			t.Errorf("used twice: %s %+v", f.Data, f.Error)
		}
	}
}

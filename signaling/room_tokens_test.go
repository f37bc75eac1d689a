package signaling_test

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"lectern/internal/auth"
	"lectern/internal/classroom"
	"lectern/internal/store"
	"lectern/signaling"
)

// guarded is a school with tokens of a signer, and an owner who takes them back.
type guarded struct {
	*school
	keys *auth.Keys
	at   *clock // of tokens and rooms
}

var signer = []byte("a secret of thirty-two characters, no less")

func newGuarded(t *testing.T, configure ...func(*setup, *classroom.Options)) *guarded {
	t.Helper()
	g := &guarded{at: &clock{at: time.Now()}}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	g.school = newSchool(t, func(o *setup, rooms *classroom.Options) {
		kept, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "rooms.db")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = kept.Close() })
		if g.keys, err = auth.NewKeys(t.Context(), kept, nil); err != nil {
			t.Fatal(err)
		}
		ring, err := auth.New(auth.Options{
			First: firstKey, Ledgers: []auth.Ledger{g.keys}, JWT: []auth.JWT{{Alg: "HS256", Key: signer}}, Now: g.at.now,
		})
		if err != nil {
			t.Fatal(err)
		}
		sessions := auth.NewSessions(ring, nil)
		running.Go(func() { sessions.Run(ctx) })
		o.Authorizer, o.Owner = sessions, &signaling.Owner{Keys: g.keys, Sessions: sessions}
		rooms.Store, rooms.Now = kept, g.at.now
		for _, f := range configure {
			f(o, rooms)
		}
	})
	t.Cleanup(func() { // before the rooms and the store are closed
		cancel()
		running.Wait()
		g.Server.Close()
		g.rooms.Close()
	})
	return g
}

// token signs what somebody may in the room "math".
func (g *guarded) token(t *testing.T, sub, role string, lasts time.Duration, more ...any) string {
	t.Helper()
	now := g.at.now()
	claims := jwt.MapClaims{"sub": sub, "room": "math", "role": role, "iat": now.Unix(), "exp": now.Add(lasts).Unix()}
	for i := 0; i < len(more); i += 2 {
		claims[more[i].(string)] = more[i+1]
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(signer)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (g *guarded) sessions(t *testing.T) []auth.Live {
	t.Helper()
	w := g.do("GET", "/api/v1/sessions", "", bearerOf(firstKey)...)
	var list struct{ Sessions []auth.Live }
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
		t.Fatal(err, w.Body)
	}
	return list.Sessions
}

func TestTheOwnerSeesAndEndsSessionsInRooms(t *testing.T) {
	g := newGuarded(t)
	teacher := enter(t, g.url, "math", map[string]any{"token": g.token(t, "noether", "teacher", time.Hour)})
	_, invite, err := g.rooms.Invite(t.Context(), classroom.Invite{Room: "math", Role: "student", Uses: -1})
	if err != nil {
		t.Fatal(err)
	}
	g.at.advance(time.Second) // the list is in the order of coming
	g.clock.advance(time.Second)
	ada := enter(t, g.url, "math", map[string]any{"invite": invite, "name": "Ada"})
	list := g.sessions(t)
	if len(list) != 2 || list[0].ID != teacher.session.ID || list[0].Sub != "noether" || list[0].Protocol != "room" || list[0].Stream != "math" ||
		list[1].Name != "Ada" || !list[1].Remote.IsLoopback() {
		t.Fatalf("sessions: %+v", list)
	}
	if w := g.do("DELETE", "/api/v1/sessions/"+ada.session.ID, "", bearerOf(firstKey)...); w.Code != http.StatusNoContent {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	ada.want("session.ended", `"revoked"`)
	ada.wantClose(4403)
	g.at.advance(time.Second) // who comes and goes is told in numbers
	teacher.want("people.event", `"left"`, ada.self.Member)
	if list := g.sessions(t); len(list) != 1 {
		t.Errorf("sessions after the end of one: %+v", list)
	}
	// What is over is not resumed.
	again, _, err := dial(t, g.url, "math")
	if err != nil {
		t.Fatal(err)
	}
	if f := again.ask("hello", map[string]any{"resume": map[string]any{"id": ada.session.ID, "key": ada.session.Key, "seq": 1}}); f.OK {
		t.Errorf("resumed: %s", f.raw)
	}
}

func TestWhatIsTakenBackEndsTheSeat(t *testing.T) {
	for what, take := range map[string]func(g *guarded) (hello map[string]any, back func() error){
		"a denied token": func(g *guarded) (map[string]any, func() error) {
			return map[string]any{"token": g.token(t, "noether", "teacher", time.Hour, "jti", "t1")}, func() error {
				return g.keys.Deny(t.Context(), "t1", time.Time{})
			}
		},
		"a revoked key": func(g *guarded) (map[string]any, func() error) {
			id, secret, err := g.keys.Add(t.Context(), auth.Issued{Can: []auth.Action{auth.Admin}})
			if err != nil {
				t.Fatal(err)
			}
			return map[string]any{"token": secret}, func() error { return g.keys.Revoke(t.Context(), id.ID) }
		},
	} {
		t.Run(what, func(t *testing.T) {
			g := newGuarded(t)
			hello, back := take(g)
			if err := g.rooms.Make(t.Context(), g.rooms.Fresh("math")); err != nil {
				t.Fatal(err)
			}
			p := enter(t, g.url, "math", hello)
			watcher := enter(t, g.url, "math", map[string]any{"token": g.token(t, "ada", "student", time.Hour)})
			if err := back(); err != nil {
				t.Fatal(err)
			}
			taken := time.Now()
			p.want("session.ended", `"revoked"`)
			p.wantClose(4403)
			watcher.want("seat.set", `"free"`)
			if took := time.Since(taken); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// A token's exp bounds coming in: a class does not lose its teacher by it.
func TestASessionOutlastsItsToken(t *testing.T) {
	g := newGuarded(t)
	ada := enter(t, g.url, "math", map[string]any{"token": g.token(t, "ada", "assistant", 24*time.Hour)})
	token := g.token(t, "noether", "teacher", time.Minute, "jti", "t1")
	teacher, _, err := dial(t, g.url, "math")
	if err != nil {
		t.Fatal(err)
	}
	var welcome struct{ Session struct{ Expires time.Time } }
	if err := json.Unmarshal(teacher.hello(map[string]any{"token": token}).Data, &welcome); err != nil {
		t.Fatal(err)
	}
	if left := welcome.Session.Expires.Sub(g.at.now()); left < 58*time.Second || left > time.Minute {
		t.Errorf("it expires in %v, want a minute", left)
	}
	g.at.advance(2 * time.Hour)
	ada.must("chat.send", map[string]any{"text": "still here?"})
	teacher.want("chat.message", "still here?")
	teacher.must("room.lock", map[string]any{"locked": true}) // as a teacher

	// The session is resumed by its key, and comes back to its place when that was given up.
	teacher.cut()
	again := teacher.resume(g.url, "math")
	if again.self.Member != teacher.self.Member || !again.session.Resumed {
		t.Errorf("came back as %+v", again.self)
	}
	again.must("room.lock", map[string]any{"locked": false})
	again.cut()
	for !strings.Contains(string(ada.must("people.list", map[string]any{})), `"lost":true`) {
		g.at.advance(100 * time.Millisecond) // requests are limited
	}
	g.at.advance(3 * time.Minute)
	ada.want("people.event", `"left"`, teacher.self.Member)
	again = again.resume(g.url, "math")
	again.must("room.lock", map[string]any{"locked": true})
	again.must("room.lock", map[string]any{"locked": false})

	// Nobody comes in by the old token.
	for what, hello := range map[string]map[string]any{
		"anew":                 {"token": token},
		"in the other's place": {"token": token, "takeover": true},
		"with a wrong key":     {"token": token, "resume": map[string]any{"id": teacher.session.ID, "key": "wrong", "seq": 1}},
	} {
		stranger, _, err := dial(t, g.url, "math")
		if err != nil {
			t.Fatal(err)
		}
		if f := stranger.ask("hello", hello); f.OK || f.Error.Code != "token_expired" {
			t.Errorf("%s: got %s %+v, want token_expired", what, f.Data, f.Error)
		}
		stranger.wantClose(4401)
	}

	// What is taken back ends it all the same.
	if err := g.keys.Deny(t.Context(), "t1", time.Time{}); err != nil {
		t.Fatal(err)
	}
	again.want("session.ended", `"revoked"`)
	again.wantClose(4403)
}

// What a token shows besides the room it shows while it is good.
func TestATokenThatIsOverBringsNoStreamThatNeedsOne(t *testing.T) {
	g := newGuarded(t, func(o *setup, rooms *classroom.Options) {
		ring, err := auth.New(auth.Options{ClosedWatch: true, JWT: []auth.JWT{{Alg: "HS256", Key: signer}}, Now: rooms.Now})
		if err != nil {
			t.Fatal(err)
		}
		o.Authorizer = ring
	})
	token := func(lasts time.Duration) string {
		return g.token(t, "noether", "teacher", lasts, "stream", []string{"live/*"}, "can", []string{"watch"})
	}
	teacher := enter(t, g.url, "math", map[string]any{"token": token(time.Minute)})
	bring := map[string]any{"stream": "live/demo", "seat": 0}
	teacher.must("stage.bring", bring)
	teacher.must("stage.remove", map[string]any{"seat": 0})
	g.at.advance(2 * time.Minute)
	teacher.refused("stage.bring", bring, "forbidden")
	teacher.must("token.refresh", map[string]any{"token": token(time.Minute)})
	teacher.must("stage.bring", bring)
}

func TestANewerTokenGoesOn(t *testing.T) {
	g := newGuarded(t)
	teacher := enter(t, g.url, "math", map[string]any{"token": g.token(t, "noether", "teacher", time.Hour)})
	ada := enter(t, g.url, "math", map[string]any{"token": g.token(t, "ada", "student", time.Minute)})
	for code, token := range map[string]string{
		"forbidden":     g.token(t, "eve", "teacher", time.Hour),
		"unauthorized":  "nonsense",
		"token_expired": g.token(t, "ada", "student", -time.Minute),
		"bad_request":   "",
	} {
		ada.refused("token.refresh", map[string]any{"token": token}, code)
		g.at.advance(time.Second) // they are limited
	}
	var reply struct {
		Role    string
		Caps    []string
		Expires time.Time
	}
	if err := json.Unmarshal(ada.must("token.refresh", map[string]any{"token": g.token(t, "ada", "assistant", time.Hour)}), &reply); err != nil {
		t.Fatal(err)
	}
	if reply.Role != "assistant" || !reply.Expires.After(g.at.now().Add(50*time.Minute)) || len(reply.Caps) == 0 {
		t.Errorf("the reply is %+v", reply)
	}
	g.at.advance(2 * time.Minute)
	teacher.must("chat.send", map[string]any{"text": "the minute is over"})
	ada.want("chat.message", "the minute is over")

	ada.must("token.refresh", map[string]any{"token": g.token(t, "ada", "student", time.Hour)})
	ada.refused("room.lock", map[string]any{"locked": true}, "forbidden")

	_, invite, err := g.rooms.Invite(t.Context(), classroom.Invite{Room: "math", Role: "student", Uses: -1})
	if err != nil {
		t.Fatal(err)
	}
	bob := enter(t, g.url, "math", map[string]any{"invite": invite, "name": "Bob"})
	bob.refused("token.refresh", map[string]any{"token": g.token(t, "bob", "teacher", time.Hour)}, "bad_state")
}

// What a session rests on is known after a restart, though the token is not.
func TestWhatIsTakenBackEndsTheSessionAfterARestart(t *testing.T) {
	at := &clock{at: time.Now()}
	var keys *auth.Keys
	var kept *store.Store
	var sessions *auth.Sessions
	dir := t.TempDir()
	start := func() *guarded {
		g := &guarded{at: at}
		g.school = newSchool(t, func(o *setup, rooms *classroom.Options) {
			var err error
			if kept, err = store.Open(t.Context(), store.Options{Path: filepath.Join(dir, "rooms.db"), Now: at.now}); err != nil {
				t.Fatal(err)
			}
			if keys, err = auth.NewKeys(t.Context(), kept, nil); err != nil {
				t.Fatal(err)
			}
			ring, err := auth.New(auth.Options{First: firstKey, Ledgers: []auth.Ledger{keys}, JWT: []auth.JWT{{Alg: "HS256", Key: signer}}, Now: at.now})
			if err != nil {
				t.Fatal(err)
			}
			sessions = auth.NewSessions(ring, nil)
			o.Authorizer, o.Owner = sessions, &signaling.Owner{Keys: keys, Sessions: sessions}
			rooms.Store, rooms.Now = kept, at.now
		})
		g.store = kept
		if err := g.rooms.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		return g
	}
	before := start()
	enter(t, before.url, "math", map[string]any{"token": before.token(t, "noether", "teacher", time.Hour)})
	ada := enter(t, before.url, "math", map[string]any{"token": before.token(t, "ada", "student", time.Minute, "jti", "a")})
	bob := enter(t, before.url, "math", map[string]any{"token": before.token(t, "bob", "student", time.Hour, "jti", "b")})
	before.stop(t)

	after := start()
	t.Cleanup(func() {
		after.Server.Close()
		after.rooms.Close()
		_ = kept.Close()
	})
	resume := func(p *pupil) *pupil {
		return enter(t, after.url, "math", map[string]any{"resume": map[string]any{"id": p.session.ID, "key": p.session.Key, "seq": p.session.Seq}})
	}
	at.advance(2 * time.Minute) // ada's token is over
	ada, bob = resume(ada), resume(bob)
	if list := after.sessions(t); len(list) != 2 {
		t.Errorf("sessions after the restart: %+v", list)
	}
	for _, id := range []string{"a", "b"} {
		if err := keys.Deny(t.Context(), id, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	sessions.Recheck(t.Context())
	ada.want("session.ended", `"revoked"`)
	bob.want("session.ended", `"revoked"`)
}

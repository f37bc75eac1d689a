package signaling_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"lectern/internal/classroom"
	"lectern/signaling"
)

func TestAClassFromHandToStage(t *testing.T) {
	s := newSchool(t)
	name, teacher, invite := s.class(t)
	if teacher.self.Role != "teacher" {
		t.Fatalf("the teacher is %+v", teacher.self)
	}
	ada := enter(t, s.url, name, map[string]any{"invite": invite, "name": "Ada"})
	bob := enter(t, s.url, name, map[string]any{"invite": invite, "name": "Bob"})
	if ada.self.Role != "student" || ada.self.Name != "Ada" {
		t.Fatalf("Ada is %+v", ada.self)
	}

	ada.must("chat.send", map[string]any{"text": "hello <b>all</b>", "nonce": "1"})
	for _, p := range []*pupil{teacher, bob} {
		f := p.want("chat.message", `"name":"Ada"`)
		if strings.Contains(string(f.Data), "<b>") || f.Seq == 0 {
			t.Errorf("got %d %s", f.Seq, f.Data)
		}
	}

	ada.must("hand.raise", map[string]any{})
	teacher.want("hand.update", ada.self.Member)
	bob.refused("stage.invite", map[string]any{"member": ada.self.Member}, "forbidden")
	teacher.must("stage.invite", map[string]any{"member": ada.self.Member})
	ada.want("stage.invited", "Ms Noether")
	var seat struct{ Seat int }
	if err := json.Unmarshal(ada.must("stage.accept", map[string]any{}), &seat); err != nil || seat.Seat == 0 {
		t.Errorf("seat %+v, %v", seat, err)
	}
	bob.want("seat.set", ada.self.Member, fmt.Sprintf(`"seat":%d`, seat.Seat), "reserved")
	ada.must("stage.leave", map[string]any{})
	bob.want("seat.set", "free")

	teacher.must("people.kick", map[string]any{"member": ada.self.Member, "ban": "class", "reason": "enough"})
	ada.wantClose(4403)
	late := enter(t, s.url, name, map[string]any{"invite": invite, "name": "Late"})
	f := late.ask("chat.history", map[string]any{})
	if !f.OK || !strings.Contains(string(f.Data), "hello") {
		t.Errorf("got %s %+v", f.Data, f.Error)
	}
	teacher.must("room.end", map[string]any{})
	for _, p := range []*pupil{teacher, bob, late} {
		p.wantClose(4404)
	}
}

func TestEveryRequestHasOneReply(t *testing.T) {
	s := newSchool(t)
	_, teacher, _ := s.class(t)
	teacher.refused("no.such", map[string]any{}, "unsupported")
	teacher.refused("hello", map[string]any{}, "unsupported")
	teacher.refused("chat.send", map[string]any{"text": 5}, "bad_request")
	teacher.refused("chat.send", map[string]any{"text": ""}, "bad_request")
	teacher.refused("rtc.offer", map[string]any{"pc": "sub", "sdp": "v=0"}, "unavailable")
	teacher.send(map[string]any{"type": "chat.send", "data": map[string]any{"text": "without an id"}})
	if f := teacher.want("chat.message", "without an id"); f.Re != 0 {
		t.Errorf("got %+v", f)
	}
}

func TestWhoMayEnter(t *testing.T) {
	s := newSchool(t, func(o *setup, _ *classroom.Options) { o.Authorizer = keys(t, true) })
	w := s.do("POST", "/api/v1/rooms", "", "From", "192.0.2.7:1")
	if w.Code != 401 {
		t.Fatalf("anybody makes rooms: %d", w.Code)
	}
	name, _, student := s.room(t, "")
	open, _, _ := s.room(t, `{"id":"open","guests":true}`)
	locked, _, _ := s.room(t, `{"id":"locked","password":"sesame"}`)
	for _, c := range []struct {
		room  string
		hello map[string]any
		code  string
		close int
	}{
		{name, map[string]any{}, "unauthorized", 4401},
		{name, map[string]any{"guest": true, "name": "X"}, "unauthorized", 4401},
		{name, map[string]any{"invite": "nonsense"}, "unauthorized", 4401},
		{name, map[string]any{"token": "nonsense"}, "unauthorized", 4401},
		{name, map[string]any{"token": "alice-key"}, "forbidden", 4403},
		{name, map[string]any{"resume": map[string]any{"id": "s_x", "key": "y", "seq": 1}}, "unauthorized", 4401},
		{name, map[string]any{"name": 5}, "bad_request", 4400},
		{open, map[string]any{"invite": student}, "unauthorized", 4401},
		{"none", map[string]any{"guest": true}, "not_found", 4404},
		{locked, map[string]any{"guest": true}, "unauthorized", 4401},
		{locked, map[string]any{"password": "please"}, "unauthorized", 4401},
	} {
		p, _, err := dial(t, s.url, c.room)
		if err != nil {
			t.Fatal(err)
		}
		if f := p.ask("hello", c.hello); f.OK || f.Error.Code != c.code {
			t.Errorf("%s %v: got %s %+v, want %s", c.room, c.hello, f.Data, f.Error, c.code)
		}
		p.wantClose(c.close)
	}
	for room, hello := range map[string]map[string]any{
		name: {"invite": student}, open: {"guest": true, "name": "Guest"}, locked: {"password": "sesame"},
	} {
		p, _, err := dial(t, s.url, room)
		if err != nil {
			t.Fatal(err)
		}
		f := p.hello(hello)
		if !strings.Contains(string(f.Data), `"state":"waiting"`) { // nobody of the staff is there yet
			t.Errorf("%s: got %s", room, f.Data)
		}
	}
}

func TestTheFirstMessageIsHello(t *testing.T) {
	s := newSchool(t)
	name, _, _ := s.room(t, "")
	for _, first := range []string{`{"id":1,"type":"chat.send","data":{}}`, `nonsense`, `[]`, `{"type":"pong"}`, `{}`} {
		p, _, err := dial(t, s.url, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.conn.WriteMessage(1, []byte(first)); err != nil {
			t.Fatal(err)
		}
		p.wantClose(4400)
	}
	p, _, err := dial(t, s.url, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.conn.WriteMessage(2, []byte(`{"id":1,"type":"hello"}`)); err != nil {
		t.Fatal(err)
	}
	p.wantClose(4400)
}

// T14 of what must hold.
func TestOriginsOfOthersAreRefused(t *testing.T) {
	s := newSchool(t, func(o *setup, _ *classroom.Options) {
		o.CORSOrigins = []string{"https://school.example"}
	})
	name, _, _ := s.room(t, "")
	host := strings.TrimPrefix(s.url, "http://")
	for origin, want := range map[string]int{
		"":                                 0, // missing
		"null":                             0,
		"https://evil.example":             0,
		"http://" + host + ".evil.example": 0,
		"http://evil.example/" + host:      0,
		"http://" + host + "@evil.example": 0,
		"http://user@" + host:              0,
		"http://" + host + "/":             0,
		"http://127.0.0.1":                 0, // another port
		"http://localhost:" + host[strings.LastIndex(host, ":")+1:]: 0, // another name
		"file://" + host:                  0,
		"https://school.example.evil.org": 0,
		"http://school.example":           0,
		"https://school.example":          101,
		"http://" + host:                  101,
		"https://" + host:                 101, // a proxy ends TLS
	} {
		_, response, err := dial(t, s.url, name, "Origin", origin)
		switch {
		case want == 101 && err != nil:
			t.Errorf("%q: %v", origin, err)
		case want == 0 && (err == nil || response == nil || response.StatusCode != 403):
			t.Errorf("%q: got %v, %v; want 403", origin, response, err)
		}
	}
}

func TestEveryOriginIsNoneForRooms(t *testing.T) {
	s := newSchool(t, func(o *setup, _ *classroom.Options) { o.CORSOrigins = []string{"*"} })
	name, _, _ := s.room(t, "")
	if _, _, err := dial(t, s.url, name, "Origin", "https://evil.example"); err == nil {
		t.Error("* lets every page in")
	}
}

func TestWhatIsNoWebSocketOfOursIsToldSo(t *testing.T) {
	s := newSchool(t, func(o *setup, _ *classroom.Options) {
		o.Limits = signaling.Limits{Sockets: 2, Watch: signaling.Rate{PerSecond: -1}}
	})
	name, _, _ := s.room(t, "")
	for _, protocol := range []string{"none", "room.v2", "chat, room.v1x"} {
		_, response, err := dial(t, s.url, name, "Sec-WebSocket-Protocol", protocol)
		if err == nil || response.StatusCode != 400 {
			t.Errorf("%s: got %v, %v", protocol, response, err)
		}
	}
	p, response, err := dial(t, s.url, name, "Sec-WebSocket-Protocol", "room.v2, room.v1")
	if err != nil || response.Header.Get("Sec-WebSocket-Protocol") != "room.v1" || response.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Errorf("got %v, %v", response, err)
	}
	if w := s.do("GET", "/api/v1/rooms/"+name+"/ws", ""); w.Code != 426 || w.Header().Get("Upgrade") != "websocket" {
		t.Errorf("status %d", w.Code)
	}
	if w := s.do("GET", "/api/v1/rooms/a..b/ws", ""); w.Code != 400 {
		t.Errorf("status %d", w.Code)
	}
	if _, _, err := dial(t, s.url, name); err != nil {
		t.Error(err)
	}
	if _, response, err := dial(t, s.url, name); err == nil || response.StatusCode != 429 {
		t.Errorf("a third connection: %v, %v", response, err)
	}
	p.cut()
}

func TestPasswordsAreNotGuessed(t *testing.T) {
	s := newSchool(t)
	name, _, _ := s.room(t, `{"password":"sesame"}`)
	tries := 0
	for ; tries < 20; tries++ {
		p, _, err := dial(t, s.url, name)
		if err != nil {
			t.Fatal(err)
		}
		f := p.ask("hello", map[string]any{"password": "guess"})
		if f.Error.Code == "rate_limited" && f.Error.RetryAfterMS > 0 {
			p.wantClose(4429)
			break
		}
		p.wantClose(4401)
	}
	if tries != 10 {
		t.Errorf("%d wrong passwords were tried, want 10", tries)
	}
	s.clock.advance(time.Minute)
	enter(t, s.url, name, map[string]any{"password": "sesame"})
}

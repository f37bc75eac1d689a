package signaling_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"lectern/internal/classroom"
	"lectern/internal/store"
	"lectern/signaling"
)

// school is a server with rooms on a real port.
type school struct {
	*lab
	rooms *classroom.Rooms
	url   string // http://127.0.0.1:PORT
	store *store.Store
}

func newSchool(t testing.TB, configure ...func(*setup, *classroom.Options)) *school {
	t.Helper()
	s := &school{}
	s.lab = newLab(t, func(o *setup) {
		var rooms classroom.Options
		o.Limits.Watch = signaling.Rate{PerSecond: -1}
		for _, f := range configure {
			f(o, &rooms)
		}
		s.rooms, s.store = classroom.New(rooms), rooms.Store
		o.Rooms = s.rooms
	})
	t.Cleanup(s.rooms.Close)
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	t.Cleanup(s.Server.Close)
	s.url = server.URL
	return s
}

// pupil is a client of room.v1, as plain as a script would be.
type pupil struct {
	t       testing.TB
	conn    *websocket.Conn
	session struct {
		ID, Key string
		Seq     uint64
		Resumed bool
	}
	self struct {
		Member, Name, Role string
		Caps               []string
	}
	writing sync.Mutex
	last    uint64 // id
	in      chan *frame
	err     error // why in was closed
	stopped atomic.Bool
}

// frame is any message of the server's.
type frame struct {
	Re    uint64
	OK    bool
	Seq   uint64
	Type  string
	Data  json.RawMessage
	Error struct {
		Code, Message string
		RetryAfterMS  int64 `json:"retry_after_ms"`
		Field, Hint   string
	}
	raw   []byte
	whole any // all of it
}

// dial opens a WebSocket as a page of the server does.
func dial(t testing.TB, url, room string, headers ...string) (*pupil, *http.Response, error) {
	t.Helper()
	h := http.Header{"Origin": {url}}
	for i := 0; i < len(headers); i += 2 {
		h.Del(headers[i])
		if headers[i+1] != "" {
			h.Set(headers[i], headers[i+1])
		}
	}
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second}
	if protocol := h.Get("Sec-WebSocket-Protocol"); protocol == "" {
		h.Set("Sec-WebSocket-Protocol", "room.v1")
	} else if protocol == "none" {
		h.Del("Sec-WebSocket-Protocol")
	}
	conn, response, err := dialer.Dial("ws"+strings.TrimPrefix(url, "http")+"/api/v1/rooms/"+room+"/ws", h)
	if err != nil {
		return nil, response, err
	}
	p := &pupil{t: t, conn: conn, in: make(chan *frame, 8192)}
	go p.read()
	t.Cleanup(func() { _ = conn.Close() })
	return p, response, nil
}

func (p *pupil) read() {
	defer close(p.in)
	for {
		if p.stopped.Load() {
			<-p.t.Context().Done()
			return
		}
		var f frame
		if _, f.raw, p.err = p.conn.ReadMessage(); p.err != nil {
			return
		}
		if p.err = errors.Join(json.Unmarshal(f.raw, &f), json.Unmarshal(f.raw, &f.whole)); p.err != nil {
			return
		}
		if f.Type == "ping" {
			p.send(map[string]any{"type": "pong"})
			continue
		}
		p.in <- &f
	}
}

func (p *pupil) send(v any) {
	p.writing.Lock()
	defer p.writing.Unlock()
	_ = p.conn.WriteJSON(v) // the reader finds out
}

// enter opens a connection and says hello.
func enter(t testing.TB, url, room string, hello map[string]any) *pupil {
	t.Helper()
	p, _, err := dial(t, url, room)
	if err != nil {
		t.Fatal(err)
	}
	p.hello(hello)
	return p
}

func (p *pupil) hello(hello map[string]any) frame {
	p.t.Helper()
	f := p.ask("hello", hello)
	if !f.OK {
		p.t.Fatalf("hello %v: %+v", hello, f.Error)
	}
	var welcome struct {
		Session any
		Self    any
	}
	welcome.Session, welcome.Self = &p.session, &p.self
	if err := json.Unmarshal(f.Data, &welcome); err != nil {
		p.t.Fatal(err)
	}
	return f
}

// ask sends a request and returns the reply; events before it are dropped.
func (p *pupil) ask(typ string, data any) frame {
	p.t.Helper()
	p.last++
	p.send(map[string]any{"id": p.last, "type": typ, "data": data})
	return p.until("the reply to "+typ, func(f frame) bool { return f.Re == p.last })
}

// must asks and wants a yes.
func (p *pupil) must(typ string, data any) json.RawMessage {
	p.t.Helper()
	f := p.ask(typ, data)
	if !f.OK {
		p.t.Fatalf("%s %v: %+v", typ, data, f.Error)
	}
	return f.Data
}

// refused asks and wants a refusal with a code.
func (p *pupil) refused(typ string, data any, code string) {
	p.t.Helper()
	if f := p.ask(typ, data); f.OK || f.Error.Code != code {
		p.t.Errorf("%s %v: got %s %+v, want %s", typ, data, f.Data, f.Error, code)
	}
}

// want waits for an event that has all of some texts in its data.
func (p *pupil) want(typ string, texts ...string) frame {
	p.t.Helper()
	return p.until(typ+" "+strings.Join(texts, " "), func(f frame) bool {
		if f.Type != typ {
			return false
		}
		for _, text := range texts {
			if !strings.Contains(string(f.Data), text) {
				return false
			}
		}
		return true
	})
}

func (p *pupil) until(what string, good func(frame) bool) frame {
	p.t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	var seen []string
	for {
		select {
		case f, ok := <-p.in:
			if !ok {
				p.t.Fatalf("waiting for %s: the connection has ended: %v; got %q", what, p.err, seen)
			}
			p.session.Seq = max(p.session.Seq, f.Seq)
			if good(*f) {
				return *f
			}
			seen = append(seen, f.Type)
			seen = seen[max(0, len(seen)-8):]
		case <-late.C:
			p.t.Fatalf("waiting for %s: nothing comes; got %q", what, seen)
		}
	}
}

// wantClose waits for the end of the connection.
func (p *pupil) wantClose(codes ...int) {
	p.t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for {
		select {
		case _, ok := <-p.in:
			if ok {
				continue
			}
			got := (*websocket.CloseError)(nil)
			if !errors.As(p.err, &got) {
				p.t.Errorf("ended with %v, want %v", p.err, codes)
				return
			}
			for _, code := range codes {
				if got.Code == code {
					return
				}
			}
			p.t.Errorf("closed with %d %q, want %v", got.Code, got.Text, codes)
			return
		case <-late.C:
			p.t.Errorf("not closed, want %v", codes)
			return
		}
	}
}

// deaf makes the client read nothing any more, after at most one message.
func (p *pupil) deaf() { p.stopped.Store(true) }

// cut breaks the connection without a word.
func (p *pupil) cut() {
	_ = p.conn.NetConn().Close()
	for range p.in {
	}
}

// room makes a room with a teacher's and a student's invite.
func (s *school) room(t testing.TB, body string) (name, teacher, student string) {
	t.Helper()
	w := s.do("POST", "/api/v1/rooms", body, "Content-Type", "application/json", "From", "127.0.0.1:50000")
	var made struct {
		Name  string
		Links struct{ Teacher, Student string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || w.Code != http.StatusCreated {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	_, teacher, _ = strings.Cut(made.Links.Teacher, "#i=")
	_, student, _ = strings.Cut(made.Links.Student, "#i=")
	return made.Name, teacher, student
}

// class is a room with a teacher in it.
func (s *school) class(t testing.TB) (name string, teacher *pupil, student string) {
	t.Helper()
	name, key, student := s.room(t, "")
	return name, enter(t, s.url, name, map[string]any{"invite": key, "name": "Ms Noether"}), student
}

// people is an Authorizer whose tokens are the names of students.
type people struct{}

func (people) Decide(_ context.Context, r signaling.Access) (signaling.Grant, error) {
	if r.Token == "" && !r.Loopback {
		return signaling.Grant{}, signaling.ErrNoToken
	}
	if r.Token == "" {
		return signaling.Grant{Identity: "loopback", Room: r.Room, Role: "teacher"}, nil
	}
	return signaling.Grant{Identity: "sub:" + r.Token, Sub: r.Token, Name: strings.ToUpper(r.Token), Room: r.Room, Role: "student"}, nil
}

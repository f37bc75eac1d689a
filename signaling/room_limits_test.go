package signaling_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"lectern/internal/classroom"
	"lectern/internal/limit"
)

func TestAFloodOfPingsEndsTheConnection(t *testing.T) {
	s := newSchool(t)
	name, teacher, invite := s.class(t)
	witness := enter(t, s.url, name, map[string]any{"invite": invite})
	for _, kind := range []int{websocket.PingMessage, websocket.PongMessage} {
		flood := enter(t, s.url, name, map[string]any{"invite": invite})
		for range 1000 {
			if flood.conn.WriteControl(kind, []byte("x"), time.Now().Add(time.Second)) != nil {
				break
			}
		}
		flood.wantClose(4429)
	}
	s.wantUnharmed(t, teacher, witness, "calm again")
	if hits := s.Stats().Limits[limit.RoomFlood]; hits != 2 {
		t.Errorf("counted %d times, want 2", hits)
	}
}

func TestLimitsOfRoomsAreCounted(t *testing.T) {
	s := newSchool(t)
	name, _, invite := s.class(t)
	ada := enter(t, s.url, name, map[string]any{"invite": invite})
	refused := uint64(0)
	for i := range 8 {
		if f := ada.ask("chat.send", map[string]any{"text": fmt.Sprint("line ", i)}); f.Error.Code == "rate_limited" {
			refused++
		}
	}
	if hits := s.Stats().Limits[limit.RoomChat]; hits != refused || refused == 0 {
		t.Errorf("chat: counted %d of %d", hits, refused)
	}
}

func TestOneLinkFromOneAddressFillsNoRoom(t *testing.T) {
	s := newSchool(t, func(_ *setup, o *classroom.Options) { o.MaxPeople = 6 })
	name, _, invite := s.class(t)
	for range 4 {
		enter(t, s.url, name, map[string]any{"invite": invite})
	}
	p, _, err := dial(t, s.url, name)
	if err != nil {
		t.Fatal(err)
	}
	if f := p.ask("hello", map[string]any{"invite": invite}); f.Error.Code != "room_full" || f.Error.Hint != "origin" {
		t.Errorf("got %s", f.raw)
	}
	p.wantClose(4403)
	if hits := s.Stats().Limits[limit.RoomLink]; hits != 1 {
		t.Errorf("counted %d times, want 1", hits)
	}
}

func TestTheListHasTheRoomsOfItsTeacher(t *testing.T) {
	g := newGuarded(t)
	for _, name := range []string{"math-1", "math-2", "physics"} {
		if err := g.rooms.Make(t.Context(), g.rooms.Fresh(name)); err != nil {
			t.Fatal(err)
		}
	}
	for token, want := range map[string]int{
		g.token(t, "noether", "teacher", time.Hour, "room", "", "rooms", []string{"math-*"}): 2,
		g.token(t, "ada", "student", time.Hour, "room", "", "rooms", []string{"*"}):          0,
		firstKey: 3,
	} {
		w := g.do("GET", "/api/v1/rooms", "", bearerOf(token)...)
		var list struct{ Rooms []struct{ Name string } }
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != 200 || len(list.Rooms) != want {
			t.Errorf("%d %s, want %d rooms", w.Code, w.Body, want)
		}
	}
}

package signaling_test

import (
	"fmt"
	"testing"

	"lectern/internal/classroom"
)

// A page whose name leads to this machine is not this machine's user.
func TestANameThatLeadsHereIsNotThisMachine(t *testing.T) {
	s := newSchool(t, func(o *setup, _ *classroom.Options) { o.Authorizer = keys(t, true) })
	name, _, _ := s.room(t, "")
	for host, want := range map[string]int{
		"127.0.0.1:8080":        200,
		"[::1]:8080":            200,
		"localhost:8080":        200,
		"localhost.":            200,
		"lectern.localhost":     200,
		"classroom-3:8080":      200,
		"classroom-3.local":     200,
		"attacker.example:8080": 401,
		"127.0.0.1.example":     401,
		"attacker.example.":     401,
	} {
		w := s.do("GET", "/api/v1/rooms/"+name+"/chat.csv", "", "From", "127.0.0.1:1", "Host", host)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", host, w.Code, want)
		}
	}
}

func TestAnInviteShowsNoStreamThatNeedsAKey(t *testing.T) {
	for _, closed := range []bool{true, false} {
		t.Run(fmt.Sprint("closed ", closed), func(t *testing.T) {
			s := newSchool(t, func(o *setup, _ *classroom.Options) { o.Authorizer = keys(t, closed) })
			name, key, _ := s.room(t, "")
			teacher := enter(t, s.url, name, map[string]any{"invite": key})
			if f := teacher.ask("stage.bring", map[string]any{"stream": "live/demo", "seat": 0}); f.OK == closed {
				t.Errorf("got %+v", f.Error)
			}
		})
	}
}

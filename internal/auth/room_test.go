package auth

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPlacesInRooms(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	signer := JWT{Alg: "HS256", Key: []byte(strings.Repeat("k", 32))}
	ring, err := New(Options{
		First: "first-key-of-the-house",
		Keys:  []Key{{Token: "camera-key", Stream: []string{"*"}, Can: []Action{Publish, Watch}}},
		JWT:   []JWT{signer},
		Now:   func() time.Time { return at },
	})
	if err != nil {
		t.Fatal(err)
	}
	sign := func(g Grant) string {
		g.Expires = at.Add(time.Hour)
		token, err := Sign(signer, g, at)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	away := true
	student := sign(Grant{Sub: "u-1", Name: "Ada", Room: "math-7b", Role: "student", Caps: []string{"+screen"}, Lobby: &away})
	assistant := sign(Grant{Sub: "u-2", Rooms: []string{"math-*"}, Role: "assistant"})
	camera := sign(Grant{Sub: "u-3", Stream: []string{"*"}, Can: []Action{Publish}})
	for _, c := range []struct {
		name, room, token string
		loopback          bool
		role              string
		err               error
	}{
		{"a token for the room", "math-7b", student, false, "student", nil},
		{"a token for another room", "math-7c", student, false, "", ErrDenied},
		{"a token for rooms that begin so", "math-7c", assistant, false, "assistant", nil},
		{"a token for rooms that begin otherwise", "art", assistant, false, "", ErrDenied},
		{"a token for streams", "math-7b", camera, false, "", ErrDenied},
		{"a key for streams", "math-7b", "camera-key", false, "", ErrDenied},
		{"the first key", "math-7b", "first-key-of-the-house", false, "teacher", nil},
		{"an unknown token", "math-7b", "nonsense", true, "", ErrInvalidToken},
		{"nothing", "math-7b", "", false, "", ErrNoToken},
		{"nothing on this machine", "math-7b", "", true, "teacher", nil},
		{"a token that is cut", "math-7b", sign(Grant{Room: "math-7b"})[1:], false, "", ErrInvalidToken},
	} {
		g, err := ring.Decide(t.Context(), Request{Action: Join, Room: c.room, Token: c.token, Loopback: c.loopback})
		if !errors.Is(err, c.err) || g.Role != c.role {
			t.Errorf("%s: got role %q, %v; want %q, %v", c.name, g.Role, err, c.role, c.err)
		}
	}
	g, err := ring.Decide(t.Context(), Request{Action: Join, Room: "math-7b", Token: student})
	if err != nil || g.Identity != "sub:u-1" || g.Name != "Ada" || len(g.Caps) != 1 || g.Lobby == nil || !*g.Lobby {
		t.Errorf("got %+v, %v", g, err)
	}
}

// A machine that several people use, or on which a proxy says nothing of whom it
// speaks for, is asked for a key as everybody else.
func TestThisMachineMayNeedAKey(t *testing.T) {
	for _, closed := range []bool{false, true} {
		ring, err := New(Options{First: "first-key-of-the-house", ClosedLoopback: closed})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []Request{{Action: Publish, Stream: "live/a"}, {Action: Join, Room: "math-7b"}} {
			r.Loopback = true
			if _, err := ring.Decide(t.Context(), r); errors.Is(err, ErrNoToken) != closed {
				t.Errorf("%s, closed %v: %v", r.Action, closed, err)
			}
			r.Token = "first-key-of-the-house"
			if _, err := ring.Decide(t.Context(), r); err != nil {
				t.Errorf("%s by the key: %v", r.Action, err)
			}
		}
		if _, err := ring.Decide(t.Context(), Request{Action: Admin, Loopback: true}); !errors.Is(err, ErrNoToken) {
			t.Errorf("the owner's right without a key: %v", err)
		}
	}
}

func TestRoomPatterns(t *testing.T) {
	for pattern, ok := range map[string]bool{
		"math-7b": true, "math-*": true, "*": true,
		"": false, "a/b": false, "a*b": false, "ä": false, "**": false, strings.Repeat("a", 65): false,
	} {
		if err := CheckRoomPattern(pattern); (err == nil) != ok {
			t.Errorf("%q: %v", pattern, err)
		}
		if _, err := Sign(JWT{Alg: "HS256", Key: []byte(strings.Repeat("k", 32))}, Grant{Rooms: []string{pattern}, Expires: time.Now().Add(time.Hour)}, time.Now()); (err == nil) != ok {
			t.Errorf("sign %q: %v", pattern, err)
		}
	}
	if (Grant{}).Joins("") || (Grant{Rooms: []string{"a b"}}).Joins("a b") {
		t.Error("nothing covers something")
	}
}

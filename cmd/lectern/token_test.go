package main

import (
	"strings"
	"testing"
	"time"

	"lectern/internal/auth"
	"lectern/internal/config"
)

func TestTokensForRooms(t *testing.T) {
	secret := strings.Repeat("k", 32)
	settings := config.Default().Auth
	settings.JWT = []config.JWT{{Alg: "HS256", Key: config.Secret(secret)}}
	ring, err := auth.New(auth.Options{JWT: []auth.JWT{{Alg: "HS256", Key: []byte(secret)}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		o    tokenOptions
		role string // "" is an error
	}{
		{"a student", tokenOptions{rooms: []string{"math-*"}, role: "student", name: "Ada", sub: "u-1", ttl: time.Hour}, "student"},
		{"a room and a stream", tokenOptions{rooms: []string{"math-7b"}, role: "teacher", stream: []string{"live/x"}, can: []string{"publish"}, ttl: time.Hour}, "teacher"},
		{"no such role", tokenOptions{rooms: []string{"math-7b"}, role: "janitor", ttl: time.Hour}, ""},
		{"a role without a room", tokenOptions{role: "teacher", stream: []string{"live/x"}, can: []string{"publish"}, ttl: time.Hour}, ""},
		{"no such room", tokenOptions{rooms: []string{"a/b"}, role: "teacher", ttl: time.Hour}, ""},
		{"a stream without a right", tokenOptions{rooms: []string{"math-7b"}, role: "teacher", stream: []string{"live/x"}, ttl: time.Hour}, ""},
	} {
		token, err := c.o.sign(settings, time.Now())
		if (err == nil) != (c.role != "") {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if c.role == "" {
			continue
		}
		g, err := ring.Decide(t.Context(), auth.Request{Action: auth.Join, Room: "math-7b", Token: token})
		if err != nil || g.Role != c.role || g.Name != c.o.name {
			t.Errorf("%s: got %+v, %v", c.name, g, err)
		}
	}
}

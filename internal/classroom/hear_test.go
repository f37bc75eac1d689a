package classroom

import (
	"context"
	"errors"
	"testing"

	"lectern/internal/auth"
)

// FuzzHear says anything to a class: nothing but what clients are told comes of it.
func FuzzHear(f *testing.F) {
	for _, frame := range []string{
		`{"id":2,"type":"token.refresh","data":{"token":"good"}}`, `{"id":2,"type":"token.refresh","data":{"token":5}}`,
		`{"type":"token.refresh","data":{}}`, `{"id":2,"type":"pong"}`, `{"id":2,"type":"chat.send","data":{"text":"hello"}}`,
		`{"id":2,"type":"board.op","data":{"board":"b1","ops":[{"t":"move","id":"x","dx":1}]}}`, `{"id":2,"type":"room.leave"}`,
		`{"id":2,"type":"rtc.offer","data":{"pc":"sub","sdp":"v=0"}}`, `{"id":2,"type":"hello","data":{}}`, `{`, ``,
	} {
		f.Add([]byte(frame))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		r := New(Options{Media: &scene{notes: newNotes()}})
		defer r.Close()
		if err := r.Make(t.Context(), r.Fresh("math")); err != nil {
			t.Fatal(err)
		}
		decide := func(_ context.Context, token string) (auth.Grant, error) {
			if token != "good" {
				return auth.Grant{}, auth.ErrInvalidToken
			}
			return auth.Grant{Identity: "sub:ada", Sub: "ada", Room: "math", Role: auth.RoleTeacher}, nil
		}
		line := newNotes()
		v := r.Visit("math", line, Visitor{Decide: decide})
		if err := v.Hear(t.Context(), []byte(`{"id":1,"type":"hello","data":{"token":"good"}}`)); err != nil {
			t.Fatal(err)
		}
		if err := v.Hear(t.Context(), frame); err != nil && !errors.As(err, new(*CloseError)) {
			t.Errorf("%v", err)
		}
		line.mu.Lock()
		defer line.mu.Unlock()
		for _, text := range line.texts {
			if len(text) > 0 && text[0] != '{' {
				t.Errorf("told %q", text)
			}
		}
		v.Lost()
	})
}

package classroom

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRequests(t *testing.T) {
	for frame, want := range map[string]string{
		`{"id":7,"type":"chat.send","data":{"text":"hi"}}`: `7 chat.send {"text":"hi"}`,
		`{"type":"pong"}`:                                         `0 pong {}`,
		`{"type":"pong","data":null}`:                             `0 pong {}`,
		`{"id":null,"type":"pong"}`:                               `0 pong {}`,
		`{"id":9007199254740991,"type":"x","data":{},"more":[1]}`: `9007199254740991 x {}`,
		`{"id":9007199254740992,"type":"x"}`:                      ``,
		`{"id":0,"type":"x"}`:                                     ``,
		`{"id":-1,"type":"x"}`:                                    ``,
		`{"id":1.5,"type":"x"}`:                                   ``,
		`{"id":"1","type":"x"}`:                                   ``,
		`{"id":1,"type":""}`:                                      ``,
		`{"id":1}`:                                                ``,
		`{"id":1,"type":"x","data":[]}`:                           ``,
		`{"id":1,"type":"x","data":"{}"}`:                         ``,
		`{"id":1,"type":5}`:                                       ``,
		`[]`:                                                      ``,
		`null`:                                                    ``,
		``:                                                        ``,
		`{"id":1,"type":"x"}{}`:                                   ``,
		"{\"type\":\"\xff\"}":                                     ``,
		`{"type":"` + strings.Repeat("x", maxType+1) + `"}`:             ``,
		strings.Repeat(`{"data":`, 20_000) + strings.Repeat("}", 20_00): ``,
	} {
		r, err := parseRequest([]byte(frame))
		if want == "" {
			if !errors.Is(err, errNoMessage) {
				t.Errorf("%.60s: got %+v, %v; want a refusal", frame, r, err)
			}
			continue
		}
		if got := describe(r); err != nil || got != want {
			t.Errorf("%.60s: got %s, %v; want %s", frame, got, err, want)
		}
	}
}

func describe(r request) string {
	return strings.Join([]string{string(encode(r.ID)), r.Type, string(r.Data)}, " ")
}

func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		`{"id":7,"type":"chat.send","data":{"text":"hi"}}`, `{"type":"pong"}`, `{"id":1,"type":"hello","data":{"resume":{"id":"s","key":"k","seq":1}}}`,
		`null`, `{}`, `[{"id":1}]`, "{\"type\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		r, err := parseRequest(frame)
		if err != nil {
			if !errors.Is(err, errNoMessage) || r.Type != "" {
				t.Fatalf("%q: got %+v, %v", frame, r, err)
			}
			return
		}
		if !utf8.ValidString(r.Type) || r.Type == "" || len(r.Type) > maxType || r.ID > maxID || r.Data[0] != '{' {
			t.Fatalf("%q: got %+v", frame, r)
		}
		if r.Type == "hello" {
			_, _ = parseHello(r)
		}
	})
}

package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// bidiServer speaks WebSocket to one client: respond is called for every
// command and gives the messages to send back; nil ends the connection.
func bidiServer(t *testing.T, respond func(id uint64, method string) []string) *bidi {
	t.Helper()
	wantNoGoroutines(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		for {
			var command struct {
				ID     uint64 `json:"id"`
				Method string `json:"method"`
			}
			if conn.ReadJSON(&command) != nil {
				return
			}
			answers := respond(command.ID, command.Method)
			if answers == nil {
				return
			}
			for _, a := range answers {
				if conn.WriteMessage(websocket.TextMessage, []byte(a)) != nil {
					return
				}
			}
		}
	}))
	t.Cleanup(s.Close)
	events := make(chan string, 16)
	b, err := dialBidi(t.Context(), strings.Replace(s.URL, "http", "ws", 1), func(method string, _ json.RawMessage) { events <- method })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.close() })
	return b
}

func TestAnswersFindTheirCommands(t *testing.T) {
	var held string
	b := bidiServer(t, func(id uint64, method string) []string {
		answer := fmt.Sprintf(`{"type":"success","id":%d,"result":{"to":%q}}`, id, method)
		switch {
		case method == "refused":
			return []string{fmt.Sprintf(`{"type":"error","id":%d,"error":"no such frame","message":"gone"}`, id)}
		case method == "noisy":
			return []string{`{"type":"event","method":"some.event","params":{}}`, `{"type":"error","id":null,"error":"x"}`,
				`{"type":"success","id":999,"result":{}}`, answer}
		case strings.HasPrefix(method, "pair") && held == "":
			held = answer
			return []string{}
		case strings.HasPrefix(method, "pair"): // the other way round
			return []string{answer, held}
		}
		return []string{answer}
	})
	var got struct {
		To string `json:"to"`
	}
	for _, method := range []string{"plain", "noisy"} {
		if err := b.call(t.Context(), method, object{}, &got); err != nil || got.To != method {
			t.Errorf("%s answered %q, %v", method, got.To, err)
		}
	}
	err := b.call(t.Context(), "refused", object{}, &got)
	if err == nil || err.Error() != "refused: no such frame: gone" {
		t.Errorf("error %v, want the refusal", err)
	}
	done := make(chan error, 2)
	for _, method := range []string{"pair 1", "pair 2"} {
		go func() {
			var got struct {
				To string `json:"to"`
			}
			err := b.call(t.Context(), method, object{}, &got)
			if err == nil && got.To != method {
				err = fmt.Errorf("%s got the answer to %s", method, got.To)
			}
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if len(b.waiting) != 0 {
		t.Errorf("commands still waiting: %v", b.waiting)
	}
}

func TestConnectionThatEnds(t *testing.T) {
	for name, answer := range map[string][]string{"closed": nil, "nonsense": {"{"}} {
		t.Run(name, func(t *testing.T) {
			b := bidiServer(t, func(uint64, string) []string { return answer })
			for range 2 {
				if err := b.call(t.Context(), "any", object{}, nil); !errors.Is(err, ErrClosed) {
					t.Errorf("error %v, want ErrClosed", err)
				}
			}
		})
	}
}

func TestCommandEndsWithItsContext(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	b := bidiServer(t, func(id uint64, method string) []string {
		if method == "slow" {
			cancel(cause)
			return []string{}
		}
		return []string{fmt.Sprintf(`{"type":"success","id":%d,"result":{}}`, id)}
	})
	if err := b.call(ctx, "slow", object{}, nil); !errors.Is(err, cause) {
		t.Errorf("error %v, want %v in it", err, cause)
	}
	if err := b.call(t.Context(), "fast", object{}, nil); err != nil {
		t.Errorf("the command after it: %v", err)
	}
}

func TestAddressIsFound(t *testing.T) {
	const line = "WebDriver BiDi listening on ws://127.0.0.1:4321\n"
	for _, test := range []struct {
		name, out, want string
	}{
		{"alone", line, "ws://127.0.0.1:4321"},
		{"after others", "*** headless\n\n" + line, "ws://127.0.0.1:4321"},
		{"carriage return", strings.Replace(line, "\n", "\r\n", 1), "ws://127.0.0.1:4321"},
		{"after a long line", strings.Repeat("x", 3*addressLen) + "\n" + line, "ws://127.0.0.1:4321"},
		{"the first of two", line + strings.Replace(line, "4321", "1", 1), "ws://127.0.0.1:4321"},
		{"unfinished", strings.TrimSpace(line), ""},
		{"not at the start", "x" + line, ""},
	} {
		for _, step := range []int{1, 7, len(test.out)} {
			a := newAddress()
			for rest := test.out; rest != ""; {
				n, err := a.Write([]byte(rest[:min(step, len(rest))]))
				if err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			var got string
			select {
			case got = <-a.found:
			default:
			}
			if got != test.want {
				t.Errorf("%s in steps of %d: %q, want %q", test.name, step, got, test.want)
			}
		}
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("noise\nWebDriver BiDi listening on ws://127.0.0.1:4321\n", 3)
	f.Add("WebDriver BiDi listening on \n", 1)
	f.Fuzz(func(t *testing.T, out string, step int) {
		whole, pieces := newAddress(), newAddress()
		if n, err := whole.Write([]byte(out)); n != len(out) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
		step = max(1, step)
		for rest := []byte(out); len(rest) > 0; {
			n, err := pieces.Write(rest[:min(step, len(rest))])
			if err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if len(pieces.line) > addressLen {
			t.Errorf("holds %d bytes, want at most %d", len(pieces.line), addressLen)
		}
		if len(whole.found) != len(pieces.found) || len(whole.found) == 1 && <-whole.found != <-pieces.found {
			t.Error("the address depends on how the output was cut")
		}
	})
}

func FuzzMessage(f *testing.F) {
	f.Add(`{"type":"success","id":1,"result":{"x":1}}`)
	f.Add(`{"type":"error","id":1,"error":"e","message":"m"}`)
	f.Add(`{"type":"error","id":null}`)
	f.Add(`{"type":"event","method":"log.entryAdded","params":{"level":"error","type":"console","text":"t","stackTrace":{"callFrames":[{"url":"u","lineNumber":1}]}}}`)
	f.Add(`{"type":"event","method":"log.entryAdded","params":{"level":"error","stackTrace":null}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var page firefox
		answer := make(chan bidiMessage, 1)
		b := &bidi{event: page.event, waiting: map[uint64]chan<- bidiMessage{1: answer}}
		for range 2 { // an answer that comes twice must not block
			if err := b.handle([]byte(text)); err != nil && json.Valid([]byte(text)) {
				t.Logf("valid JSON of another shape: %v", err)
			}
		}
		select {
		case m := <-answer:
			var result any
			_ = m.decode("method", &result)
		default:
		}
	})
}

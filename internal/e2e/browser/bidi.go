package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// bidiMessageLen bounds one message; a large screenshot is a few MiB.
	bidiMessageLen = 64 << 20

	// bidiWriteLimit ends a connection whose browser has stopped reading.
	bidiWriteLimit = 10 * time.Second
)

// bidi is a WebDriver BiDi connection: commands with numbers, their answers in
// any order, and events in between. https://www.w3.org/TR/webdriver-bidi/
type bidi struct {
	conn  *websocket.Conn
	event func(method string, params json.RawMessage)
	done  chan struct{} // closed when the reader has ended
	close func() error  // idempotent; waits for the reader

	writing sync.Mutex // gorilla allows one writer

	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan<- bidiMessage
}

// bidiMessage is what a browser sends: an answer has an ID and a Result, a
// refusal an ID, an Error and a Message, an event a Method and Params.
type bidiMessage struct {
	Type    string          `json:"type"`
	ID      *uint64         `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
}

// dialBidi connects to a BiDi server. event is called by the reader and must
// not block.
func dialBidi(ctx context.Context, url string, event func(string, json.RawMessage)) (*bidi, error) {
	dialer := websocket.Dialer{} // no proxy: the browser is on this machine
	conn, _, err := dialer.DialContext(ctx, url, nil)
	if err != nil {
		return nil, fmt.Errorf("dialing %s: %w", url, err)
	}
	conn.SetReadLimit(bidiMessageLen)
	b := &bidi{conn: conn, event: event, done: make(chan struct{}), waiting: map[uint64]chan<- bidiMessage{}}
	b.close = sync.OnceValue(func() error {
		err := conn.Close()
		<-b.done
		return err
	})
	go b.read()
	return b, nil
}

// call sends a command and decodes its answer into result, unless that is nil.
func (b *bidi) call(ctx context.Context, method string, params, result any) error {
	answer := make(chan bidiMessage, 1)
	b.mu.Lock()
	b.last++
	id := b.last
	b.waiting[id] = answer
	b.mu.Unlock()
	defer b.forget(id)

	if err := b.write(map[string]any{"id": id, "method": method, "params": params}); err != nil {
		return fmt.Errorf("%s: %w: %w", method, ErrClosed, err)
	}
	select {
	case m := <-answer:
		return m.decode(method, result)
	case <-b.done:
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
	select {
	case m := <-answer: // it came before the end
		return m.decode(method, result)
	default:
		return fmt.Errorf("%s: %w", method, ErrClosed)
	}
}

func (b *bidi) write(command any) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	if err := b.conn.SetWriteDeadline(time.Now().Add(bidiWriteLimit)); err != nil {
		return err
	}
	return b.conn.WriteJSON(command)
}

func (b *bidi) forget(id uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.waiting, id)
}

// read hands out messages until the connection ends or carries nonsense.
func (b *bidi) read() {
	defer close(b.done)
	for {
		_, data, err := b.conn.ReadMessage()
		if err != nil {
			return
		}
		if err := b.handle(data); err != nil {
			b.conn.Close()
			return
		}
	}
}

func (b *bidi) handle(data []byte) error {
	var m bidiMessage
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("reading a message: %w", err)
	}
	if m.Type == "event" {
		b.event(m.Method, m.Params)
		return nil
	}
	if m.ID == nil {
		return nil // a refusal of something that was no command
	}
	b.mu.Lock()
	answer := b.waiting[*m.ID]
	delete(b.waiting, *m.ID)
	b.mu.Unlock()
	if answer != nil {
		answer <- m // there is room: it is sent once
	}
	return nil
}

func (m bidiMessage) decode(method string, result any) error {
	if m.Type != "success" {
		return fmt.Errorf("%s: %s: %s", method, m.Error, m.Message)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(m.Result, result); err != nil {
		return fmt.Errorf("%s: decoding the answer: %w", method, err)
	}
	return nil
}

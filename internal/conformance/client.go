package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/gorilla/websocket"
)

// message is anything that a server says.
type message struct {
	Re    uint64         `json:"re"`
	OK    bool           `json:"ok"`
	Seq   uint64         `json:"seq"`
	Type  string         `json:"type"`
	Data  map[string]any `json:"data"`
	Error struct {
		Code string `json:"code"`
	} `json:"error"`
}

// client is one connection.
type client struct {
	trial   *trial
	conn    *websocket.Conn
	last    uint64
	seq     uint64
	session map[string]any
	member  string
}

// dial opens a WebSocket; status is the answer's where there is none.
func (t *trial) dial(ctx context.Context, origin string, protocols ...string) (c *client, status int) {
	dialer := websocket.Dialer{HandshakeTimeout: t.options.Patience, Subprotocols: protocols}
	conn, response, err := dialer.DialContext(ctx, t.options.URL, http.Header{"Origin": {origin}})
	if err != nil {
		if response == nil {
			fail("no connection: %v", err)
		}
		return nil, response.StatusCode
	}
	c = &client{trial: t, conn: conn}
	t.opened = append(t.opened, c)
	return c, http.StatusSwitchingProtocols
}

// enter opens a connection and says hello.
func (t *trial) enter(ctx context.Context, hello map[string]any) *client {
	c := t.open(ctx)
	c.hello(hello)
	return c
}

func (t *trial) open(ctx context.Context) *client {
	c, status := t.dial(ctx, t.options.Origin, subprotocol)
	if c == nil {
		fail("the connection is refused with %d", status)
	}
	return c
}

func (c *client) hello(hello map[string]any) map[string]any {
	m := c.ask("hello", hello)
	if !m.OK {
		fail("hello is refused: %s", m.Error.Code)
	}
	c.session, _ = m.Data["session"].(map[string]any)
	if self, ok := m.Data["self"].(map[string]any); ok {
		c.member, _ = self["member"].(string)
	}
	if seq, ok := c.session["seq"].(float64); ok && c.session["resumed"] != true {
		c.seq = uint64(seq)
	}
	return m.Data
}

func (c *client) send(id uint64, typ string, data any) {
	m := map[string]any{"type": typ, "data": data}
	if id > 0 {
		m["id"] = id
	}
	_ = c.conn.WriteJSON(m) // reading says what is wrong
}

// ask sends a request and waits for its reply.
func (c *client) ask(typ string, data any) message {
	c.last++
	c.send(c.last, typ, data)
	return c.until("a reply to "+typ, func(m message) bool { return m.Re == c.last })
}

// must wants a yes, refused a no with a code.
func (c *client) must(typ string, data any) map[string]any {
	m := c.ask(typ, data)
	if !m.OK {
		fail("%s is refused: %s", typ, m.Error.Code)
	}
	return m.Data
}

func (c *client) refused(typ string, data any, code string) {
	if m := c.ask(typ, data); m.OK || m.Error.Code != code {
		fail("%s: got %q, want the refusal %q", typ, m.Error.Code, code)
	}
}

// want waits for an event whose data has all of what is given.
func (c *client) want(typ string, data map[string]any) message {
	return c.until(typ, func(m message) bool {
		if m.Type != typ {
			return false
		}
		for k, v := range data {
			if !reflect.DeepEqual(m.Data[k], v) {
				return false
			}
		}
		return true
	})
}

func (c *client) until(what string, good func(message) bool) message {
	for {
		m, err := c.read()
		if err != nil {
			fail("waiting for %s: %v", what, err)
		}
		if good(m) {
			return m
		}
	}
}

func (c *client) read() (message, error) {
	_ = c.conn.SetReadDeadline(time.Now().Add(c.trial.options.Patience))
	for {
		kind, text, err := c.conn.ReadMessage()
		if err != nil {
			return message{}, err
		}
		var m message
		if kind != websocket.TextMessage {
			return message{}, errors.New("a message is not text")
		}
		if err := json.Unmarshal(text, &m); err != nil {
			return message{}, err
		}
		if m.Type == "ping" {
			c.send(0, "pong", map[string]any{})
			continue
		}
		if m.Seq != 0 {
			if m.Seq <= c.seq {
				return message{}, errors.New("seq does not grow")
			}
			c.seq = m.Seq
		}
		return m, nil
	}
}

// closed waits for the end of the connection, and wants one of the codes.
func (c *client) closed(codes ...int) {
	for {
		_, err := c.read()
		if err == nil {
			continue
		}
		got, ok := errors.AsType[*websocket.CloseError](err)
		if !ok {
			fail("not closed by a close frame: %v", err)
		}
		for _, code := range codes {
			if got.Code == code {
				return
			}
		}
		fail("closed with %d, want %v", got.Code, codes)
	}
}

func (c *client) close() { _ = c.conn.Close() }

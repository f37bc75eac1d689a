package classroom

import (
	"time"

	"lectern/internal/room"
)

// Draining tells clients that the server goes down (sys.draining): they lose the
// connection soon, and come back when there is a server again.
type Draining struct {
	InMS int64 `json:"in_ms"`
}

// Drain tells everybody that the server will go down within a time.
func (r *Rooms) Drain(within time.Duration) {
	for _, c := range r.all() {
		c.tellAll("sys.draining", Draining{within.Milliseconds()})
	}
}

// tellAll sends everybody who is connected what the rules have no part in.
func (c *class) tellAll(typ string, data any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.messageLocked(room.Event{Type: typ, Data: data, Class: room.ClassVital})
	for _, s := range c.sessions {
		if s.line != nil {
			s.line.Send(m)
		}
	}
}

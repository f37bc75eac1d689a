package signaling

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	// heartbeat keeps proxies from taking a quiet connection for a dead one.
	heartbeat = 15 * time.Second
	// writeTime is how long a client may take to read what it is sent, beyond
	// what the kernel buffers.
	writeTime = 10 * time.Second
	// retryTime is how long a browser waits before it comes back.
	retryTime = 2 * time.Second
)

// sse writes server-sent events (HTML, "Server-sent events").
type sse struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// startSSE answers with a stream of events. It lasts longer than the server's
// timeouts, which are lifted for this connection.
func startSSE(c *gin.Context) (*sse, error) {
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would keep the events to itself
	s := &sse{c.Writer, http.NewResponseController(c.Writer)}
	_ = s.rc.SetReadDeadline(time.Time{}) // else the server takes its timeout for the client's end
	c.Status(http.StatusOK)
	return s, s.write(fmt.Sprintf("retry: %d\n\n", retryTime.Milliseconds()))
}

// event sends one event; id may be empty. data is one line.
func (s *sse) event(name, id, data string) error {
	if id != "" {
		id = "id: " + id + "\n"
	}
	return s.write("event: " + name + "\n" + id + "data: " + data + "\n\n")
}

// beat sends nothing. Where there is an id, the client comes back with it as if
// it were the last event's.
func (s *sse) beat(id string) error {
	if id == "" {
		return s.write(":\n\n")
	}
	return s.write("id: " + id + "\n\n")
}

func (s *sse) write(text string) error {
	_ = s.rc.SetWriteDeadline(time.Now().Add(writeTime)) // where there are deadlines
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.rc.Flush()
}

// tellOwner answers with events for the owner of a session: what there is to
// tell at first, and again whenever something has changed or the time that tell
// returned has passed, 0 being never. It returns when the client, the session
// or the server goes, or the connection is over for another reason.
func (s *Server) tellOwner(c *gin.Context, ses *session, over, changed <-chan struct{}, tell func(*sse) (again time.Duration, err error)) {
	out, err := startSSE(c)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for err == nil {
		var again time.Duration
		if again, err = tell(out); err != nil {
			return
		}
		var later <-chan time.Time
		if again > 0 {
			later = time.After(again)
		}
		select {
		case <-changed:
		case <-later:
		case <-beat.C:
			err = out.beat("")
		case <-over:
			return
		case <-ses.peer.Done():
			return
		case <-c.Request.Context().Done():
			return
		case <-s.closing:
			return
		}
	}
}

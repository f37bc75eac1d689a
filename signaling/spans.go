package signaling

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/internal/trace"
)

// traced makes a span of a request that is to change something; the others only
// hand on what trace they are of. Its name is the route's, and no attribute has
// the path: the path of a session is the secret that opens it.
func (s *Server) traced(c *gin.Context) {
	r, tracer := c.Request, s.options.Tracer
	if tracer == nil {
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		c.Request = r.WithContext(trace.WithHeader(r.Context(), r.Header))
		return
	}
	ctx, span := tracer.Serve(r.Context(), r.Header, r.Method+" "+c.FullPath(),
		slog.String("http.request.method", r.Method), slog.String("http.route", c.FullPath()))
	defer span.End()
	if span.Recording() {
		span.Set(slog.String("client.address", s.client(r).ip.String()))
	}
	c.Request = r.WithContext(ctx)
	c.Next()
	status := c.Writer.Status()
	span.Set(slog.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError { // the others are the client's affair
		span.Fail(http.StatusText(status))
	}
}

// setOut begins the span of a session that somebody asks for: from the request
// to the first media. Who begins the session ends it.
func (s *Server) setOut(c *gin.Context, p protocol) *trace.Span {
	if s.options.Tracer == nil {
		return nil
	}
	ctx, span := trace.Start(c.Request.Context(), p.name+" "+string(p.action),
		slog.String("lectern.protocol", p.name), slog.String("lectern.action", string(p.action)))
	c.Request = c.Request.WithContext(ctx)
	return span
}

// mediaTime is how long a trace waits for the first media once there is a
// connection: a viewer may come hours before the publisher.
const mediaTime = 30 * time.Second

// way is how far a session has come in its trace. The zero way is in none.
type way struct {
	span, step *trace.Span
	from       trace.Mark
	media      <-chan struct{} // closed with the first media
	begun      <-chan struct{} // the same, from the connection until then
	late       <-chan time.Time
	timer      *time.Timer
}

// newWay is that of a session which was just answered.
func newWay(ctx context.Context, media <-chan struct{}) *way {
	w := &way{span: trace.Current(ctx)}
	if !w.span.Recording() {
		return &way{}
	}
	w.from, w.media = trace.MarkOf(ctx), media
	w.next("connect")
	return w
}

func (w *way) next(step string) {
	_, w.step = trace.Start(w.from.Context(context.Background()), step)
}

// connected says that the session has its connection.
func (w *way) connected() {
	if w.span == nil {
		return
	}
	w.step.End()
	w.next("first media")
	w.timer = time.NewTimer(mediaTime)
	w.begun, w.late = w.media, w.timer.C
}

// arrive ends the way with the first media, or without.
func (w *way) arrive() {
	if w.span == nil {
		return
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	w.step.End()
	w.span.End()
	*w = way{}
}

// fail ends the way of a session that has ended before it was at its end.
func (w *way) fail(cause error) {
	if w.span == nil {
		return
	}
	word := causes.Word(cause)
	w.step.Fail(word)
	w.span.Fail(word)
	w.arrive()
}

package signaling

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// eventNames are the events of WHEP's extension that there are.
var eventNames = []string{"active", "inactive", "viewercount", "layers"}

// maxEventStreams bounds the event streams of one session: a page needs one,
// and one more while it renews that.
const maxEventStreams = 4

// eventStream is one subscription to the events of a WHEP session.
//
// Nothing is queued: a connection is told the state as it is, and then what
// has changed since it was last told. Who does not listen misses nothing but
// what is over.
type eventStream struct {
	names   []string
	section string // index of the session's video section, "" without one

	mu     sync.Mutex
	listen chan struct{} // closed when another connection takes over, or it is deleted
	gone   bool
	said   string // "active" or "inactive", whichever came last
}

// eventStreams is where event streams are made.
func (s *Server) eventStreams() gin.HandlerFunc {
	return methods{http.MethodPost: s.subscribe}.handler(s)
}

func (s *Server) eventStream() gin.HandlerFunc {
	return methods{http.MethodGet: s.listen, http.MethodHead: s.lookAtStream, http.MethodDelete: s.unsubscribe}.handler(s)
}

// subscribe makes an event stream. Its URL is a secret of its own, because an
// EventSource can send no token.
func (s *Server) subscribe(c *gin.Context) {
	ses, err := s.owned(c, whep)
	if err != nil {
		s.fail(c, err)
		return
	}
	names, err := s.wantedEvents(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	id, err := ses.addStream(names)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Location", strings.TrimSuffix(c.Request.URL.Path, "/")+"/"+id)
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusCreated)
	c.Writer.WriteHeaderNow()
}

// wantedEvents reads the list of names; without one, all are wanted.
func (s *Server) wantedEvents(c *gin.Context) ([]string, error) {
	body, err := readBody(c, s.options.Limits.JSONBytes)
	if err != nil {
		return nil, err
	}
	if body == "" {
		return eventNames, nil
	}
	if err := wantType(c.Request, typeJSON); err != nil {
		return nil, err
	}
	var names []string
	if err := json.Unmarshal([]byte(body), &names); err != nil {
		return nil, fmt.Errorf("%w: it has to be an array of names", errJSON)
	}
	for _, name := range names {
		if !slices.Contains(eventNames, name) {
			return nil, fmt.Errorf("%w: %.40q; there are %s", errEvents, name, strings.Join(eventNames, ", "))
		}
	}
	return names, nil
}

func (s *session) addStream(names []string) (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.streams) >= maxEventStreams {
		return "", tooMany("event streams of this session", retryTime)
	}
	id = rand.Text()
	s.streams[id] = &eventStream{names: names, section: videoSection(s.peer.Answer())}
	return id, nil
}

// findStream returns an event stream; the URL is enough.
func (s *Server) findStream(c *gin.Context) (*session, *eventStream, error) {
	ses, err := s.session(c, whep)
	if err != nil {
		return nil, nil, err
	}
	ses.mu.Lock()
	defer ses.mu.Unlock()
	e := ses.streams[c.Param("stream")]
	if e == nil {
		return nil, nil, errNoEvents
	}
	return ses, e, nil
}

func (s *Server) unsubscribe(c *gin.Context) {
	ses, e, err := s.findStream(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	ses.mu.Lock()
	delete(ses.streams, c.Param("stream"))
	ses.mu.Unlock()
	e.end()
	c.Status(http.StatusOK)
}

// lookAtStream answers HEAD, and takes the events from nobody.
func (s *Server) lookAtStream(c *gin.Context) {
	if _, _, err := s.findStream(c); err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Type", "text/event-stream")
	c.Status(http.StatusOK)
}

// listen sends the events until the client, the session or the server goes.
// A second connection takes over from the first, which may be a dead one.
func (s *Server) listen(c *gin.Context) {
	ses, e, err := s.findStream(c)
	if err == nil && !s.gate.enter() {
		err = errDraining
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	defer s.gate.leave()
	over := e.take()
	if over == nil {
		s.fail(c, errNoEvents)
		return
	}
	source := s.monitor.watch(ses.owner.stream, ses.peer.Layer)
	defer s.monitor.unwatch(source)
	var before told
	first := true
	s.tellOwner(c, ses, over, source.wake, func(out *sse) (time.Duration, error) {
		err := e.tell(out, toTell(source.status(), ses.peer.Layer()), &before, first)
		first = false
		return 0, err
	})
}

// take makes the caller the one who listens, until the channel is closed; nil
// when the stream is gone.
func (e *eventStream) take() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gone {
		return nil
	}
	if e.listen != nil {
		close(e.listen)
	}
	e.listen = make(chan struct{})
	return e.listen
}

func (e *eventStream) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gone = true
	if e.listen != nil {
		close(e.listen)
		e.listen = nil
	}
}

// told is what was said on a connection.
type told struct {
	status
	layer string // that the viewer gets
}

// toTell is what there is to say.
func toTell(now status, layer string) told {
	if now.layers == nil {
		layer = ""
	}
	return told{now, layer}
}

// tell sends what is different from what was told on this connection.
func (e *eventStream) tell(out *sse, now told, before *told, first bool) error {
	if !first && now.live == before.live && now.stops != before.stops {
		if err := e.tellState(out, !now.live); err != nil { // what has passed in between
			return err
		}
	}
	if first || now.live != before.live || now.stops != before.stops {
		if err := e.tellState(out, now.live); err != nil {
			return err
		}
	}
	if first || now.viewers != before.viewers {
		if err := e.send(out, "viewercount", `{"viewercount":`+strconv.Itoa(now.viewers)+`}`); err != nil {
			return err
		}
	}
	if (now.layers != before.layers || now.layer != before.layer) && e.section != "" {
		if err := e.send(out, "layers", `{"`+e.section+`":`+now.layers.text(now.layer)+`}`); err != nil {
			return err
		}
	}
	*before = now
	return nil
}

// tellState never says "inactive" first: a stream that was never active needs
// no word.
func (e *eventStream) tellState(out *sse, live bool) error {
	e.mu.Lock()
	name := "active"
	if !live {
		if e.said == "" {
			e.mu.Unlock()
			return nil
		}
		name = "inactive"
	}
	e.said = name
	e.mu.Unlock()
	return e.send(out, name, "{}")
}

func (e *eventStream) send(out *sse, name, data string) error {
	if !slices.Contains(e.names, name) {
		return nil
	}
	return out.event(name, "", data)
}

// videoSection is the index of the first video section of an SDP, by which
// the extensions name it; "" when there is none.
func videoSection(sdp string) string {
	index := -1
	for line := range strings.Lines(sdp) {
		if strings.HasPrefix(line, "m=") {
			index++
		}
		if strings.HasPrefix(line, "m=video ") {
			return strconv.Itoa(index)
		}
	}
	return ""
}

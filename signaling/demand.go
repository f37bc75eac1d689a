package signaling

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/sfu"
)

// relDemand links a publisher of several layers to what it is told about them.
// It is an extension of ours (RFC 9725 §4.8): who does not know it sends all.
const relDemand = "urn:lectern:whip:ext:layers"

// demanded is what a publisher is told of a layer.
type demanded struct {
	RID    string `json:"rid"`
	Wanted bool   `json:"wanted"`
}

// linkDemand tells a publisher of several layers where it hears which of them
// somebody wants.
func linkDemand(c *gin.Context, path, answer string) {
	if strings.Contains(answer, "\r\na=simulcast:") {
		c.Writer.Header().Add("Link", "<"+path+`/layers>; rel="`+relDemand+`"`)
	}
}

// demand is where a publisher hears which of its layers somebody wants. The
// session's URL is enough, because an EventSource can send no token, and nothing
// is changed by listening but what the publisher itself then does.
func (s *Server) demand() gin.HandlerFunc {
	return methods{http.MethodGet: s.tellDemand, http.MethodHead: func(c *gin.Context) {
		if _, err := s.session(c, whip); err != nil {
			s.fail(c, err)
			return
		}
		c.Header("Content-Type", "text/event-stream")
		c.Status(http.StatusOK)
	}}.handler(s)
}

// tellDemand sends "layers" events until the client, the session or the server
// goes. A second connection takes over from the first, which may be a dead one.
func (s *Server) tellDemand(c *gin.Context) {
	ses, err := s.session(c, whip)
	if err == nil && !s.gate.enter() {
		err = errDraining
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	defer s.gate.leave()
	over := ses.listen()
	demand := ses.peer.Publication().Demand()
	defer demand.Close()
	told := ""
	s.tellOwner(c, ses, over, demand.Changed(), func(out *sse) (again time.Duration, err error) {
		layers, again := demand.Layers(time.Now())
		if text := demandText(layers); text != told {
			told = text
			err = out.event("layers", "", text)
		}
		return again, err
	})
}

func demandText(layers []sfu.LayerDemand) string {
	list := make([]demanded, len(layers))
	for i, l := range layers {
		list[i] = demanded(l)
	}
	text, _ := json.Marshal(list) // strings and truths cannot fail
	return string(text)
}

// listen makes the caller the one who is told about the session's layers, until
// the channel is closed.
func (s *session) listen() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		close(s.listener)
	}
	s.listener = make(chan struct{})
	return s.listener
}

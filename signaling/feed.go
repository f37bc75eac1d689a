package signaling

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/sfu"
)

// listEvent is the first event of each connection: nothing has to be asked
// for besides, and nothing is missed between two connections.
const listEvent = "stream.list"

// change is the data of the events that follow.
type change struct {
	Stream  string    `json:"stream"`
	Viewers int       `json:"viewers"`
	At      time.Time `json:"at"`
}

// followStreams sends what happens to the streams that the client may watch,
// or to one of them (?stream=NAME), as server-sent events: "stream.list" with
// the body of GET /api/v1/streams, and then "stream.live", "stream.tracks",
// "stream.waiting", "stream.ended", and "stream.viewers", which comes once a
// second at the most.
func (s *Server) followStreams(c *gin.Context) {
	only := c.Query("stream")
	if only != "" {
		var err error
		if only, err = sfu.ParseName(only); err != nil {
			s.fail(c, err)
			return
		}
	}
	v, err := s.viewOf(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	end, ok := s.feeds.begin(allowance{v.from.key, s.options.Limits.Feeds})
	if !ok {
		s.fail(c, errFeeds)
		return
	}
	defer end()
	if c.Request.Method == "HEAD" {
		c.Header("Content-Type", "text/event-stream")
		return
	}
	if !s.gate.enter() {
		s.fail(c, errDraining)
		return
	}
	defer s.gate.leave()
	s.feed(c, v, only)
}

func (s *Server) feed(c *gin.Context, v *view, only string) {
	feed := s.monitor.feed() // before the list is made, so that nothing falls between
	defer s.monitor.drop(feed)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	out, err := startSSE(c)
	if err != nil {
		return
	}
	number := 0
	send := func(name string, data any) error {
		text, err := json.Marshal(data)
		if err != nil {
			return err
		}
		number++
		return out.event(name, strconv.Itoa(number), string(text))
	}
	err = send(listEvent, s.visibleStreams(v, only))
	for err == nil {
		select {
		case e, ok := <-feed.changes:
			switch {
			case !ok:
				return
			case only != "" && e.Stream != only, !v.allows(e.Stream):
				continue
			}
			err = send(string(e.Type), change{e.Stream, e.Viewers, e.At})
		case <-beat.C:
			err = out.beat()
		case <-c.Request.Context().Done():
			return
		case <-s.closing:
			return
		}
	}
}

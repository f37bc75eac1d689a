package signaling

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/internal/auth"
	"lectern/internal/event"
	"lectern/sfu"
)

const (
	// listEvent is the first event of a connection that cannot go on from an
	// earlier one: nothing has to be asked for besides, and nothing is missed
	// from then on.
	listEvent = "stream.list"
	// feedBatch is how many events a connection takes at once.
	feedBatch = 64
)

// change is the data of an event of a stream.
type change struct {
	Stream  string    `json:"stream"`
	Viewers int       `json:"viewers"`
	At      time.Time `json:"at"`
}

// gap is the data of event.Gap.
type gap struct {
	Missed uint64 `json:"missed"` // at least; 0 where nobody knows, after a restart
}

// feed is one connection to the event API.
type feed struct {
	server *Server
	view   *view
	only   string    // a stream, "" for all
	rooms  bool      // events of rooms as well, as long as it is the owner's
	till   time.Time // until when that is taken for known
	at     uint64    // number of the last event that was told, or left out
}

// followStreams sends what happens to the streams that the client may watch,
// or to one of them (?stream=NAME), as server-sent events: "stream.list" with
// the body of GET /api/v1/streams, and then "stream.live", "stream.tracks",
// "stream.waiting", "stream.ended", and "stream.viewers", which comes once a
// second at the most. The owner gets the events of rooms too (?rooms=true).
//
// A client that says by Last-Event-ID what it was told last goes on from there,
// without a list. Where that is not possible any more, "events.gap" says so,
// and the list follows.
func (s *Server) followStreams(c *gin.Context) {
	f, err := s.newFeed(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	of := []allowance{{f.view.from.key, s.options.Limits.Feeds}, {everywhere, s.options.Limits.FeedsTotal}}
	end, ok := s.feeds.begin(of...)
	if !ok {
		s.fail(c, []error{errFeeds, errFeedsTotal}[s.feeds.full(of)])
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
	f.run(c)
}

// newFeed finds out what the client may be told.
func (s *Server) newFeed(c *gin.Context) (*feed, error) {
	f := &feed{server: s, only: c.Query("stream")}
	var err error
	if f.only != "" {
		if f.only, err = sfu.ParseName(f.only); err != nil {
			return nil, err
		}
	}
	if c.Query("rooms") == "true" {
		if _, err := s.owns(c); err != nil {
			return nil, err
		}
		f.rooms = true
	}
	if f.view, err = s.viewOf(c); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *feed) run(c *gin.Context) {
	s := f.server
	out, err := startSSE(c)
	if err != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	err = f.begin(out, c.GetHeader("Last-Event-ID"))
	for err == nil {
		events, missed, more := s.options.Events.Read(f.at, feedBatch)
		if missed > 0 {
			err = f.tellGap(out, missed)
			continue
		}
		if more == nil {
			err = f.tellAll(out, events)
			continue
		}
		select {
		case <-more:
		case <-beat.C:
			err = out.beat(s.options.Events.ID(f.at)) // what was left out need not be told again
		case <-c.Request.Context().Done():
			return
		case <-s.closing:
			return
		}
	}
}

// begin goes on from the event with an id, or begins anew.
func (f *feed) begin(out *sse, id string) error {
	if id == "" {
		return f.tellList(out)
	}
	at, ok := f.server.options.Events.Number(id)
	if !ok {
		return f.tellGap(out, 0)
	}
	f.at = at
	return nil
}

// tellGap says that events are missing, and how things are instead.
func (f *feed) tellGap(out *sse, missed uint64) error {
	if err := f.send(out, string(event.Gap), "", gap{missed}); err != nil {
		return err
	}
	return f.tellList(out)
}

// tellList says how things are. What happens while the list is made comes after
// it: nothing falls between.
func (f *feed) tellList(out *sse) error {
	s := f.server
	f.at = s.options.Events.Last()
	return f.send(out, listEvent, s.options.Events.ID(f.at), s.visibleStreams(f.view, f.only))
}

func (f *feed) tellAll(out *sse, events []event.Event) error {
	for _, e := range events {
		f.at = e.Number
		var err error
		switch {
		case e.Stream != nil && f.shows(e.Stream.Name):
			err = f.send(out, string(e.Type), e.ID, change{e.Stream.Name, e.Stream.Viewers, e.At})
		case e.Room != nil && f.rooms:
			if err = f.stillOwns(); err == nil {
				err = f.send(out, string(e.Type), e.ID, e)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stillOwns asks again, once in a while, whether who began this is the owner:
// keys are taken back, and people log out. Nobody to ask is no change.
func (f *feed) stillOwns() error {
	now := f.server.options.Now()
	if now.Before(f.till) {
		return nil
	}
	f.till = now.Add(stillOwner)
	r := f.view.request
	_, err := f.server.options.Authorizer.Decide(r.Context(), Access{Action: auth.Admin, Token: f.server.bearer(r), Remote: f.view.from.ip})
	if errors.Is(err, ErrUnavailable) {
		return nil
	}
	return err
}

func (f *feed) shows(stream string) bool {
	return (f.only == "" || f.only == stream) && f.view.allows(stream)
}

func (f *feed) send(out *sse, name, id string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return out.event(name, id, string(text))
}

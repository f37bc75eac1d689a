package signaling

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/internal/trial"
	"lectern/sfu"
)

// streamInfo is a stream in the REST API.
type streamInfo struct {
	Name      string         `json:"name"` // app/name
	App       string         `json:"app"`
	State     sfu.State      `json:"state"`
	Since     time.Time      `json:"since"` // of the state
	Viewers   int            `json:"viewers"`
	Tracks    []trackInfo    `json:"tracks"`
	Publisher *publisherInfo `json:"publisher,omitempty"` // while live
}

type trackInfo struct {
	Kind   string `json:"kind"`
	Codec  string `json:"codec"` // a MIME type
	RID    string `json:"rid,omitempty"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	BPS    uint64 `json:"bps"`
}

// streamList is the answer to GET /api/v1/streams, and the first event of
// /api/v1/events.
type streamList struct {
	Streams []streamInfo `json:"streams"`
}

func newStreamInfo(s sfu.SourceInfo) streamInfo {
	app, _, _ := strings.Cut(s.Name, "/")
	info := streamInfo{Name: s.Name, App: app, State: s.State, Since: s.Since, Viewers: s.Viewers,
		Tracks: []trackInfo{}, Publisher: newPublisherInfo(s)}
	for _, t := range s.Tracks {
		info.Tracks = append(info.Tracks, trackInfo{t.Kind.String(), t.Codec.MimeType, t.RID, t.Width, t.Height, t.BitsPerSecond})
	}
	return info
}

// listStreams answers with the streams that the client may watch.
func (s *Server) listStreams(c *gin.Context) {
	v, err := s.viewOf(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, s.visibleStreams(v, ""))
}

// showStream answers with one stream.
func (s *Server) showStream(c *gin.Context) {
	stream, err := streamName(c)
	if err == nil {
		_, err = s.decide(c.Request, s.client(c.Request), Watch, stream)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	info, ok := s.options.Router.Info(stream)
	if !ok {
		s.fail(c, errNoStream)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, newStreamInfo(info))
}

func (s *Server) visibleStreams(v *view, only string) streamList {
	list := streamList{[]streamInfo{}}
	for _, info := range s.options.Router.List() {
		if only == "" && trial.Is(info.Name) {
			continue
		}
		if (only == "" || info.Name == only) && v.allows(info.Name) {
			list.Streams = append(list.Streams, newStreamInfo(info))
		}
	}
	return list
}

// viewKept is how long decisions hold for one who looks at many streams, and
// maxView how many of them are kept.
const (
	viewKept = 30 * time.Second
	maxView  = 1024
)

// view is what one client may see. It is not safe for concurrent use.
type view struct {
	server  *Server
	request *http.Request
	from    client
	allowed map[string]bool
	till    time.Time
}

// viewOf refuses clients that may not ask for lists.
func (s *Server) viewOf(c *gin.Context) (*view, error) {
	from := s.client(c.Request)
	if err := s.knock(from); err != nil {
		return nil, err
	}
	if _, err := s.decide(c.Request, from, Watch, ""); err != nil && !errors.Is(err, ErrDenied) {
		return nil, err
	}
	return &view{server: s, request: c.Request, from: from}, nil
}

// allows asks the Authorizer directly: what is left out of a list is no
// refused attempt.
func (v *view) allows(stream string) bool {
	now := v.server.options.Now()
	if now.After(v.till) || len(v.allowed) >= maxView {
		v.allowed, v.till = map[string]bool{}, now.Add(viewKept)
	}
	allowed, known := v.allowed[stream]
	if !known {
		_, err := v.server.options.Authorizer.Decide(v.request.Context(), v.server.access(v.request, v.from, Watch, stream))
		allowed = err == nil
		v.allowed[stream] = allowed
	}
	return allowed
}

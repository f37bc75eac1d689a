package signaling

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
)

// Info is what the server tells everybody about itself.
type Info struct {
	// Name is the program's. Default "Lectern".
	Name string
	// Version is the program's, "" if it has none.
	Version string
	// Demo is the canonical name of a stream that is there for a first look,
	// "" if there is none.
	Demo string
	// RTMP is the TCP port for RTMP, 0 if there is none.
	RTMP int
}

// serverInfo is the answer to GET /api/v1/info.
type serverInfo struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	HTTPS   bool        `json:"https"` // without a proxy's help
	Publish publishInfo `json:"publish"`
	Demo    string      `json:"demo"`
	RTMP    int         `json:"rtmp,omitempty"`
}

type publishInfo struct {
	KeyNeeded bool `json:"key_needed"` // by this client
}

// showInfo answers with what a page wants to know before it asks anything of
// the person in front of it.
func (s *Server) showInfo(c *gin.Context) {
	from := s.client(c.Request)
	err := s.knock(from)
	if err != nil {
		s.fail(c, err)
		return
	}
	needed, err := s.keyNeeded(c.Request, from)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, serverInfo{
		Name:    s.options.Info.Name,
		Version: s.options.Info.Version,
		HTTPS:   c.Request.TLS != nil,
		Publish: publishInfo{needed},
		Demo:    s.options.Info.Demo,
		RTMP:    s.options.Info.RTMP,
	})
}

// keyNeeded asks the Authorizer directly, as for a publisher without a token:
// to be refused is the answer here, and no refused attempt.
func (s *Server) keyNeeded(r *http.Request, from client) (bool, error) {
	_, err := s.options.Authorizer.Decide(r.Context(), Access{Action: Publish, Loopback: from.loopback, Remote: from.ip})
	switch {
	case err == nil:
		return false, nil
	case errors.Is(err, ErrNoToken), errors.Is(err, ErrInvalidToken), errors.Is(err, ErrDenied):
		return true, nil
	}
	return false, err
}

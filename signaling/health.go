package signaling

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"lectern/sfu/peer"
)

type health struct {
	Status string `json:"status"`
}

type readiness struct {
	health
	Sessions int `json:"sessions"`
}

// healthy says that the process answers; it looks at nothing else.
func (s *Server) healthy(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, health{Status: "ok"})
}

// ready says whether new sessions are welcome.
func (s *Server) ready(c *gin.Context) {
	if s.draining.Load() {
		s.fail(c, errDraining)
		return
	}
	if s.full() {
		s.fail(c, errNoRoom)
		return
	}
	if s.overloaded() {
		s.fail(c, peer.ErrBusy)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, readiness{health{"ready"}, s.Sessions()})
}

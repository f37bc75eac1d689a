package signaling

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Handler returns the routes as an http.Handler, for programs that have no
// Gin of their own. What is none of them is left to others, nil meaning 404.
func (s *Server) Handler(others http.Handler) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	s.Mount(engine)
	if others != nil {
		engine.NoRoute(gin.WrapH(others))
	}
	return engine
}

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
	engine.RedirectTrailingSlash = false // others may know the path with it
	s.Mount(engine)
	if others != nil {
		engine.NoRoute(func(c *gin.Context) {
			c.Status(http.StatusOK) // Gin has set 404, and net/http promises 200
			others.ServeHTTP(c.Writer, c.Request)
		})
	}
	return engine
}

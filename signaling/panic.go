package signaling

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"
)

// contain keeps a panic to the request in which it happened.
func (s *Server) contain(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(cause) // net/http's own way to end a connection
		}
		s.counts.panics.Add(1)
		s.log.ErrorContext(c.Request.Context(), "request panicked", "method", c.Request.Method, "route", c.FullPath(), "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
		if c.Writer.Written() {
			c.Abort()
			return
		}
		s.fail(c, errInternal)
	}()
	c.Next()
}

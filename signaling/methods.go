package signaling

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// methods are the handlers of a resource by method. HEAD goes with GET, and
// OPTIONS is always there.
type methods map[string]gin.HandlerFunc

func (m methods) handler(s *Server) gin.HandlerFunc {
	if get, ok := m[http.MethodGet]; ok && m[http.MethodHead] == nil {
		m[http.MethodHead] = get
	}
	if m[http.MethodOptions] == nil {
		m[http.MethodOptions] = func(c *gin.Context) { c.Status(http.StatusOK) }
	}
	allow := strings.Join(slices.Sorted(maps.Keys(m)), ", ")
	return func(c *gin.Context) {
		handle, ok := m[c.Request.Method]
		if !ok {
			c.Header("Allow", allow)
			s.fail(c, errMethod)
			return
		}
		handle(c)
	}
}

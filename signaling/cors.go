package signaling

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
)

const (
	// allowMethods is the same everywhere: a client of WHIP reads from the
	// endpoint's answer whether sessions can be patched.
	allowMethods = "OPTIONS, GET, HEAD, POST, PATCH, DELETE"
	// allowHeaders has ETag for a client that sends the tag by that name.
	allowHeaders = "Authorization, Content-Type, If-Match, ETag, Last-Event-ID, If-None-Match"
	// exposeHeaders are what a script must be able to read.
	exposeHeaders = "Location, ETag, Link, Retry-After, Accept-Post, Accept-Patch, WWW-Authenticate, Access-Control-Allow-Methods, Lectern-Codec, Lectern-Width, Lectern-Height, Lectern-Age"
	// preflightSeconds is how long a browser may remember a preflight.
	preflightSeconds = "7200"

	typeSDP      = "application/sdp"
	typeFragment = "application/trickle-ice-sdpfrag"
	typeProblem  = "application/problem+json"
	typeJSON     = "application/json"
	typeBytes    = "application/octet-stream"
)

// cors says which origins' pages may use the server (Fetch, "CORS protocol").
type cors struct {
	any     bool
	origins []string
}

func newCORS(origins []string) cors {
	return cors{any: len(origins) == 0 || slices.Contains(origins, "*"), origins: origins}
}

// handle adds the headers before anything else is done, so that errors have
// them too.
func (o cors) handle(c *gin.Context) {
	h := c.Writer.Header()
	origin := c.GetHeader("Origin")
	switch {
	case o.any:
		h.Set("Access-Control-Allow-Origin", "*")
	default:
		h.Add("Vary", "Origin")
		if !slices.Contains(o.origins, origin) {
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
	}
	h.Set("Access-Control-Expose-Headers", exposeHeaders)
	if c.Request.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", allowMethods)
		h.Set("Access-Control-Allow-Headers", allowHeaders)
		h.Set("Access-Control-Max-Age", preflightSeconds)
	}
}

func preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// accepts tells clients what they may send (RFC 9725 §4.2, RFC 5789 §2.2).
func accepts(c *gin.Context) {
	c.Header("Accept-Post", typeSDP)
	c.Header("Accept-Patch", typeFragment)
}

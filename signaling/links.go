package signaling

import (
	"strings"

	"github.com/gin-gonic/gin"
)

// ICEServer is a STUN or TURN server that clients may use.
type ICEServer struct {
	// URL is of RFC 7064 or RFC 7065: "stun:stun.example.com",
	// "turn:turn.example.com:3478?transport=udp".
	URL string
	// Username and Credential are a password's, of TURN only.
	Username, Credential string
}

// linkICEServers tells the ICE servers (RFC 9725 §4.6), one header each, as
// there are clients that cut headers at commas.
func (s *Server) linkICEServers(c *gin.Context) {
	for _, server := range s.options.ICEServers {
		c.Writer.Header().Add("Link", server.link())
	}
}

func (i ICEServer) link() string {
	link := "<" + uri.Replace(visible(i.URL)) + `>; rel="ice-server"`
	if i.Username != "" || i.Credential != "" {
		link += "; username=" + quoted(i.Username) + "; credential=" + quoted(i.Credential) + `; credential-type="password"`
	}
	return link
}

var uri = strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20", `"`, "%22")

// quoted is a quoted-string (RFC 9110 §5.6.4).
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(visible(s)) + `"`
}

// visible leaves out what no header may have.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// The extensions of WHEP that there are.
const (
	relEvents = "urn:ietf:params:whep:ext:core:server-sent-events"
	relLayer  = "urn:ietf:params:whep:ext:core:layer"
)

// linkExtensions tells where the extensions of a session are (WHEP §4.10).
func linkExtensions(c *gin.Context, path string) {
	h := c.Writer.Header()
	h.Add("Link", "<"+path+`/events>; rel="`+relEvents+`"; events="`+strings.Join(eventNames, ",")+`"`)
	h.Add("Link", "<"+path+`/layer>; rel="`+relLayer+`"`)
}

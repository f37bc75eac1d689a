package signaling

import (
	"cmp"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"lectern/sfu"
)

// front is an RTMP server in front of this one, such as nginx with its RTMP
// module, that asks what this one would decide. Nothing begins by the answer:
// what begins is when the front sends the stream on.
//
// The first value of a name counts: a front puts its own fields first, and
// what its client wants to say last.
type front struct {
	server *Server
	c      *gin.Context
	form   url.Values
	client client // whom it asks for
}

// fronts are the calls, by nginx-rtmp's names. What is only told is thanked for.
var fronts = map[string]func(front) error{
	"connect":      front.connect,
	"publish":      func(f front) error { return f.begin(Publish) },
	"publish_done": func(front) error { return nil },
	"play":         func(f front) error { return f.begin(Watch) },
	"play_done":    func(front) error { return nil },
	"update":       front.update,
}

// hook answers one of the calls with 204, 302 or a problem; which refusal it
// is, 403, does not matter to a front.
func (s *Server) hook(answer func(front) error) gin.HandlerFunc {
	handle := func(c *gin.Context) {
		from := s.client(c.Request)
		err := s.knock(from)
		var form url.Values
		if err == nil {
			form, err = readForm(c)
		}
		if err == nil {
			err = answer(front{s, c, form, behind(from, c.Request, form.Get("addr"))})
		}
		if err != nil {
			s.fail(c, refusedFront(err))
			return
		}
		c.Header("Cache-Control", "no-store")
		if !c.Writer.Written() && c.Writer.Status() == http.StatusOK {
			c.Status(http.StatusNoContent)
		}
	}
	return methods{http.MethodGet: handle, http.MethodPost: handle}.handler(s)
}

// behind is the client that a front asks for. The address in the form is
// believed of this machine's own programs, and of those without limits by
// address: it is what is counted then. Nobody becomes a local client by what
// stands in a form. A browser is no front: what a page has it ask for, as a
// picture or a script, carries no Origin but this header (Fetch Metadata §2.3).
func behind(from client, r *http.Request, addr string) client {
	believed := (from.front || from.exempt) && r.Header.Get("Sec-Fetch-Site") == ""
	from.loopback, from.front = false, false
	ip, err := netip.ParseAddr(addr)
	if !believed || err != nil {
		return from
	}
	ip = ip.Unmap().WithZone("")
	return client{ip: ip, key: limitKey(ip)}
}

// connect is refused for a token that is good for nothing here. One without a
// token may have it in the stream's key.
func (f front) connect() error {
	if f.server.draining.Load() {
		return errDraining
	}
	a := f.access(Watch, "")
	if a.Token == "" {
		return nil
	}
	_, err := f.server.ask(f.c.Request.Context(), f.client, a)
	if errors.Is(err, ErrDenied) {
		return nil // for lists; each stream is a question of its own
	}
	return err
}

// begin asks about a publisher or a viewer that wants to begin.
func (f front) begin(action Action) error {
	if f.server.draining.Load() {
		return errDraining
	}
	return f.decide(action)
}

// update asks again about one that is there, so that it ends with its token.
func (f front) update() error {
	action := Publish
	if f.form.Get("call") == "update_play" {
		action = Watch
	}
	return f.decide(action)
}

func (f front) decide(action Action) error {
	stream, err := sfu.ParseName(f.form.Get("app") + "/" + f.form.Get("name"))
	if err != nil {
		return err
	}
	grant, err := f.server.ask(f.c.Request.Context(), f.client, f.access(action, stream))
	if err != nil || grant.Rename == "" {
		return err
	}
	name, ok := strings.CutPrefix(grant.Rename, f.form.Get("app")+"/")
	if !ok {
		return errApp
	}
	f.c.Header("Location", name)
	f.c.Status(http.StatusFound)
	return nil
}

func (f front) access(action Action, stream string) Access {
	token := f.server.bearer(f.c.Request)
	for _, name := range []string{"psk", "k", "token"} {
		token = cmp.Or(f.form.Get(name), token)
	}
	return Access{Action: action, Stream: stream, Token: token, Remote: f.client.ip}
}

// frontRefusal is a refusal of which a front need not know the kind.
type frontRefusal struct{ reason error }

func (r frontRefusal) Error() string        { return r.reason.Error() }
func (r frontRefusal) Is(target error) bool { return target == errFront }

func refusedFront(err error) error {
	if errors.Is(err, ErrNoToken) || errors.Is(err, ErrInvalidToken) || errors.Is(err, ErrDenied) {
		return frontRefusal{err}
	}
	return err
}

package signaling

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/websocket"

	"lectern/internal/classroom"
	"lectern/internal/room"
)

// subprotocol is what rooms speak (docs/room.v1.md).
const subprotocol = "room.v1"

// Why a WebSocket is refused.
var (
	errOrigin      = errors.New("a WebSocket is taken only from a page of this server, or of an origin that http.cors_origins names; programs send this server's own address as Origin")
	errSubprotocol = errors.New("this WebSocket speaks the subprotocol " + subprotocol + " and no other: name it in Sec-WebSocket-Protocol")
	errNoUpgrade   = errors.New("this is a WebSocket: ask for an upgrade (RFC 6455 §4.1)")
	errSockets     = errors.New("too many connections to rooms from here")
)

// upgrader has the checks of this package made before it is asked.
var upgrader = websocket.Upgrader{
	Subprotocols:    []string{subprotocol},
	WriteBufferPool: &sync.Pool{},
	WriteBufferSize: 4 << 10,
	CheckOrigin:     func(*http.Request) bool { return true },
}

// roomSocket makes the request a WebSocket and serves it until its end.
func (s *Server) roomSocket(c *gin.Context) {
	name := c.Param("id")
	from := s.client(c.Request)
	end, err := s.admitSocket(c.Request, from, name)
	if err != nil {
		if errors.Is(err, errNoUpgrade) {
			c.Header("Upgrade", "websocket") // RFC 9110 §15.5.22
		}
		s.fail(c, err)
		return
	}
	defer end()
	cookie, header := device(c.Request, s.secure(c.Request))
	conn, err := upgrader.Upgrade(c.Writer, c.Request, header)
	if err != nil {
		return // it has answered
	}
	sock := newSocket(conn, s.options.Limits, &s.counts.limits)
	if !s.sockets.add(sock) {
		sock.End(classroom.Close{Code: classroom.CloseGoingAway, Reason: "the server is shutting down"})
	}
	defer s.sockets.remove(sock)
	sock.run(c.Request.Context(), s.options.Rooms.Visit(name, sock, classroom.Visitor{
		Decide: func(ctx context.Context, token string) (Grant, error) {
			if token == "" {
				return Grant{}, ErrNoToken // being on this machine makes nobody a teacher
			}
			return s.seat(ctx, from, name, token)
		},
		Watch: func(ctx context.Context, token, stream string) error {
			_, err := s.ask(ctx, from, Access{Action: Watch, Stream: stream, Token: token, Loopback: from.loopback, Remote: from.ip})
			return err
		},
		Guess:   s.guess(from),
		Begin:   s.present(c.Request, from),
		Cookie:  cookie,
		From:    s.address(from),
		Reached: s.reached(c.Request, from),
	}))
}

// address tells clients apart by where they are; "" where that bounds nobody.
func (s *Server) address(from client) string {
	if from.exempt {
		return ""
	}
	return from.key
}

// guess bounds how many passwords can be tried from one address, as refused
// tokens are bounded.
func (s *Server) guess(from client) func() (wrong func(), err error) {
	return func() (func(), error) {
		bucket := "password " + from.key
		if wait := s.refused.peek(bucket, s.options.Now()); wait > 0 {
			return nil, &room.Error{Code: room.CodeRateLimited, Message: "too many wrong passwords", RetryAfter: wait}
		}
		return func() { s.refused.take(bucket, s.options.Now()) }, nil
	}
}

// admitSocket checks all that can be said before there is a WebSocket. The
// caller calls end when it is over.
func (s *Server) admitSocket(r *http.Request, from client, name string) (end func(), err error) {
	if err := classroom.CheckName(name); err != nil {
		return nil, err
	}
	if s.draining.Load() {
		return nil, errDraining
	}
	if s.full() {
		return nil, errNoRoom
	}
	if err := s.knock(from); err != nil {
		return nil, err
	}
	if !websocket.IsWebSocketUpgrade(r) {
		return nil, errNoUpgrade
	}
	if !s.sameOrigin(r) {
		return nil, fmt.Errorf("%w: this one says %.80q", errOrigin, r.Header.Get("Origin"))
	}
	if !slices.Contains(websocket.Subprotocols(r), subprotocol) {
		return nil, errSubprotocol
	}
	most := s.options.Limits.Sockets
	if from.exempt {
		most = s.options.Limits.SocketsTotal
	}
	release, ok := s.connected.begin(allowance{from.key, most}, allowance{everywhere, s.options.Limits.SocketsTotal})
	if !ok {
		return nil, errSockets
	}
	if !s.gate.enter() {
		release()
		return nil, errDraining
	}
	return func() { release(); s.gate.leave() }, nil
}

// sameOrigin says whether the page that asks is one of ours: a WebSocket has no
// other protection from the pages of others (RFC 6455 §10.2). The scheme is not
// compared, because a proxy that ends TLS need not say so.
func (s *Server) sameOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) != 1 {
		return false
	}
	if !s.cors.any && slices.Contains(s.cors.origins, origins[0]) {
		return true
	}
	return s.ownOrigin(r, origins[0])
}

// ownOrigin says whether an Origin is that of the page which came from where the
// request goes.
func (s *Server) ownOrigin(r *http.Request, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	return hostPort(u.Host, u.Scheme) == hostPort(s.authority(r), u.Scheme)
}

// hostPort is a host in lower case with its port, written or not.
func hostPort(authority, scheme string) string {
	host, port, err := net.SplitHostPort(authority)
	if err != nil {
		host, port = strings.Trim(authority, "[]"), map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return net.JoinHostPort(strings.ToLower(host), port)
}

// deviceCookie tells browsers apart, so that who was sent away does not come
// back by choosing another name. It says nothing about who somebody is.
const deviceCookie = "lectern_device"

// device returns the cookie of the browser, and the header that sets it where
// there is none.
func device(r *http.Request, secure bool) (string, http.Header) {
	if had, err := r.Cookie(deviceCookie); err == nil && len(had.Value) == len(rand.Text()) {
		return had.Value, nil
	}
	fresh := &http.Cookie{
		Name: deviceCookie, Value: rand.Text(), Path: "/api/v1/rooms", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: secure,
	}
	return fresh.Value, http.Header{"Set-Cookie": {fresh.String()}}
}

// sockets are the WebSockets that there are.
type sockets struct {
	mu     sync.Mutex
	all    map[*socket]struct{}
	closed bool
}

func newSockets() *sockets { return &sockets{all: map[*socket]struct{}{}} }

// add says false when no more are taken.
func (l *sockets) add(s *socket) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.all[s] = struct{}{}
	return true
}

func (l *sockets) remove(s *socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, s)
}

// close ends all of them; it does not wait.
func (l *sockets) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for s := range l.all {
		s.End(classroom.Close{Code: classroom.CloseGoingAway, Reason: "the server is shutting down: resume"})
	}
}

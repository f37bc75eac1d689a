package signaling

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"lectern/internal/logging"
	"lectern/internal/trace"
	"lectern/sfu"
	"lectern/sfu/peer"
)

// endpoint is what clients POST their offers to (RFC 9725 §4.2).
func (s *Server) endpoint(p protocol) gin.HandlerFunc {
	look := func(status int) gin.HandlerFunc {
		return func(c *gin.Context) { s.look(c, status) }
	}
	return methods{
		http.MethodPost:    func(c *gin.Context) { s.create(c, p) },
		http.MethodGet:     look(http.StatusNoContent),
		http.MethodHead:    look(http.StatusOK),
		http.MethodOptions: func(c *gin.Context) { s.announce(c, p) },
	}.handler(s)
}

// look answers GET and HEAD, which have nothing to give (WHEP §4.2).
func (s *Server) look(c *gin.Context, status int) {
	if _, err := streamName(c); err != nil {
		s.fail(c, err)
		return
	}
	accepts(c)
	c.Header("Content-Type", typeSDP)
	c.Status(status)
	c.Writer.WriteHeaderNow()
}

// streamName is the canonical name in the URL.
func streamName(c *gin.Context) (string, error) {
	name := strings.TrimPrefix(c.Param("name"), "/")
	if name == "" {
		return "", fmt.Errorf("%w: put it behind the endpoint, as in %s/NAME", sfu.ErrName, strings.TrimSuffix(c.Request.URL.Path, "/"))
	}
	return sfu.ParseName(name)
}

// announce answers OPTIONS. ICE servers are told to those who could POST, but
// not to a preflight, which has no token (RFC 9725 §4.6).
func (s *Server) announce(c *gin.Context, p protocol) {
	accepts(c)
	stream, err := streamName(c)
	if err == nil && len(s.options.ICEServers) > 0 && !preflight(c.Request) {
		if _, err := s.decide(c.Request, s.client(c.Request), p.action, stream); err == nil {
			s.linkICEServers(c)
		}
	}
	c.Status(http.StatusOK)
}

// create makes a session out of an offer.
func (s *Server) create(c *gin.Context, p protocol) {
	span := s.setOut(c, p)
	ses, err := s.open(c, p)
	if err != nil {
		told, _ := describe(err)
		span.Fail(told.Code)
		span.End()
		s.fail(c, err)
		return
	}
	path := prefix(c, "/"+p.name) + "/sessions/" + p.name + "/" + ses.id
	c.Header("Location", path)
	c.Header("ETag", ses.tag())
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Type", typeSDP)
	s.linkICEServers(c)
	if p.action == Watch {
		linkExtensions(c, path)
	} else {
		linkDemand(c, path, ses.peer.Answer())
	}
	accepts(c)
	c.Status(http.StatusCreated)
	_, _ = c.Writer.WriteString(ses.peer.Answer()) // a client that has gone does not connect
}

// prefix is what stands in the request's path before the route.
func prefix(c *gin.Context, route string) string {
	return strings.TrimSuffix(c.Request.URL.Path, route+c.Param("name"))
}

func (s *Server) open(c *gin.Context, p protocol) (*session, error) {
	accepts(c)
	r := c.Request
	stream, err := streamName(c)
	if err != nil {
		return nil, err
	}
	trace.Current(r.Context()).Set(slog.String("lectern.source", stream))
	if at, ok := s.seatOf(stream); ok {
		return s.openSeat(c, p, stream, at)
	}
	if s.draining.Load() {
		return nil, errDraining
	}
	from := s.client(r)
	// Who may not is told before his body is read. Whether the session may
	// begin is another question, as it can be somebody's else to answer.
	if _, err := s.decide(r, from, p.action, stream); err != nil {
		return nil, err
	}
	if err := s.admit(p, from, digest(s.bearer(r))); err != nil {
		return nil, err
	}
	if err := wantType(r, typeSDP); err != nil {
		return nil, err
	}
	sdp, err := readBody(c, s.options.Limits.OfferBytes)
	if err != nil {
		return nil, err
	}
	return s.allow(p, from, r, stream, sdp)
}

// allow asks whether a session may begin, and begins it.
func (s *Server) allow(p protocol, from client, r *http.Request, stream, sdp string) (*session, error) {
	id, asked := newID(), s.options.Now()
	access := s.beginning(r, from, p, stream, labelOf(id))
	grant, err := s.ask(r.Context(), from, access)
	if err != nil {
		return nil, err
	}
	used := stream
	if grant.Rename != "" {
		used, err = sfu.ParseName(grant.Rename)
	}
	if err == nil && p.action == Watch && s.options.RequireLive && !s.live(used) {
		err = errNotLive
	}
	var ses *session
	if err == nil {
		o := owner{action: p.action, stream: used, asked: stream, identity: grant.Identity, token: digest(access.Token)}
		ses, err = s.begin(from, r, sdp, newSession(p, id, o, access, grant, s.options.Limits.Session, asked))
	}
	if err != nil {
		s.ended(access)
		return nil, err
	}
	return ses, nil
}

// begin hands the offer over, and keeps the session that comes of it.
func (s *Server) begin(from client, r *http.Request, sdp string, ses *session) (*session, error) {
	if !s.gate.enter() {
		return nil, errDraining
	}
	defer s.gate.leave()
	p, o := ses.protocol, ses.owner
	settled, err := s.setup(p, from, o.stream, o.token)
	if err != nil {
		return nil, err
	}
	ses.settled = sync.OnceFunc(settled)
	ses.log = logging.Of(r.Context(), s.log).With("protocol", p.name, "source", o.stream, "session", ses.label, "remote", from.ip)
	trace.Current(r.Context()).Set(slog.String("lectern.session", ses.label))
	_, answering := trace.Start(r.Context(), "answer")
	ses.peer, err = p.open(s, o.stream, o.identity, peer.Offer{SDP: sdp, Reached: s.reached(r, from), Log: ses.log})
	answering.End()
	if err != nil {
		ses.settled()
		return nil, err
	}
	if !s.sessions.add(ses) {
		ses.settled()
		ses.peer.Close(nil)
		return nil, errDraining
	}
	s.counts.began(p)
	ses.log.Info("session created", "identity", o.identity)
	way := newWay(r.Context(), ses.peer.Begun())
	s.gate.in.Go(func() { s.follow(ses, way) }) // we are in the gate
	return ses, nil
}

package signaling

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/internal/limit"
	"lectern/sfu/peer"
)

// resource is a session, at the URL that Location named.
func (s *Server) resource(p protocol) gin.HandlerFunc {
	look := func(status int) gin.HandlerFunc {
		return func(c *gin.Context) {
			if _, err := s.session(c, p); err != nil {
				s.fail(c, err)
				return
			}
			accepts(c)
			c.Status(status)
			c.Writer.WriteHeaderNow()
		}
	}
	return methods{
		http.MethodPatch:  func(c *gin.Context) { s.patch(c, p) },
		http.MethodDelete: func(c *gin.Context) { s.delete(c, p) },
		http.MethodGet:    look(http.StatusNoContent),
		http.MethodHead:   look(http.StatusOK),
		http.MethodOptions: func(c *gin.Context) {
			accepts(c)
			c.Status(http.StatusOK)
		},
	}.handler(s)
}

// session finds the session in the URL, within the limits on requests.
func (s *Server) session(c *gin.Context, p protocol) (*session, error) {
	ses, ok := s.sessions.get(p, c.Param("id"))
	if !ok {
		if err := s.knock(s.client(c.Request)); err != nil {
			return nil, err
		}
		return nil, errNoSession
	}
	if wait := take(ses.requests, s.options.Now()); wait > 0 {
		return nil, s.tooMany(limit.SessionRate, "requests for this session", wait)
	}
	return ses, nil
}

// owned is session for those who may change it.
func (s *Server) owned(c *gin.Context, p protocol) (*session, error) {
	ses, err := s.session(c, p)
	if err != nil {
		return nil, err
	}
	return ses, s.check(c.Request, s.client(c.Request), ses.owner)
}

// patch takes candidates and ICE restarts (RFC 9725 §4.3).
func (s *Server) patch(c *gin.Context, p protocol) {
	accepts(c)
	ses, err := s.owned(c, p)
	if err != nil {
		s.fail(c, err)
		return
	}
	if err := wantType(c.Request, typeFragment); err != nil {
		s.fail(c, err)
		return
	}
	fragment, err := readBody(c, s.options.Limits.FragmentBytes)
	if err != nil {
		s.fail(c, err)
		return
	}
	answer, tag, err := ses.patch(c.Request.Header.Values("If-Match"), fragment)
	switch {
	case errors.Is(err, peer.ErrClosed):
		s.fail(c, errNoSession)
	case err != nil:
		s.fail(c, err)
	case answer == "":
		c.Status(http.StatusNoContent)
	default:
		c.Header("ETag", tag)
		c.Header("Cache-Control", "no-store")
		c.Header("Content-Type", typeFragment)
		c.Status(http.StatusOK)
		_, _ = c.Writer.WriteString(answer) // a client that has gone asks again
	}
}

// patch returns the answer to an ICE restart and its tag; both are empty when
// the fragment brought candidates only.
func (s *session) patch(ifMatch []string, fragment string) (answer, tag string, err error) {
	s.patching.Lock()
	defer s.patching.Unlock()
	present := s.tag()
	if err := matches(ifMatch, present); err != nil {
		return "", "", err
	}
	for i, r := range s.restarts {
		switch {
		case r.fragment != fragment:
		case i == len(s.restarts)-1:
			return r.answer, present, nil // its answer was lost
		default:
			return "", "", errOvertaken
		}
	}
	answer, err = s.peer.Patch(fragment)
	if err != nil || answer == "" {
		return "", "", err
	}
	tag = newTag()
	s.setTag(tag)
	s.restarts = append(s.restarts, restart{fragment, answer})
	s.restarts = s.restarts[max(0, len(s.restarts)-maxRestarts):]
	s.log.Info("ice restarted")
	return answer, tag, nil
}

// delete ends a session. If-Match means nothing here (RFC 9725 §4.3.1).
func (s *Server) delete(c *gin.Context, p protocol) {
	accepts(c)
	id := c.Param("id")
	if o, ok := s.sessions.departed(p, id); ok {
		s.deleteDeparted(c, id, o)
		return
	}
	ses, err := s.owned(c, p)
	if err != nil {
		s.fail(c, err)
		return
	}
	if !s.sessions.take(ses) {
		s.fail(c, errNoSession)
		return
	}
	ses.peer.Close(errDeleted)
	ses.settled()
	c.Status(http.StatusOK)
}

// deleteDeparted answers a client that has closed its connection first.
func (s *Server) deleteDeparted(c *gin.Context, id string, o owner) {
	if err := s.check(c.Request, s.client(c.Request), o); err != nil {
		s.fail(c, err)
		return
	}
	if !s.sessions.left.take(id) {
		s.fail(c, errNoSession)
		return
	}
	c.Status(http.StatusOK)
}

// errDeleted is the cause of an end that the client has asked for.
var errDeleted = errors.New("deleted by the client")

// follow waits for a session's connection and for its end, and ends it when
// the permission does.
func (s *Server) follow(ses *session, way *way) {
	defer s.ended(ses.access)
	connected, revoked := ses.peer.Connected(), ses.grant.Revoked
	var expired <-chan time.Time
	if until := ses.grant.Until(); !until.IsZero() {
		timer := time.NewTimer(until.Sub(s.options.Now()))
		defer timer.Stop()
		expired = timer.C
	}
	for over := false; !over; {
		select {
		case <-connected:
			ses.settled()
			s.counts.connected(ses.protocol, s.options.Now().Sub(ses.asked))
			connected = nil
			way.connected()
		case <-way.begun:
			way.arrive()
		case <-way.late:
			way.arrive()
		case <-revoked:
			ses.peer.Close(ErrRevoked)
			revoked = nil
		case <-expired:
			ses.peer.Close(ErrExpired)
		case <-ses.peer.Done():
			over = true
		}
	}
	ses.settled()
	cause := ses.peer.Err()
	way.fail(cause)
	if errors.Is(cause, peer.ErrLeft) {
		s.sessions.depart(ses)
	} else {
		s.sessions.take(ses)
	}
	s.counts.ended(ses.protocol, cause)
	ses.log.Info("session ended", "cause", cause)
}

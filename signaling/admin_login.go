package signaling

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/internal/audit"
	"lectern/internal/auth"
)

// loginWanted is the body that logs somebody in.
type loginWanted struct {
	Key string `json:"key"`
}

// loginInfo is who is logged in; Login is nil when nobody is.
type loginInfo struct {
	Login *login `json:"login"`
}

type login struct {
	Identity string `json:"identity"`
	// CSRF goes into the header Lectern-CSRF with every change.
	CSRF string `json:"csrf"`
	// Until is when it ends at the latest, and IdleSeconds how long it lasts
	// while nobody is there.
	Until       time.Time `json:"until"`
	IdleSeconds int       `json:"idle_seconds"`
}

func newLogin(identity, secret string, began time.Time) *login {
	return &login{identity, csrf(secret), began.Add(visitLasts).UTC(), int(visitIdle.Seconds())}
}

// enter logs the owner in: a key with the right for a cookie.
func (s *Server) enter(c *gin.Context) {
	from := s.client(c.Request)
	err := s.knock(from)
	if err == nil && !s.ours(c.Request) {
		err = errForged
	}
	var wanted loginWanted
	if err == nil {
		err = s.readJSON(c, &wanted)
	}
	var grant Grant
	if err == nil {
		grant, err = s.ask(c.Request.Context(), from, Access{Action: auth.Admin, Token: strings.TrimSpace(wanted.Key), Loopback: from.loopback, Remote: from.ip})
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	now := s.options.Now()
	s.options.Owner.visits.end(s.visitSecret(c.Request)) // of the same browser
	secret := s.options.Owner.visits.begin(strings.TrimSpace(wanted.Key), s.authority(c.Request), now)
	s.setVisit(c, secret, int(visitLasts.Seconds()))
	s.logins.put(grant.Identity+" "+from.ip.String(), now.Add(loginKept))
	s.record(audit.Entry{Who: grant.Identity, Remote: from.ip, Detail: "by the page"}, audit.Login)
	s.answer(c, http.StatusOK, loginInfo{newLogin(grant.Identity, secret, now)})
}

// setVisit sets the cookie; seconds < 0 takes it away. By HTTP it is for the
// API alone; with HTTPS for all paths, without which there is no __Host-.
func (s *Server) setVisit(c *gin.Context, secret string, seconds int) {
	secure, path := s.secure(c.Request), "/"
	if !secure {
		path = strings.TrimSuffix(c.Request.URL.Path, "/v1/login")
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: s.visitName(c.Request), Value: secret, Path: path, MaxAge: seconds,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: secure,
	})
}

// showLogin says who is logged in: a page that is loaded again asks. To be
// nobody is no refused attempt.
func (s *Server) showLogin(c *gin.Context) {
	from := s.client(c.Request)
	if err := s.knock(from); err != nil {
		s.fail(c, err)
		return
	}
	key, v, err := s.visitor(c.Request)
	if errors.Is(err, errForged) {
		s.fail(c, err)
		return
	}
	info := loginInfo{}
	if err == nil {
		grant, err := s.options.Authorizer.Decide(c.Request.Context(), Access{Action: auth.Admin, Token: key, Remote: from.ip})
		switch {
		case err == nil:
			info.Login = newLogin(grant.Identity, s.visitSecret(c.Request), v.began)
		case errors.Is(err, ErrInvalidToken), errors.Is(err, ErrDenied):
			s.options.Owner.visits.end(s.visitSecret(c.Request))
		default:
			s.fail(c, err)
			return
		}
	}
	s.answer(c, http.StatusOK, info)
}

// leave logs somebody out, also whose key is not good any more.
func (s *Server) leave(c *gin.Context) {
	from := s.client(c.Request)
	err := s.knock(from)
	var key string
	if err == nil {
		key, _, err = s.visitor(c.Request)
	}
	if err != nil && !errors.Is(err, errNoVisit) {
		s.fail(c, err)
		return
	}
	if err == nil {
		s.options.Owner.visits.end(s.visitSecret(c.Request))
		act := audit.Entry{Remote: from.ip}
		if grant, err := s.options.Authorizer.Decide(c.Request.Context(), Access{Action: auth.Admin, Token: key, Remote: from.ip}); err == nil {
			act.Who = grant.Identity
		}
		s.record(act, audit.Logout)
	}
	s.setVisit(c, "", -1)
	c.Status(http.StatusNoContent)
}

// refusedVisit is what is wrong with a request that has the owner's cookie and
// was refused: it did not come from our page, or the key is not good any more,
// which ends the visit.
func (s *Server) refusedVisit(r *http.Request, err error) error {
	secret := s.visitSecret(r)
	if secret == "" {
		return err
	}
	if _, _, why := s.visitor(r); errors.Is(why, errForged) {
		return errForged
	}
	if errors.Is(err, ErrInvalidToken) || errors.Is(err, ErrDenied) {
		s.options.Owner.visits.end(secret)
	}
	return err
}

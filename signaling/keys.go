package signaling

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/internal/audit"
	"lectern/internal/auth"
	"lectern/internal/config"
	"lectern/internal/history"
	"lectern/internal/logs"
	"lectern/internal/webhook"
)

// Owner is what the owner of a server can see and change while it runs. The
// routes ask the Authorizer for auth.Admin.
type Owner struct {
	// Keys are those that the owner makes, and Sessions who publishes and
	// watches. Nil leaves their routes out.
	Keys     *auth.Keys
	Sessions *auth.Sessions
	// History has the figures of the last day, Logs the newest lines of the log
	// and Settings what the server runs with. Nil leaves their routes out.
	History  *history.History
	Logs     *logs.Ring
	Settings func() []config.Value
	// Doctor looks at the server and its machine by the time that ctx ends, in
	// full or at what takes a second; what it returns becomes JSON. Nil leaves
	// the route out.
	Doctor func(ctx context.Context, full bool) any
	// Webhooks tell others what happens. Nil leaves their routes out.
	Webhooks *webhook.Webhooks
	// Drain begins the end of the server, as SIGTERM does. Nil leaves the
	// route out.
	Drain func()

	visits visits
}

// mountOwner adds the routes of the owner:
//
//	/api/v1/keys, /api/v1/keys/ID, /api/v1/keys/ID/rotate
//	/api/v1/denied, /api/v1/denied/JTI        signed tokens that are not accepted
//	/api/v1/sessions, /api/v1/sessions/ID     who publishes and watches, by any protocol
func (s *Server) mountOwner(r gin.IRouter) {
	if s.options.Owner == nil {
		return
	}
	if s.options.Owner.Keys != nil {
		r.Any("/api/v1/keys", methods{"GET": s.listKeys, "POST": s.addKey}.handler(s))
		r.Any("/api/v1/keys/:id", methods{"DELETE": s.revokeKey}.handler(s))
		r.Any("/api/v1/keys/:id/rotate", methods{"POST": s.rotateKey}.handler(s))
		r.Any("/api/v1/denied", methods{"GET": s.listDenied, "POST": s.denyToken}.handler(s))
		r.Any("/api/v1/denied/*id", methods{"DELETE": s.allowToken}.handler(s))
	}
	if s.options.Owner.Sessions != nil {
		r.Any("/api/v1/sessions", methods{"GET": s.listSessions, "DELETE": s.kickAll}.handler(s))
		r.Any("/api/v1/sessions/:id", methods{"DELETE": s.kick}.handler(s))
	}
	s.mountWebhooks(r)
	s.mountAdmin(r)
	s.mountPeople(r)
}

const (
	// loginKept is how long somebody counts as the one who has come already.
	loginKept = 15 * time.Minute
	// maxLogins bounds how many are remembered, the last ones.
	maxLogins = 1024
)

// owns says who uses the owner's right, or why he may not.
func (s *Server) owns(c *gin.Context) (act audit.Entry, err error) {
	from := s.client(c.Request)
	if err := s.knock(from); err != nil {
		return audit.Entry{}, err
	}
	grant, err := s.decide(c.Request, from, auth.Admin, "")
	if err != nil {
		return audit.Entry{}, s.refusedVisit(c.Request, err)
	}
	act = audit.Entry{Who: grant.Identity, Remote: from.ip}
	now, visit := s.options.Now(), grant.Identity+" "+from.ip.String()
	if till, ok := s.logins.get(visit); !ok || now.After(till) {
		s.record(act, audit.Login)
	}
	s.logins.put(visit, now.Add(loginKept))
	return act, nil
}

// record writes down what somebody did.
func (s *Server) record(e audit.Entry, action string) {
	e.Action = action
	s.options.Audit.Record(e)
}

// refusedAccess writes down that somebody was not let in.
func (s *Server) refusedAccess(a Access, cause error) {
	s.options.Audit.Record(audit.Entry{
		Action: audit.Refused, Remote: a.Remote, Source: a.Stream, Room: a.Room, Protocol: a.Protocol,
		Detail: fmt.Sprintf("%s: %v", a.Action, cause),
	})
}

// keyInfo is a key; its secret is there once, when it is made or replaced.
type keyInfo struct {
	auth.Issued
	Key string `json:"key,omitempty"`
}

// keyWanted is the body that makes a key; without Expires it lasts.
type keyWanted struct {
	Name    string        `json:"name"`
	Stream  []string      `json:"stream"`
	Can     []auth.Action `json:"can"`
	Expires time.Time     `json:"expires"`
}

type keyList struct {
	Keys []auth.Issued `json:"keys"`
}

func (s *Server) listKeys(c *gin.Context) {
	_, err := s.owns(c)
	var list []auth.Issued
	if err == nil {
		list, err = s.options.Owner.Keys.List(c.Request.Context())
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, keyList{list})
}

func (s *Server) addKey(c *gin.Context) {
	var wanted keyWanted
	act, err := s.owns(c)
	if err == nil {
		err = s.readJSON(c, &wanted)
	}
	var info keyInfo
	if err == nil {
		info.Issued, info.Key, err = s.options.Owner.Keys.Add(c.Request.Context(),
			auth.Issued{Name: wanted.Name, Stream: wanted.Stream, Can: wanted.Can, Expires: wanted.Expires})
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	act.Key, act.Detail = info.ID, info.Name
	s.record(act, audit.KeyAdd)
	c.Header("Location", strings.TrimSuffix(c.Request.URL.Path, "/")+"/"+info.ID)
	s.answer(c, http.StatusCreated, info)
}

func (s *Server) rotateKey(c *gin.Context) {
	act, err := s.owns(c)
	var info keyInfo
	if err == nil {
		info.Issued, info.Key, err = s.options.Owner.Keys.Rotate(c.Request.Context(), c.Param("id"))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.changed(c, act, audit.KeyRotate, info.ID)
	s.answer(c, http.StatusOK, info)
}

func (s *Server) revokeKey(c *gin.Context) {
	act, err := s.owns(c)
	if err == nil {
		err = s.options.Owner.Keys.Revoke(c.Request.Context(), c.Param("id"))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.changed(c, act, audit.KeyRevoke, c.Param("id"))
	c.Status(http.StatusNoContent)
}

// changed writes down that a key or token was taken back, and ends the
// sessions that rest on it.
func (s *Server) changed(c *gin.Context, act audit.Entry, action, key string) {
	act.Key = key
	s.record(act, action)
	if sessions := s.options.Owner.Sessions; sessions != nil {
		sessions.Recheck(c.Request.Context())
	}
}

// denial is a signed token that is not accepted.
type denial struct {
	ID    string    `json:"jti"`
	Until time.Time `json:"until,omitzero"` // zero is for ever
}

type denialList struct {
	Denied []denial `json:"denied"`
}

func (s *Server) listDenied(c *gin.Context) {
	if _, err := s.owns(c); err != nil {
		s.fail(c, err)
		return
	}
	list := []denial{}
	for id, until := range s.options.Owner.Keys.DeniedTokens() {
		list = append(list, denial{id, until})
	}
	slices.SortFunc(list, func(a, b denial) int { return strings.Compare(a.ID, b.ID) })
	s.answer(c, http.StatusOK, denialList{list})
}

func (s *Server) denyToken(c *gin.Context) {
	var wanted denial
	act, err := s.owns(c)
	if err == nil {
		err = s.readJSON(c, &wanted)
	}
	if err == nil {
		err = s.options.Owner.Keys.Deny(c.Request.Context(), wanted.ID, wanted.Until)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.changed(c, act, audit.TokenDeny, wanted.ID)
	s.answer(c, http.StatusCreated, wanted)
}

func (s *Server) allowToken(c *gin.Context) {
	id := strings.TrimPrefix(c.Param("id"), "/")
	act, err := s.owns(c)
	if err == nil {
		err = s.options.Owner.Keys.Allow(c.Request.Context(), id)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	act.Key = id
	s.record(act, audit.TokenAllow)
	c.Status(http.StatusNoContent)
}

type sessionList struct {
	Sessions []auth.Live `json:"sessions"`
}

func (s *Server) listSessions(c *gin.Context) {
	if _, err := s.owns(c); err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, sessionList{s.options.Owner.Sessions.List()})
}

// kick ends a session. Its client may come back while its token is good.
func (s *Server) kick(c *gin.Context) {
	act, err := s.owns(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	was, ok := s.options.Owner.Sessions.Kick(c.Param("id"))
	if !ok {
		s.fail(c, errNoSession)
		return
	}
	s.kicked(act, was)
	c.Status(http.StatusNoContent)
}

func addressed(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return " at " + ip.String()
}

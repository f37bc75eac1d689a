package signaling

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/internal/audit"
	"lectern/internal/auth"
	"lectern/internal/classroom"
	"lectern/internal/config"
	"lectern/internal/room"
	"lectern/sfu"
)

// What is wrong with a request of the owner.
var (
	errBusyDoctor    = errors.New("the server is being looked at already")
	errNoSpan        = errors.New("span is 1h or 24h, and since a time in seconds since 1970")
	errNoStreamNamed = errors.New("say whose sessions end: ?stream=NAME, and action=publish or action=watch for some of them")
	errTails         = errors.New("too many follow the log")
)

// mountAdmin adds what the page /admin needs besides the owner's other routes:
//
//	/api/v1/login                        the cookie of the page
//	/api/v1/history                      figures of the last hour and day
//	/api/v1/logs, /api/v1/logs/tail      the newest lines of the log
//	/api/v1/config, /api/v1/doctor, /api/v1/drain
//	/api/v1/rooms/ID/end, /api/v1/rooms/ID/lock   for the room's teachers too
func (s *Server) mountAdmin(r gin.IRouter) {
	o := s.options.Owner
	r.Any("/api/v1/login", methods{"GET": s.showLogin, "POST": s.enter, "DELETE": s.leave}.handler(s))
	if o.History != nil {
		r.Any("/api/v1/history", methods{"GET": s.showHistory}.handler(s))
	}
	if o.Logs != nil {
		r.Any("/api/v1/logs", methods{"GET": s.listLines}.handler(s))
		r.Any("/api/v1/logs/tail", methods{"GET": s.followLines}.handler(s))
	}
	if o.Settings != nil {
		r.Any("/api/v1/config", methods{"GET": s.showSettings}.handler(s))
	}
	if o.Doctor != nil {
		var looking atomic.Bool
		r.Any("/api/v1/doctor", methods{"GET": func(c *gin.Context) { s.examine(c, &looking) }}.handler(s))
	}
	if o.Drain != nil {
		r.Any("/api/v1/drain", methods{"POST": s.drain}.handler(s))
	}
	if s.options.Rooms != nil {
		r.Any("/api/v1/rooms/:id/end", methods{"POST": s.endClass}.handler(s))
		r.Any("/api/v1/rooms/:id/lock", methods{"POST": s.lockClass}.handler(s))
	}
}

// showHistory answers with the figures of ?span=1h or 24h, those after
// ?since=SECONDS only when that is there.
func (s *Server) showHistory(c *gin.Context) {
	_, err := s.owns(c)
	since, wrong := strconv.ParseInt(c.DefaultQuery("since", "0"), 10, 64)
	if err == nil && wrong != nil {
		err = errNoSpan
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	table, ok := s.options.Owner.History.Since(c.DefaultQuery("span", "1h"), time.Unix(since, 0))
	if !ok {
		s.fail(c, errNoSpan)
		return
	}
	s.answer(c, http.StatusOK, table)
}

type settingList struct {
	Settings []config.Value `json:"settings"`
}

func (s *Server) showSettings(c *gin.Context) {
	if _, err := s.owns(c); err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, settingList{s.options.Owner.Settings()})
}

// examination bounds how long the doctor may look.
const examination = time.Minute

// examine has the doctor look, for one at a time; with ?full=1 for longer.
func (s *Server) examine(c *gin.Context, looking *atomic.Bool) {
	_, err := s.owns(c)
	if err == nil && !looking.CompareAndSwap(false, true) {
		err = errBusyDoctor
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	defer looking.Store(false)
	ctx, cancel := context.WithTimeout(c.Request.Context(), examination)
	defer cancel()
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(examination + writeTime))
	s.answer(c, http.StatusOK, s.options.Owner.Doctor(ctx, c.Query("full") == "1"))
}

// drainInfo says what goes on until the server is down.
type drainInfo struct {
	Sessions int `json:"sessions"`
}

func (s *Server) drain(c *gin.Context) {
	act, err := s.owns(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.record(act, audit.Drain)
	s.log.Info("the owner ends the server", "by", act.Who, "remote", act.Remote)
	var info drainInfo
	if sessions := s.options.Owner.Sessions; sessions != nil {
		info.Sessions = len(sessions.List())
	}
	s.answer(c, http.StatusAccepted, info)
	s.options.Owner.Drain()
}

// kickInfo is how many sessions have ended.
type kickInfo struct {
	Kicked int `json:"kicked"`
}

// kickAll ends the sessions of ?stream=NAME, or those that publish or watch it
// (?action=).
func (s *Server) kickAll(c *gin.Context) {
	act, err := s.owns(c)
	action := auth.Action(c.Query("action"))
	stream, wrong := sfu.ParseName(c.Query("stream"))
	if err == nil && (wrong != nil || action != "" && action != Publish && action != Watch) {
		err = errNoStreamNamed
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	kicked := 0
	for _, l := range s.options.Owner.Sessions.List() {
		if l.Stream != stream || action != "" && l.Action != action {
			continue
		}
		if was, ok := s.options.Owner.Sessions.Kick(l.ID); ok {
			kicked++
			s.kicked(act, was)
		}
	}
	s.answer(c, http.StatusOK, kickInfo{kicked})
}

// kicked writes down that a session was ended.
func (s *Server) kicked(act audit.Entry, was auth.Live) {
	act.Session, act.Source, act.Protocol, act.Detail = was.ID, was.Stream, was.Protocol, "of "+was.Identity+addressed(was.Remote)
	s.record(act, audit.Kick)
}

// requestKeyFrame asks a stream's publisher for a key frame.
func (s *Server) requestKeyFrame(c *gin.Context) {
	_, err := s.owns(c)
	name, ok := keyFrameOf(c)
	if err == nil && !ok {
		c.Header("Allow", "GET, HEAD, OPTIONS")
		err = errMethod
	}
	var stream string
	if err == nil {
		stream, err = sfu.ParseName(name)
	}
	if err == nil && !s.options.Router.RequestKeyFrames(stream) {
		err = errNoPicture
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusAccepted)
}

// teaches says who acts in a room as its teacher.
func (s *Server) teaches(c *gin.Context) (act audit.Entry, err error) {
	name := c.Param("id")
	if err := s.may(c, name, room.CapTeach); err != nil {
		return audit.Entry{}, err
	}
	from := s.client(c.Request)
	act = audit.Entry{Room: name, Remote: from.ip}
	if token := s.bearer(c.Request); token != "" && !strings.HasPrefix(token, classroom.SessionPrefix) {
		if grant, err := s.options.Authorizer.Decide(c.Request.Context(), Access{Action: auth.Join, Room: name, Token: token, Remote: from.ip}); err == nil {
			act.Who = grant.Identity
		}
	}
	return act, nil
}

func (s *Server) endClass(c *gin.Context) {
	act, err := s.teaches(c)
	if err == nil {
		err = s.options.Rooms.End(act.Room, "ended")
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.record(act, audit.RoomEnd)
	c.Status(http.StatusNoContent)
}

// lockWanted is the body that locks a class, or opens it.
type lockWanted struct {
	Locked bool `json:"locked"`
}

func (s *Server) lockClass(c *gin.Context) {
	act, err := s.teaches(c)
	var wanted lockWanted
	if err == nil {
		err = s.readJSON(c, &wanted)
	}
	if err == nil {
		err = s.options.Rooms.Lock(act.Room, wanted.Locked)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	act.Detail = map[bool]string{true: "locked", false: "opened"}[wanted.Locked]
	s.record(act, audit.RoomLock)
	c.Status(http.StatusNoContent)
}

package signaling

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/internal/auth"
	"lectern/internal/classroom"
	"lectern/internal/room"
)

// mountRooms adds the routes of the rooms:
//
//	/api/v1/rooms, /api/v1/rooms/ID                   what there is
//	/api/v1/rooms/ID/ws                               the WebSocket, room.v1
//	/api/v1/rooms/ID/people, /invites, /invites/ID
//	/api/v1/rooms/ID/attendance.csv, attendance.json, chat.csv, polls.csv, polls.json, report.csv, report.json
func (s *Server) mountRooms(r gin.IRouter) {
	if s.options.Rooms == nil {
		return
	}
	r.Any("/api/v1/rooms", methods{"GET": s.listRooms, "POST": s.makeRoom}.handler(s))
	r.Any("/api/v1/rooms/:id", methods{"GET": s.showRoom, "PATCH": s.changeRoom, "DELETE": s.removeRoom}.handler(s))
	r.Any("/api/v1/rooms/:id/ws", methods{"GET": s.roomSocket}.handler(s))
	r.Any("/api/v1/rooms/:id/people", methods{"GET": s.listPeople}.handler(s))
	r.Any("/api/v1/rooms/:id/invites", methods{"GET": s.listInvites, "POST": s.makeInvite}.handler(s))
	r.Any("/api/v1/rooms/:id/invites/:invite", methods{"DELETE": s.revokeInvite}.handler(s))
	for name, report := range reports {
		r.Any("/api/v1/rooms/:id/"+name, methods{"GET": func(c *gin.Context) { s.report(c, report) }}.handler(s))
	}
}

// seat asks what a client is in a room.
func (s *Server) seat(ctx context.Context, from client, name, token string) (Grant, error) {
	return s.ask(ctx, from, Access{Action: auth.Join, Room: name, Token: token, Loopback: from.loopback, Remote: from.ip})
}

// may says whether the request comes from somebody who has a capability in the
// room: by a token for teachers, or by the session that somebody has there, as
// Authorization: Bearer ID.KEY.
func (s *Server) may(c *gin.Context, name string, needed room.Cap) error {
	if err := classroom.CheckName(name); err != nil {
		return err
	}
	from := s.client(c.Request)
	if err := s.knock(from); err != nil {
		return err
	}
	token := s.bearer(c.Request)
	if id, key, ok := strings.Cut(token, "."); ok && strings.HasPrefix(id, classroom.SessionPrefix) {
		if s.options.Rooms.Holds(name, id, key, needed) {
			return nil
		}
		return ErrDenied
	}
	grant, err := s.seat(c.Request.Context(), from, name, token)
	if err != nil {
		return err
	}
	if grant.Role != auth.RoleTeacher {
		return fmt.Errorf("%w: only teachers do this", ErrDenied)
	}
	return nil
}

// roomInfo is a room as teachers see it.
type roomInfo struct {
	classroom.Facts
	Guests    bool        `json:"guests"`
	Password  bool        `json:"password"` // there is one
	Codec     string      `json:"codec"`
	MaxPeople int         `json:"max_people"`
	Manual    bool        `json:"manual"`
	LobbyText string      `json:"lobby_text,omitempty"`
	Policy    room.Policy `json:"policy"`
	Made      time.Time   `json:"made"`
	Links     *roomLinks  `json:"links,omitempty"` // of a room that was just made
}

// roomLinks let people in. Their secrets are in the part that browsers send to
// nobody, and cannot be had again.
type roomLinks struct {
	Teacher string `json:"teacher"`
	Student string `json:"student"`
}

func (s *Server) roomInfo(name string) (roomInfo, error) {
	facts, err := s.options.Rooms.Facts(name)
	if err != nil {
		return roomInfo{}, err
	}
	d, err := s.options.Rooms.Definition(name)
	if err != nil {
		return roomInfo{}, err
	}
	return roomInfo{
		Facts: facts, Guests: d.Guests, Password: len(d.Password) > 0, Codec: d.Codec, MaxPeople: d.MaxPeople,
		Manual: d.Manual, LobbyText: d.LobbyText, Policy: d.Policy, Made: d.Made.UTC(),
	}, nil
}

type roomList struct {
	Rooms []roomInfo `json:"rooms"`
}

// listRooms answers with the rooms in which the client is a teacher.
func (s *Server) listRooms(c *gin.Context) {
	from := s.client(c.Request)
	if err := s.knock(from); err != nil {
		s.fail(c, err)
		return
	}
	token := s.bearer(c.Request)
	list := roomList{[]roomInfo{}}
	if _, err := s.seat(c.Request.Context(), from, "", token); err != nil && !errors.Is(err, ErrDenied) {
		s.fail(c, err)
		return
	}
	teaches := s.teacherOf(c.Request.Context(), from, token)
	for _, name := range s.options.Rooms.Names() {
		if !teaches(name) {
			continue
		}
		if info, err := s.roomInfo(name); err == nil { // else it was removed
			list.Rooms = append(list.Rooms, info)
		}
	}
	s.answer(c, http.StatusOK, list)
}

// teacherOf says of a room whether somebody is a teacher there. An Authorizer that
// knows all at once is asked once. What is left out of a list is no refused attempt.
func (s *Server) teacherOf(ctx context.Context, from client, token string) func(name string) bool {
	asked := Access{Action: auth.Join, Token: token, Loopback: from.loopback, Remote: from.ip}
	if s.options.Owner != nil && s.options.Owner.Sessions != nil {
		grant, err := s.options.Owner.Sessions.Rooms(ctx, asked)
		return func(name string) bool { return err == nil && grant.Role == auth.RoleTeacher && grant.Joins(name) }
	}
	return func(name string) bool {
		asked.Room = name
		grant, err := s.options.Authorizer.Decide(ctx, asked)
		return err == nil && grant.Role == auth.RoleTeacher
	}
}

// showRoom answers with what anybody may know, and teachers with more.
func (s *Server) showRoom(c *gin.Context) {
	from := s.client(c.Request)
	name := c.Param("id")
	err := s.knock(from)
	if err == nil {
		err = classroom.CheckName(name)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if s.bearer(c.Request) != "" && s.may(c, name, room.CapTeach) == nil {
		info, err := s.roomInfo(name)
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answer(c, http.StatusOK, info)
		return
	}
	facts, err := s.options.Rooms.Facts(name)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, facts)
}

// roomChange is the body that makes or changes a room; what is absent stays.
type roomChange struct {
	ID        *string          `json:"id"` // only of a new one
	Title     *string          `json:"title"`
	Guests    *bool            `json:"guests"`
	Password  *string          `json:"password"`
	Seats     *int             `json:"seats"`
	Codec     *string          `json:"codec"`
	MaxPeople *int             `json:"max_people"`
	Manual    *bool            `json:"manual"`
	LobbyText *string          `json:"lobby_text"`
	Policy    *room.RoomPolicy `json:"policy"`
}

func (r roomChange) apply(d *classroom.Definition) {
	set(&d.Title, r.Title)
	set(&d.Guests, r.Guests)
	set(&d.Seats, r.Seats)
	set(&d.Codec, r.Codec)
	set(&d.MaxPeople, r.MaxPeople)
	set(&d.Manual, r.Manual)
	set(&d.LobbyText, r.LobbyText)
	if r.Password != nil {
		d.SetPassword(*r.Password)
	}
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// readJSON reads a body into what it should be; none is an empty object.
func (s *Server) readJSON(c *gin.Context, into any) error {
	body, err := readBody(c, s.options.Limits.JSONBytes)
	if err != nil || body == "" {
		return err
	}
	if err := wantType(c.Request, typeJSON); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		return fmt.Errorf("%w: %w", errJSON, err)
	}
	return nil
}

// makeRoom makes a room, and two links to it: one for teachers, one for students.
func (s *Server) makeRoom(c *gin.Context) {
	info, err := s.newRoom(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Location", strings.TrimSuffix(c.Request.URL.Path, "/")+"/"+info.Name)
	s.answer(c, http.StatusCreated, info)
}

func (s *Server) newRoom(c *gin.Context) (roomInfo, error) {
	if s.draining.Load() {
		return roomInfo{}, errDraining
	}
	var change roomChange
	if err := s.readJSON(c, &change); err != nil {
		return roomInfo{}, err
	}
	name := strings.ToLower(rand.Text()[:10])
	set(&name, change.ID)
	if err := s.may(c, name, room.CapTeach); err != nil {
		return roomInfo{}, err
	}
	d := s.options.Rooms.Fresh(name)
	change.apply(&d)
	if err := setPolicy(&d, change.Policy); err != nil {
		return roomInfo{}, err
	}
	if err := s.options.Rooms.Make(c.Request.Context(), d); err != nil {
		return roomInfo{}, err
	}
	info, err := s.roomInfo(name)
	if err != nil {
		return roomInfo{}, err
	}
	info.Links = &roomLinks{}
	for role, link := range map[room.Role]*string{room.Teacher: &info.Links.Teacher, room.Student: &info.Links.Student} {
		_, secret, err := s.options.Rooms.Invite(c.Request.Context(), classroom.Invite{Room: name, Role: role, Uses: -1})
		if err != nil {
			return roomInfo{}, err
		}
		*link = s.roomLink(c.Request, name, secret)
	}
	s.log.InfoContext(c.Request.Context(), "room made", "room", name, "remote", s.client(c.Request).ip)
	return info, nil
}

// roomLink is a page's address with an invite.
func (s *Server) roomLink(r *http.Request, name, secret string) string {
	return s.origin(r) + "/room/" + name + "#i=" + secret
}

// setPolicy changes what a class begins with.
func setPolicy(d *classroom.Definition, p *room.RoomPolicy) error {
	if p == nil {
		return nil
	}
	policy, err := p.Apply(d.Policy)
	if err != nil {
		return err
	}
	d.Policy = policy
	return nil
}

func (s *Server) changeRoom(c *gin.Context) {
	name := c.Param("id")
	var change roomChange
	err := s.may(c, name, room.CapTeach)
	if err == nil {
		err = s.readJSON(c, &change)
	}
	if err == nil {
		err = s.options.Rooms.Change(c.Request.Context(), name, func(d *classroom.Definition) error {
			change.apply(d)
			return setPolicy(d, change.Policy)
		})
	}
	var info roomInfo
	if err == nil {
		info, err = s.roomInfo(name)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, info)
}

func (s *Server) removeRoom(c *gin.Context) {
	name := c.Param("id")
	err := s.may(c, name, room.CapTeach)
	if err == nil {
		err = s.options.Rooms.Remove(c.Request.Context(), name)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func (s *Server) listPeople(c *gin.Context) {
	name := c.Param("id")
	err := s.may(c, name, room.CapModerate)
	var page room.PeoplePage
	if err == nil {
		page, err = s.options.Rooms.People(name)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, page)
}

// inviteInfo is an invite; the link is there once, when it is made.
type inviteInfo struct {
	classroom.Invite
	Link string `json:"link,omitempty"`
}

// inviteWanted is the body that makes an invite, of a student where it says nothing.
type inviteWanted struct {
	Role    room.Role `json:"role"`
	Name    string    `json:"name"`
	Uses    int       `json:"uses"` // 0 is without end
	Expires time.Time `json:"expires"`
}

type inviteList struct {
	Invites []classroom.Invite `json:"invites"`
}

func (s *Server) listInvites(c *gin.Context) {
	name := c.Param("id")
	if err := s.may(c, name, room.CapTeach); err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, inviteList{s.options.Rooms.Invites(name)})
}

func (s *Server) makeInvite(c *gin.Context) {
	name := c.Param("id")
	body := inviteWanted{Role: room.Student}
	err := s.may(c, name, room.CapTeach)
	if err == nil {
		err = s.readJSON(c, &body)
	}
	if body.Uses <= 0 {
		body.Uses = -1
	}
	var invite classroom.Invite
	var secret string
	if err == nil {
		invite, secret, err = s.options.Rooms.Invite(c.Request.Context(), classroom.Invite{Room: name, Role: body.Role, Name: body.Name, Uses: body.Uses, Expires: body.Expires})
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusCreated, inviteInfo{invite, s.roomLink(c.Request, name, secret)})
}

func (s *Server) revokeInvite(c *gin.Context) {
	name := c.Param("id")
	err := s.may(c, name, room.CapTeach)
	if err == nil {
		err = s.options.Rooms.Revoke(c.Request.Context(), name, c.Param("invite"))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// answer writes what nobody may keep.
func (s *Server) answer(c *gin.Context, status int, body any) {
	c.Header("Cache-Control", "no-store")
	c.JSON(status, body)
}

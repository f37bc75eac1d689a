package signaling

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"lectern/internal/audit"
)

// personInfo is what is kept of a person, in numbers.
type personInfo struct {
	Identity string `json:"identity"`
	Name     string `json:"name"`
	Messages int    `json:"messages"` // in chats
	Classes  int    `json:"classes"`  // with its presence
	Answers  int    `json:"answers"`  // to polls
	Banned   int    `json:"banned"`   // rooms that it is kept out of
}

// personList is the answer to GET /api/v1/people.
type personList struct {
	People []personInfo `json:"people"`
}

// mountPeople adds what people may ask for about their own data:
//
//	/api/v1/people?who=IDENTITY or NAME
//	/api/v1/people/IDENTITY
func (s *Server) mountPeople(r gin.IRouter) {
	if s.options.Rooms == nil {
		return
	}
	r.Any("/api/v1/people", methods{"GET": s.findPeople}.handler(s))
	r.Any("/api/v1/people/*identity", methods{"DELETE": s.forgetPerson}.handler(s))
}

func (s *Server) findPeople(c *gin.Context) {
	if _, err := s.owns(c); err != nil {
		s.fail(c, err)
		return
	}
	known, err := s.options.Rooms.Known(c.Request.Context(), c.Query("who"))
	if err != nil {
		s.fail(c, err)
		return
	}
	list := personList{[]personInfo{}}
	for _, p := range known {
		list.People = append(list.People, personInfo(p))
	}
	s.answer(c, http.StatusOK, list)
}

// forgetPerson deletes what is kept of somebody. The audit log does not name
// the person again.
func (s *Server) forgetPerson(c *gin.Context) {
	act, err := s.owns(c)
	if err == nil {
		err = s.options.Rooms.Forget(c.Request.Context(), strings.TrimPrefix(c.Param("identity"), "/"))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	act.Detail = "1 forgotten"
	s.record(act, audit.PersonForget)
	c.Status(http.StatusNoContent)
}

package signaling_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// summary is a class report, as a page reads it.
type summary struct {
	State        string
	Began, Ended time.Time
	Seconds      int
	Totals       struct{ People, Most, Hands, Messages, Polls, Answers int }
	People       []struct {
		Name, Role             string
		Unverified             bool
		Answers, Asked, Hands  int
		Right, Scored, Seconds int
	}
	Polls []struct {
		Q     string
		Tally []int
		Right *int
	}
}

func (s *school) summary(t *testing.T, name, token string) (code int, r summary, text string) {
	t.Helper()
	w := s.do("GET", "/api/v1/rooms/"+name+"/report.json", "", bearerOf(token)...)
	if w.Code == http.StatusOK {
		if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
	}
	return w.Code, r, w.Body.String()
}

func TestATeacherTakesTheClassReportHome(t *testing.T) {
	s := newStoredSchool(t, t.TempDir())
	name, key, invite := s.room(t, `{"id":"math-7b","title":"Algebra"}`)
	credentials := func(p *pupil) string { return p.session.ID + "." + p.session.Key }
	teacher := enter(t, s.url, name, map[string]any{"invite": key, "name": "Ms Noether"})
	ada := enter(t, s.url, name, map[string]any{"invite": invite, "name": "Ada"})
	bob := enter(t, s.url, name, map[string]any{"invite": invite, "name": "=Bob"})
	ada.must("hand.raise", map[string]any{})
	ada.must("chat.send", map[string]any{"text": "hello"})
	var poll struct{ Poll string }
	if err := json.Unmarshal(teacher.must("poll.start", map[string]any{"q": "1+1?", "options": []string{"1", "2"}, "correct": []int{1}}), &poll); err != nil {
		t.Fatal(err)
	}
	ada.must("poll.vote", map[string]any{"poll": poll.Poll, "choice": []int{1}})
	bob.must("poll.vote", map[string]any{"poll": poll.Poll, "choice": []int{0}})
	teacher.must("poll.close", map[string]any{"poll": poll.Poll})
	bob.must("room.leave", nil)

	check := func(when, state, token string) {
		t.Helper()
		code, r, text := s.summary(t, name, token)
		if code != http.StatusOK || r.State != state || r.Began.IsZero() || r.Ended.IsZero() != (state == "live") {
			t.Fatalf("%s: %d %s", when, code, text)
		}
		if tot := r.Totals; tot.People != 3 || tot.Most != 3 || tot.Hands != 1 || tot.Messages != 1 || tot.Polls != 1 || tot.Answers != 2 {
			t.Errorf("%s: totals %+v", when, r.Totals)
		}
		if len(r.People) != 3 || r.People[1].Name != "Ada" || r.People[1].Right != 1 || r.People[2].Right != 0 || r.People[1].Scored != 1 || !r.People[2].Unverified {
			t.Errorf("%s: people %+v", when, r.People)
		}
		if len(r.Polls) != 1 || r.Polls[0].Right == nil || *r.Polls[0].Right != 1 || len(r.Polls[0].Tally) != 2 {
			t.Errorf("%s: polls %s", when, text)
		}
	}
	check("during the class", "live", credentials(teacher))
	if code, _, text := s.summary(t, name, credentials(ada)); code != http.StatusForbidden {
		t.Errorf("a student: %d %s", code, text)
	}
	if code, _, _ := s.summary(t, name, ""); code != http.StatusOK && code != http.StatusUnauthorized {
		t.Errorf("nobody: %d", code)
	}

	teacher.must("room.end", nil)
	teacher.wantClose(4404)
	check("right after the class", "ended", credentials(teacher))
	s.rooms.Close() // the class is gone from memory
	check("from what is kept", "ended", credentials(teacher))
	table := s.do("GET", "/api/v1/rooms/"+name+"/report.csv", "", bearerOf(credentials(teacher))...)
	for _, want := range []string{"name,role,verified,first_in", "Ada,student,false,", "'=Bob,student,false,"} {
		if !strings.Contains(table.Body.String(), want) {
			t.Errorf("report.csv lacks %q: %s", want, table.Body)
		}
	}
	for _, path := range []string{"attendance.json", "chat.csv", "polls.json"} {
		if w := s.do("GET", "/api/v1/rooms/"+name+"/"+path, "", bearerOf(credentials(teacher))...); w.Code != http.StatusOK {
			t.Errorf("%s after the class: %d %s", path, w.Code, w.Body)
		}
	}
	// It opens nothing else.
	for _, route := range []string{"PATCH /api/v1/rooms/" + name, "DELETE /api/v1/rooms/" + name, "GET /api/v1/rooms/" + name + "/invites", "GET /api/v1/rooms/" + name + "/people"} {
		method, path, _ := strings.Cut(route, " ")
		s.clock.advance(time.Minute)
		if w := s.do(method, path, "", bearerOf(credentials(teacher))...); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", route, w.Code)
		}
	}
	if code, _, text := s.summary(t, name, credentials(ada)); code != http.StatusForbidden {
		t.Errorf("a student after the class: %d %s", code, text)
	}
}

package room

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestQueueIsInTheOrderOfRaising(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.join("teacher", Teacher)
	var ids, want []MemberID
	for i := range 20 {
		ids = append(ids, c.join(fmt.Sprint("s", i), Student))
	}
	for i := range ids {
		id := ids[i*7%len(ids)]
		c.at = c.at.Add(time.Second)
		c.do(id, HandRaise{})
		want = append(want, id)
	}
	c.do(want[4], HandRaise{Mood: "done"}) // a change of mood keeps the place
	for _, id := range []MemberID{want[0], want[7], want[19]} {
		c.do(System, Lost{id})
	}
	c.pass(time.Minute)
	c.do(System, Back{want[7]})
	c.pass(time.Second)
	late := c.join("assistant", Assistant)
	for _, staff := range []MemberID{teacher, late} {
		var got []MemberID
		for _, h := range c.pages[staff].Hand.Queue {
			got = append(got, h.Member)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s sees %v, want %v", staff, got, want)
		}
	}
	c.jump(61 * time.Second) // two places are lost, two hands are not
	if n := len(c.r.Queue); n != 20 || c.r.Members[want[0]].Where != gone {
		t.Errorf("%d hands, want 20", n)
	}
	again := c.enter(Join{Identity: c.r.Members[want[0]].Identity, Name: "back", Role: Student})
	if again != want[0] || c.pages[again].Hand.Pos != 1 {
		t.Errorf("%s is at %d, want %s at 1", again, c.pages[again].Hand.Pos, want[0])
	}
	c.jump(600 * time.Second)
	if slices.Contains(c.r.Queue, want[19]) {
		t.Error("who has been away for ten minutes has a hand up")
	}
	c.do(teacher, HandLower{Member: "*"})
	if len(c.r.Queue) != 0 {
		t.Errorf("%d hands after all were lowered", len(c.r.Queue))
	}
}

func TestSecondPlace(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.enter(Join{Identity: "u1", Name: "Ann", Role: Teacher, Device: "desktop"})
	c.do(teacher, MediaState{Mic: true})
	c.do(System, MediaUp{teacher})
	if e := c.refused(CodeConflict, System, Join{Identity: "u1", Name: "Ann", Role: Teacher}); e.Hint != "desktop" {
		t.Errorf("hint %q, want where the other one is", e.Hint)
	}
	c.since()
	again := c.do(System, Join{Identity: "u1", Name: "Ann B", Role: Teacher, Device: "mobile", Takeover: true}).(Joined)
	if again != (Joined{Member: teacher, Again: true}) {
		t.Errorf("%+v", again)
	}
	if got := effectsOf[Close](c); len(got) != 1 || got[0].Status != StatusMoved {
		t.Errorf("%+v, want the old connection closed", got)
	}
	if m := c.r.Members[teacher]; m.Seat != 1 || c.r.Seats[1].State != SeatReconnecting || m.Name != "Ann B" {
		t.Errorf("seat %d, %s", m.Seat, c.r.Seats[1].State)
	}
	c.do(System, Lost{teacher})
	c.do(System, Join{Identity: "u1", Name: "Ann B", Role: Teacher}) // a lost one is nobody's rival
}

func TestKickAndBan(t *testing.T) {
	for _, kick := range []struct {
		ban   string
		again [3]Code // at once; with the same browser under another name; a day later
	}{
		{"", [3]Code{"", "", ""}},
		{"class", [3]Code{CodeForbidden, CodeForbidden, CodeForbidden}},
		{"24h", [3]Code{CodeForbidden, CodeForbidden, ""}},
	} {
		t.Run(kick.ban, func(t *testing.T) {
			c := newClass(t, Settings{})
			teacher := c.join("teacher", Teacher)
			student := c.enter(Join{Identity: "u1", Name: "Max", Role: Student, Cookie: "browser"})
			c.do(student, HandRaise{})
			c.since()
			c.do(teacher, PeopleKick{Member: student, Reason: "enough", Ban: kick.ban})
			if got := effectsOf[Close](c); len(got) != 1 || got[0] != (Close{student, StatusRemoved, "enough"}) {
				t.Errorf("%+v", got)
			}
			if len(effectsOf[SaveAttendance](c)) != 1 || len(c.r.Queue) != 0 {
				t.Error("attendance is not kept, or the hand is")
			}
			if want := map[string]int{"24h": 1}[kick.ban]; len(effectsOf[SaveBan](c)) != want {
				t.Errorf("%d bans kept, want %d", len(effectsOf[SaveBan](c)), want)
			}
			try := func(identity, cookie string, want Code) {
				t.Helper()
				j := Join{Identity: identity, Name: "Max", Role: Student, Cookie: cookie}
				if want != "" {
					c.refused(want, System, j)
				} else {
					c.do(System, Leave{c.do(System, j).(Joined).Member})
				}
			}
			try("u1", "", kick.again[0])
			try("u2", "browser", kick.again[1])
			try("u3", "other", "")
			c.do(System, Lost{teacher})
			c.do(System, Back{teacher})
			c.jump(25 * time.Hour)
			try("u1", "", kick.again[2])
		})
	}
}

func TestBansOfEarlierClassesHold(t *testing.T) {
	c := newClass(t, Settings{Bans: []Ban{{Identity: "u1", Until: nine.Add(time.Hour)}}})
	if e := c.refused(CodeForbidden, System, Join{Identity: "u1", Role: Student}); e.Hint != "banned" || e.RetryAfter != time.Hour {
		t.Errorf("%+v", e)
	}
	c.jump(time.Hour)
	c.do(System, Join{Identity: "u1", Role: Student})
}

func TestRoles(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, assistant := c.join("teacher", Teacher), c.join("assistant", Assistant)
	student := c.join("student", Student)
	c.refused(CodeForbidden, assistant, PeopleRole{Member: student, Role: Assistant})
	c.refused(CodeBadState, teacher, PeopleRole{Member: teacher, Role: Student})
	c.refused(CodeBadRequest, teacher, PeopleRole{Member: student, Role: "king"})
	c.do(student, HandRaise{})
	c.do(teacher, PeopleRole{Member: student, Role: Assistant})
	if p := c.pages[student]; p.Self.Role != Assistant || p.Lobby == nil || len(p.Hand.Queue) != 1 {
		t.Errorf("an assistant who was a student sees %+v", p.Snapshot)
	}
	c.do(student, LobbySay{"soon"})
	c.do(System, Leave{student})
	if id := c.join("student", Student); c.r.Members[id].Role != Assistant {
		t.Error("coming back undid what the teacher said")
	}
	c.stageAgainAsStaff(student)
	c.do(teacher, PeopleRole{Member: student, Role: Observer})
	if m := c.r.Members[student]; m.Seat != 0 || len(c.pages[student].Self.Caps) != 0 || c.pages[student].Lobby != nil {
		t.Errorf("an observer has seat %d and %v", m.Seat, c.pages[student].Self.Caps)
	}
}

func (c *class) stageAgainAsStaff(id MemberID) {
	c.t.Helper()
	c.do(id, StageAccept{})
}

func TestTokenChangesCaps(t *testing.T) {
	for _, j := range []struct {
		role    Role
		changes []string
		has     []Cap
		lacks   []Cap
	}{
		{Student, []string{"+screen", "-danmaku"}, []Cap{CapScreen, CapChat}, []Cap{CapDanmaku, CapModerate, CapPublish}},
		{Student, []string{"+publish", "+everything", "publish", "any", "system"}, nil, []Cap{CapPublish, CapModerate, capSystem}},
		{Observer, []string{"+caption"}, []Cap{CapCaption}, []Cap{CapChat}},
		{"", nil, nil, []Cap{CapChat, CapHand, CapVote, CapReact, CapApp}},
		{Teacher, []string{"-teach"}, []Cap{CapModerate}, []Cap{CapTeach}},
	} {
		c := newClass(t, Settings{})
		c.join("host", Teacher)
		id := c.enter(Join{Identity: "x", Name: "x", Role: j.role, Caps: j.changes})
		m := c.r.Members[id]
		if m.Seat > 0 {
			c.do(id, StageLeave{})
		}
		for _, cap := range j.has {
			if !c.r.caps(m).has(cap) {
				t.Errorf("%s %v lacks %s", j.role, j.changes, cap)
			}
		}
		for _, cap := range j.lacks {
			if c.r.caps(m).has(cap) {
				t.Errorf("%s %v has %s", j.role, j.changes, cap)
			}
		}
	}
}

func TestPeopleList(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.join("teacher", Teacher)
	for i := range 250 {
		c.do(System, Join{Identity: fmt.Sprint(i), Name: fmt.Sprintf("Student %03d", i), Role: Student, Device: "mobile"})
	}
	student := c.join("Zoe", Student)
	c.join("watcher", Observer)
	c.refused(CodeForbidden, student, PeopleList{})
	c.refused(CodeBadRequest, teacher, PeopleList{Limit: 201})
	var names []string
	cursor := ""
	for pages := 1; ; pages++ {
		page := c.do(teacher, PeopleList{Cursor: cursor}).(PeoplePage)
		for _, p := range page.People {
			names = append(names, p.Name)
		}
		if cursor = page.Cursor; cursor == "" {
			if pages != 3 || page.Total != 253 {
				t.Errorf("%d pages of %d people, want 3 of 253", pages, page.Total)
			}
			break
		}
	}
	if len(names) != 253 || names[0] != "teacher" || names[1] != "Student 000" || names[252] != "watcher" {
		t.Errorf("%d names from %q", len(names), names[0])
	}
	if page := c.do(teacher, PeopleList{Q: "student 24"}).(PeoplePage); len(page.People) != 10 || page.Cursor != "" {
		t.Errorf("%d people called student 24…", len(page.People))
	}
	c.do(teacher, RoomPolicy{Roster: orNil("all")})
	page := c.do(student, PeopleList{Q: "0"}).(PeoplePage)
	if len(page.People) == 0 || page.People[0].Device != "" {
		t.Errorf("a peer reads of %+v", page.People)
	}
	if page := c.do(student, PeopleList{Q: "watcher"}).(PeoplePage); len(page.People) != 0 || page.Total != 252 {
		t.Error("students see who observes")
	}
}

func TestComingAndGoingIsForTheStaffAndInPieces(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.pass(2 * time.Second)
	c.since()
	var ids []MemberID
	for i := range 100 {
		ids = append(ids, c.do(System, Join{Identity: fmt.Sprint(i), Name: "s", Role: Student}).(Joined).Member)
	}
	c.pass(2 * time.Second)
	if n := c.sentTo(student, "people.event"); n != 0 {
		t.Errorf("a student hears of it %d times", n)
	}
	if n := c.sentTo(teacher, "people.event"); n > 2 {
		t.Errorf("%d events for a hundred people who come at once", n)
	}
	if n := c.sentTo(student, "room.count"); n > 3 {
		t.Errorf("%d counts in two seconds", n)
	}
	c.since()
	for _, id := range ids {
		c.do(System, Leave{id})
	}
	c.pass(time.Second)
	if n := c.sentTo(teacher, "people.event"); n > 2 {
		t.Errorf("%d events for a hundred people who go at once", n)
	}
}

func TestKnownPeopleAreBounded(t *testing.T) {
	c := newClass(t, Settings{MaxPeople: 5})
	c.join("teacher", Teacher)
	for i := range 100 {
		id := c.do(System, Join{Identity: fmt.Sprint(i), Name: "s", Role: Student}).(Joined).Member
		c.do(id, HandRaise{})
		c.do(System, Leave{id})
		c.at = c.at.Add(time.Second)
	}
	if n := len(c.r.Members); n > 20 || n != len(c.r.identities) || n != len(c.r.Order) {
		t.Errorf("%d members, %d identities", n, len(c.r.identities))
	}
	for i := range 4 {
		c.do(System, Join{Identity: fmt.Sprint("new", i), Name: "s", Role: Student})
	}
	c.refused(CodeRoomFull, System, Join{Identity: "one more", Role: Student})
	c.do(System, Join{Identity: "teacher2", Role: Teacher}) // always finds room
}

func TestForget(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.say(student, "remember me")
	id := c.do(teacher, PollStart{Q: "?", Options: []string{"a", "b"}}).(PollStarted).Poll
	c.do(student, PollVote{Poll: id, Choice: []int{0}})
	c.refused(CodeBadState, System, Forget{"student"})
	c.do(System, Leave{student})
	c.do(System, Forget{"student"})
	c.pass(time.Second)
	p := c.pages[teacher]
	if len(p.Chat.Messages) != 0 || p.Polls[0].Voted != 0 || len(c.r.Attendance(c.at)) != 1 {
		t.Errorf("%+v, %+v, %+v", p.Chat.Messages, p.Polls, c.r.Attendance(c.at))
	}
	c.refused(CodeNotFound, System, Forget{"student"})
}

package room

import (
	"testing"
	"time"
)

func TestClassBeginsWithTheStaff(t *testing.T) {
	c := newClass(t, Settings{LobbyText: "At nine."})
	student := c.join("student", Student)
	if p := c.pages[student]; p.waiting == nil || *p.waiting != (LobbyUpdate{1, "At nine."}) {
		t.Errorf("before the class: %+v", p.waiting)
	}
	c.join("assistant", Assistant)
	if p := c.pages[student]; p.waiting != nil || p.Room.State != Live {
		t.Errorf("with an assistant there: %+v", p)
	}
}

func TestManualStart(t *testing.T) {
	c := newClass(t, Settings{Manual: true})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	if c.pages[student].waiting == nil || c.r.Facts().State != Idle {
		t.Error("the class began by itself")
	}
	c.do(teacher, RoomStart{})
	if c.pages[student].waiting != nil || c.pages[teacher].Room.State != Live {
		t.Error("the class did not begin")
	}
	c.refused(CodeBadState, teacher, RoomStart{})
}

func TestLobby(t *testing.T) {
	c := newClass(t, Settings{Policy: Policy{Preset: Lecture, Lobby: true}})
	teacher := c.join("teacher", Teacher)
	a, b, d := c.join("a", Student), c.join("b", Student), c.join("d", Student)
	yes, no := true, false
	if m := c.do(System, Join{Identity: "vip", Role: Student, Lobby: &no}).(Joined); m.Waiting {
		t.Error("a token that skips the lobby waits")
	}
	c.pass(time.Second)
	if got := c.pages[teacher].Lobby.Members; len(got) != 3 || got[0].Member != a {
		t.Errorf("the teacher sees %+v", got)
	}
	c.do(teacher, LobbySay{"Two minutes."})
	c.do(teacher, LobbyAdmit{[]MemberID{a}})
	c.pass(time.Second)
	if p := c.pages[a]; p.waiting != nil {
		t.Error("a still waits")
	}
	if p := c.pages[b]; *p.waiting != (LobbyUpdate{1, "Two minutes."}) {
		t.Errorf("b sees %+v", p.waiting)
	}
	// A teacher who reloads finds the list, and does not wait.
	c.do(System, Leave{teacher})
	if j := c.do(System, Join{Identity: "teacher", Role: Teacher, Name: "teacher"}).(Joined); j.Waiting || j.Member != teacher {
		t.Errorf("%+v", j)
	}
	c.welcome(teacher)
	if got := c.pages[teacher].Lobby.Members; len(got) != 2 {
		t.Errorf("after a reload the teacher sees %+v", got)
	}
	c.since()
	c.do(teacher, LobbyDeny{Member: b, Reason: "wrong class"})
	if got := effectsOf[Close](c); len(got) != 1 || got[0] != (Close{b, StatusRemoved, "wrong class"}) {
		t.Errorf("%+v", got)
	}
	c.refused(CodeNotFound, teacher, LobbyAdmit{[]MemberID{b}})
	c.refused(CodeBadRequest, teacher, LobbyAdmit{})
	// Who was in once does not wait again.
	c.do(System, Leave{a})
	if j := c.do(System, Join{Identity: "a", Role: Student}).(Joined); j.Waiting {
		t.Error("who was let in waits again")
	}
	// Opening the door lets in all but those whose token wants the lobby.
	knocks := c.do(System, Join{Identity: "k", Role: Student, Lobby: &yes}).(Joined).Member
	c.do(teacher, RoomPolicy{Lobby: &no})
	if c.r.Members[d].Where != here || c.r.Members[knocks].Where != waiting {
		t.Errorf("d is %s, k is %s", c.r.Members[d].Where, c.r.Members[knocks].Where)
	}
	c.do(teacher, LobbyAdmit{[]MemberID{"*"}})
	if len(c.r.Lobby) != 0 {
		t.Error("somebody still waits")
	}
}

func TestLock(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.do(teacher, RoomLock{Locked: true})
	c.refused(CodeRoomLocked, System, Join{Identity: "late", Role: Student})
	c.do(System, Leave{student})
	c.do(System, Join{Identity: "student", Role: Student})
	c.do(System, Join{Identity: "assistant", Role: Assistant})
	if !c.r.Facts().Locked || !c.pages[teacher].Room.Locked {
		t.Error("nobody knows that it is locked")
	}
}

func TestUnattended(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, assistant, student := c.join("teacher", Teacher), c.join("assistant", Assistant), c.join("student", Student)
	c.do(System, Leave{teacher})
	if c.r.State != Live {
		t.Error("an assistant is there")
	}
	c.do(System, Lost{assistant})
	c.jump(119 * time.Second)
	if c.r.State != Live {
		t.Error("the assistant may come back")
	}
	c.jump(2 * time.Second)
	if c.r.State != Unattended || c.pages[student].Room.State != Unattended {
		t.Errorf("%s, want unattended", c.r.State)
	}
	late := c.join("late", Student)
	if c.pages[late].waiting == nil {
		t.Error("a newcomer is let into a room without staff")
	}
	if len(c.pages[student].Self.Caps) != len(roleCaps[Student].list()) {
		t.Error("somebody was promoted")
	}
	c.jump(14 * time.Minute)
	c.join("teacher", Teacher)
	if c.r.State != Live || c.pages[late].waiting != nil {
		t.Errorf("%s with the teacher back", c.r.State)
	}
	c.do(System, Leave{teacher})
	c.since()
	c.jump(15 * time.Minute)
	if c.r.State != Ended || len(effectsOf[Over](c)) != 1 || len(effectsOf[Close](c)) != 2 {
		t.Errorf("%s after a quarter of an hour, want ended", c.r.State)
	}
}

func TestEnd(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, assistant, student := c.join("teacher", Teacher), c.join("assistant", Assistant), c.join("student", Student)
	c.do(teacher, PollStart{Q: "?"})
	c.refused(CodeForbidden, assistant, RoomEnd{})
	c.since()
	c.at = c.at.Add(time.Hour)
	seen := c.pages[student]
	c.do(teacher, RoomEnd{})
	if seen.Room.State != Ended || seen.Polls[0].State != PollClosed {
		t.Errorf("the student sees %s, %s", seen.Room.State, seen.Polls[0].State)
	}
	if n := len(effectsOf[SaveAttendance](c)); n != 3 || len(effectsOf[SavePoll](c)) != 1 {
		t.Errorf("%d attendances kept, want 3", n)
	}
	if _, last := c.effects[len(c.effects)-1].(Over); !last {
		t.Error("Over is not the last word")
	}
}

func TestPresets(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	for preset, want := range presets {
		c.do(teacher, RoomPolicy{Preset: &preset})
		if got := c.pages[student].Room.Policy; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	lecture, yes, twenty := Lecture, true, 20
	c.do(teacher, RoomPolicy{Preset: &lecture, Lobby: &yes, UnattendedMin: &twenty})
	if p := c.r.Policy; p.Preset != Lecture || !p.Lobby || p.UnattendedMin != 20 {
		t.Errorf("%+v: the lobby belongs to no preset", p)
	}
	exam := Exam
	c.do(teacher, RoomPolicy{Preset: &exam})
	if !c.r.Policy.Lobby {
		t.Error("a preset opened the door")
	}
	c.do(teacher, RoomPolicy{Chat: orNil("off")})
	if p := c.r.Policy; p.Preset != Custom {
		t.Errorf("%+v, want custom", p)
	}
	for _, bad := range []RoomPolicy{
		{Preset: orNil(Preset("party"))}, {Chat: orNil("loud")}, {Unmute: orNil("x")}, {Roster: orNil("x")}, {Stage: orNil("x")},
		{Board: orNil("x")}, {SlowS: orNil(301)}, {SlowS: orNil(-1)}, {UnattendedMin: orNil(241)},
	} {
		c.refused(CodeBadRequest, teacher, bad)
	}
}

func TestPolicyOfSettings(t *testing.T) {
	for _, s := range []struct{ given, want Policy }{
		{Policy{}, presets[Lecture]},
		{Policy{Preset: Exam}, presets[Exam]},
		{Policy{Preset: "party"}, presets[Lecture]},
		{Policy{Chat: "loud"}, presets[Lecture]},
		{Policy{Preset: Custom, Chat: "off", Unmute: "free", Roster: "all", Stage: "free", Board: "all", UnattendedMin: 3},
			Policy{Preset: Custom, Chat: "off", Unmute: "free", Roster: "all", Stage: "free", Board: "all", UnattendedMin: 3}},
	} {
		if got := New(Settings{Policy: s.given}).Policy; got != s.want {
			t.Errorf("%+v becomes %+v, want %+v", s.given, got, s.want)
		}
	}
}

func TestPolicyIsSeenInWhatOneMay(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	broadcast := Broadcast
	c.do(teacher, RoomPolicy{Preset: &broadcast})
	for _, cap := range c.pages[student].Self.Caps {
		if cap == CapChat || cap == CapDanmaku {
			t.Errorf("a student's page still offers %s", cap)
		}
	}
	c.refused(CodeForbidden, student, ChatSend{Text: "hello"})
	c.do(teacher, ChatSend{Text: "hello"})
}

func TestLayout(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.stage(teacher, student)
	c.do(teacher, RoomLayout{Mode: "grid", Spotlight: student, Keep: []MemberID{teacher}})
	if l := c.pages[student].Room.Layout; l.Mode != "grid" || l.Spotlight != student || len(l.Keep) != 1 {
		t.Errorf("%+v", l)
	}
	c.do(student, StageLeave{})
	if l := c.pages[student].Room.Layout; l.Spotlight != "" {
		t.Errorf("who left the stage is still shown large: %+v", l)
	}
	c.refused(CodeNotFound, teacher, RoomLayout{Mode: "grid", Spotlight: "p_nobody"})
	c.refused(CodeBadRequest, teacher, RoomLayout{Mode: "pile"})
	c.refused(CodeTooLarge, teacher, RoomLayout{Mode: "grid", Keep: make([]MemberID, maxKeep+1)})
}

func TestAttendance(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.join("teacher", Teacher)
	student := c.enter(Join{Identity: "student", Name: "Max", Role: Student, Guest: true})
	c.do(student, HandRaise{})
	c.say(student, "hello")
	c.stage(teacher, student)
	c.at = c.at.Add(6 * time.Minute)
	c.do(student, StageLeave{})
	// Twenty seconds without a cable are one interval, and so is a reload.
	c.do(System, Lost{student})
	c.jump(20 * time.Second)
	c.do(System, Back{student})
	c.at = c.at.Add(220 * time.Second)
	c.do(System, Leave{student})
	c.at = c.at.Add(10 * time.Second)
	c.do(System, Join{Identity: "student", Name: "Max", Role: Student, Guest: true})
	c.at = c.at.Add(20*time.Minute - 10*time.Second)
	c.do(System, Leave{student})
	c.at = c.at.Add(10 * time.Minute)
	c.do(System, Join{Identity: "student", Name: "Max", Role: Student, Guest: true})
	c.at = c.at.Add(10 * time.Minute)
	a := c.r.Attendance(c.at)
	if len(a) != 2 {
		t.Fatalf("%d people, want 2", len(a))
	}
	if a[0].Percent != 100 || a[0].Minutes != 50 || a[0].Stage != 50 {
		t.Errorf("the teacher: %+v", a[0])
	}
	max := a[1]
	if max.Minutes != 40 || max.Percent != 80 || max.Stage != 6 || max.Hands != 1 || max.Messages != 1 || !max.Guest || len(max.Intervals) != 2 {
		t.Errorf("%+v, want 40 minutes in two intervals", max)
	}
	for range 100 {
		c.do(System, Leave{student})
		c.at = c.at.Add(5 * time.Minute)
		c.do(System, Join{Identity: "student", Name: "Max", Role: Student})
	}
	if n := len(c.r.Attendance(c.at)[1].Intervals); n != maxIntervals {
		t.Errorf("%d intervals, want %d", n, maxIntervals)
	}
}

func TestTimeOfLossEndsAnInterval(t *testing.T) {
	c := newClass(t, Settings{})
	c.join("teacher", Teacher)
	student := c.join("student", Student)
	c.at = c.at.Add(10 * time.Minute)
	c.do(System, Lost{student})
	c.jump(5 * time.Minute)
	if a := c.r.Attendance(c.at)[1]; a.Minutes != 10 {
		t.Errorf("%v minutes, want the 10 before the connection broke", a.Minutes)
	}
}

func TestAppMessagesAndCaptions(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	scribe := c.enter(Join{Identity: "stt", Role: Observer, Caps: []string{"+caption"}})
	c.do(student, AppSend{To: "staff", Kind: "x-quiz"})
	c.refused(CodeForbidden, student, AppSend{To: "*", Kind: "x-quiz"})
	c.refused(CodeForbidden, student, AppSend{To: string(teacher), Kind: "x-quiz"})
	c.refused(CodeBadRequest, teacher, AppSend{To: "*", Kind: "quiz"})
	c.refused(CodeTooLarge, teacher, AppSend{To: "*", Kind: "x-quiz", Data: make([]byte, maxAppData+1)})
	c.do(teacher, AppSend{To: string(student), Kind: "x-quiz"})
	if c.sentTo(teacher, "app.message") != 1 || c.sentTo(student, "app.message") != 1 {
		t.Error("messages went elsewhere")
	}
	c.refused(CodeForbidden, teacher, CaptionLine{Member: teacher, Text: "hello"})
	c.do(scribe, CaptionLine{Member: teacher, Text: "hello", Final: true})
	c.refused(CodeNotFound, scribe, CaptionLine{Member: "p_nobody", Text: "hello"})
	if c.sentTo(student, "caption.line") != 1 {
		t.Error("nobody reads what was said")
	}
}

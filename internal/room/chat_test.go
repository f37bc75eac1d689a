package room

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func (c *class) say(id MemberID, text string) string {
	c.t.Helper()
	return c.do(id, ChatSend{Text: text}).(ChatSent).Msg
}

func TestChatReachesThoseWhomItIsFor(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, assistant := c.join("teacher", Teacher), c.join("assistant", Assistant)
	a, b := c.join("a", Student), c.join("b", Student)
	for _, send := range []struct {
		from MemberID
		to   string
		want []MemberID
	}{
		{a, "", []MemberID{teacher, assistant, a, b}},
		{a, "staff", []MemberID{teacher, assistant, a}},
		{a, string(teacher), []MemberID{teacher, a}},
		{teacher, "staff", []MemberID{teacher, assistant}},
		{teacher, string(b), []MemberID{teacher, b}},
	} {
		c.since()
		c.do(send.from, ChatSend{Text: "to " + send.to, To: send.to})
		for _, id := range []MemberID{teacher, assistant, a, b} {
			want := 0
			for _, w := range send.want {
				if w == id {
					want = 1
				}
			}
			if got := c.sentTo(id, "chat.message"); got != want {
				t.Errorf("%s to %q: %s gets %d, want %d", c.r.Members[send.from].Name, send.to, c.r.Members[id].Name, got, want)
			}
		}
	}
	c.refused(CodeForbidden, a, ChatSend{Text: "psst", To: string(b)})
	c.refused(CodeNotFound, a, ChatSend{Text: "psst", To: "p_nobody"})
	private := true
	c.do(teacher, RoomPolicy{PrivateChat: &private})
	c.do(a, ChatSend{Text: "psst", To: string(b)})

	late := c.join("late", Student)
	if got := c.pages[late].Chat.Messages; len(got) != 1 {
		t.Errorf("a late student reads %d messages, want the one to everybody", len(got))
	}
}

func TestExamChatReachesTheStaff(t *testing.T) {
	c := newClass(t, Settings{Policy: Policy{Preset: Exam, PrivateChat: true}})
	teacher, a, b := c.join("teacher", Teacher), c.join("a", Student), c.join("b", Student)
	c.do(a, ChatSend{Text: "may I go out?"})
	c.refused(CodeForbidden, a, ChatSend{Text: "what is 3?", To: string(b)})
	c.do(teacher, ChatSend{Text: "ten minutes"})
	if got := c.pages[b].Chat.Messages; len(got) != 1 || got[0].Text != "ten minutes" {
		t.Errorf("b reads %+v", got)
	}
}

func TestWhatMayNotBeSaid(t *testing.T) {
	for _, c := range []struct {
		name string
		send ChatSend
		code Code
		hint string
	}{
		{"nothing", ChatSend{Text: " \n\t "}, CodeBadRequest, ""},
		{"nothing to see", ChatSend{Text: "\u202e\u0007\ufeff"}, CodeBadRequest, ""},
		{"500 characters", ChatSend{Text: strings.Repeat("好", 500)}, "", ""},
		{"501 characters", ChatSend{Text: strings.Repeat("好", 501)}, CodeTooLarge, ""},
		{"a link", ChatSend{Text: "look: https://example.org"}, CodeForbidden, "links"},
		{"a link without scheme", ChatSend{Text: "look: example.com/x"}, CodeForbidden, "links"},
		{"no link", ChatSend{Text: "3.5 is e.g. 7/2. So 1.2.3"}, "", ""},
		{"a long nonce", ChatSend{Text: "x", Nonce: strings.Repeat("n", 65)}, CodeTooLarge, ""},
		{"a reply to no message", ChatSend{Text: "x", ReplyTo: "first"}, CodeBadRequest, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := newClass(t, Settings{})
			cl.join("teacher", Teacher)
			student := cl.join("student", Student)
			if c.code == "" {
				cl.do(student, c.send)
			} else if e := cl.refused(c.code, student, c.send); e.Hint != c.hint {
				t.Errorf("hint %q, want %q", e.Hint, c.hint)
			}
		})
	}
}

func TestChatIsPaced(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	for i := range 5 {
		c.say(student, fmt.Sprint("message ", i))
	}
	if e := c.refused(CodeRateLimited, student, ChatSend{Text: "sixth"}); e.RetryAfter <= 0 || e.RetryAfter > 2001*time.Millisecond {
		t.Errorf("try again in %s, want at most 2 s", e.RetryAfter)
	}
	c.at = c.at.Add(2 * time.Second)
	c.say(student, "sixth")

	slow := 15
	c.do(teacher, RoomPolicy{SlowS: &slow})
	c.at = c.at.Add(4 * time.Second)
	if e := c.refused(CodeRateLimited, student, ChatSend{Text: "seventh"}); e.RetryAfter != 11*time.Second || e.Hint != "slow" {
		t.Errorf("%+v, want 11 s of slow mode", e)
	}
	for i := range 10 {
		c.say(teacher, fmt.Sprint("the staff is not slow ", i))
	}
	c.at = c.at.Add(11 * time.Second)
	if e := c.refused(CodeConflict, student, ChatSend{Text: "sixth"}); e.Hint != "duplicate" {
		t.Errorf("hint %q, want duplicate", e.Hint)
	}
	c.at = c.at.Add(15 * time.Second)
	c.say(student, "sixth")
}

func TestSameNonceIsOneMessage(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.join("teacher", Teacher)
	first := c.do(teacher, ChatSend{Text: "hello", Nonce: "n1"}).(ChatSent)
	c.since()
	if again := c.do(teacher, ChatSend{Text: "hello", Nonce: "n1"}).(ChatSent); again != first {
		t.Errorf("%+v, want %+v", again, first)
	}
	if n := c.sentTo(teacher, "chat.message"); n != 0 || len(c.r.Chat) != 1 {
		t.Error("it was said twice")
	}
}

func TestHistoryIsTheLastFifty(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.join("teacher", Teacher)
	var ids []string
	for i := range 70 {
		ids = append(ids, c.say(teacher, fmt.Sprint(i)))
		c.at = c.at.Add(time.Second)
	}
	student := c.join("student", Student)
	if got := c.pages[student].Chat; len(got.Messages) != ChatHistory || !got.More || got.Messages[0].Msg != ids[20] {
		t.Errorf("%d messages from %q, more %v", len(got.Messages), got.Messages[0].Text, got.More)
	}
	fetch, ok := c.do(student, ChatHistoryGet{Before: ids[20], Limit: 10}).(FetchChat)
	if !ok || fetch != (FetchChat{Member: student, Before: ids[20], Limit: 10}) {
		t.Errorf("%+v, want that the owner looks it up", fetch)
	}
	c.refused(CodeBadRequest, student, ChatHistoryGet{Limit: 101})
}

func TestShortHistoryIsAnsweredAtOnce(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	var ids []string
	for i := range 5 {
		ids = append(ids, c.say(teacher, fmt.Sprint(i)))
		c.do(teacher, ChatSend{Text: fmt.Sprint("staff ", i), To: "staff"})
	}
	page, ok := c.do(student, ChatHistoryGet{Before: ids[4], Limit: 3}).(ChatPage)
	if !ok || len(page.Messages) != 3 || page.Messages[0].Msg != ids[1] || page.Messages[2].Msg != ids[3] || !page.More {
		t.Errorf("%+v", page)
	}
}

func TestDeletePinClear(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, a, b := c.join("teacher", Teacher), c.join("a", Student), c.join("b", Student)
	mine, other, third := c.say(a, "mine"), c.say(b, "other"), c.say(b, "third")
	c.refused(CodeNotFound, a, ChatDelete{other})
	c.refused(CodeForbidden, a, ChatPin{mine})
	c.do(a, ChatDelete{mine})
	c.do(teacher, ChatPin{other})
	if p := c.pages[a].Chat.Pinned; p == nil || p.Msg != other {
		t.Errorf("pinned: %+v", p)
	}
	secret := c.do(teacher, ChatSend{Text: "secret", To: "staff"}).(ChatSent).Msg
	c.refused(CodeNotFound, teacher, ChatPin{secret})
	c.do(teacher, ChatDelete{other})
	if p := c.pages[a].Chat; p.Pinned != nil || len(p.Messages) != 1 || p.Messages[0].Msg != third {
		t.Errorf("after deleting what was pinned: %+v", p)
	}
	c.do(teacher, ChatDelete{"m_1"}) // long ago: the owner knows
	c.refused(CodeBadRequest, teacher, ChatDelete{"x"})
	c.since()
	c.do(teacher, ChatClear{})
	if len(c.pages[a].Chat.Messages) != 0 || len(effectsOf[DropChat](c)) != 1 {
		t.Error("something is left")
	}
}

func TestUnattendedChatIsSlow(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.do(System, Leave{teacher})
	c.say(student, "is she gone?")
	if e := c.refused(CodeRateLimited, student, ChatSend{Text: "yes"}); e.RetryAfter != 15*time.Second {
		t.Errorf("try again in %s, want 15 s", e.RetryAfter)
	}
}

func TestNamesCannotPretend(t *testing.T) {
	c := newClass(t, Settings{})
	for name, want := range map[string]string{
		"  Ann \n\t B ": "Ann B", "\u202eAnn": "Ann", "": "student", "\u2066\u0000": "student", strings.Repeat("x", 99): strings.Repeat("x", 64),
		"<b>Ann</b>": "<b>Ann</b>",
	} {
		id := c.do(System, Join{Identity: "i" + name, Name: name, Role: Student}).(Joined).Member
		if got := c.r.Members[id].Name; got != want {
			t.Errorf("%q is called %q, want %q", name, got, want)
		}
	}
}

// TestChatCostsTheSameForThreeHundred counts what the room itself does, not its owner's writing.
func TestChatCostsTheSameForThreeHundred(t *testing.T) {
	allocs := func(people int) float64 {
		c := newClass(t, Settings{})
		teacher := c.join("teacher", Teacher)
		for i := range people {
			c.do(System, Join{Identity: fmt.Sprint(i), Name: "s", Role: Student})
		}
		c.at = c.at.Add(time.Minute)
		c.r.Tick(c.at)
		return testing.AllocsPerRun(100, func() {
			c.at = c.at.Add(time.Second)
			if _, err := c.r.Do(c.at, teacher, ChatSend{Text: "hello"}); err != nil {
				t.Fatal(err)
			}
		})
	}
	few, many := allocs(3), allocs(300)
	t.Logf("%v allocations for 3 people, %v for 300", few, many)
	if many > few || many > 20 {
		t.Errorf("%v allocations for 300 people, %v for 3", many, few)
	}
}

func BenchmarkChatWith300(b *testing.B) {
	c := newClass(b, Settings{})
	teacher := c.join("teacher", Teacher)
	for i := range 300 {
		c.do(System, Join{Identity: fmt.Sprint(i), Name: "s", Role: Student})
	}
	b.ReportAllocs()
	for b.Loop() {
		c.at = c.at.Add(time.Second)
		if _, err := c.r.Do(c.at, teacher, ChatSend{Text: "hello"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTickWith300(b *testing.B) {
	c := newClass(b, Settings{})
	for i := range 300 {
		c.do(System, Join{Identity: fmt.Sprint(i), Name: "s", Role: Teacher})
	}
	b.ReportAllocs()
	for b.Loop() {
		c.at = c.at.Add(TickEvery)
		c.r.Tick(c.at)
	}
}

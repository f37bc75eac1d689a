package room

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParsePoll(t *testing.T) {
	for _, c := range []struct {
		text string
		want PollStart
		bad  bool
	}{
		{text: "? What is 6 × 7?\n- 36\n* 42\n", want: PollStart{Q: "What is 6 × 7?", Options: []string{"36", "42"}, Correct: []int{1}}},
		{text: "Two\nlines?\n\n* a\n* b", want: PollStart{Q: "Two lines?", Options: []string{"a", "b"}, Correct: []int{0, 1}}},
		{text: "?Without a space", want: PollStart{Q: "Without a space"}},
		{text: "\r\n? Q\r\n- a\r\n- b\r\n", want: PollStart{Q: "Q", Options: []string{"a", "b"}}},
		{text: "? Q\n- a\nstray", bad: true},
		{text: strings.Repeat("x", pollTextBytes+1), bad: true},
	} {
		got, err := ParsePoll(c.text)
		if (err != nil) != c.bad || !c.bad && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%.30q: %+v, %v", c.text, got, err)
		}
	}
}

func FuzzParsePoll(f *testing.F) {
	f.Add("? Q\n- a\n* b")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePoll(text)
		if err != nil {
			return
		}
		for _, i := range p.Correct {
			if i < 0 || i >= len(p.Options) {
				t.Fatalf("%d of %d options is correct", i, len(p.Options))
			}
		}
	})
}

func TestPollFromQuestionToResult(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, a, b, gone := c.join("teacher", Teacher), c.join("a", Student), c.join("b", Student), c.join("gone", Student)
	id := c.do(teacher, PollStart{Text: "? 1+1\n- 1\n* 2"}).(PollStarted).Poll
	view := func(who MemberID) Poll { return c.pages[who].Polls[0] }
	if v := view(a); v.State != PollOpen || v.Correct != nil || v.Tally != nil || v.Missing != nil {
		t.Errorf("a student sees %+v", v)
	}
	c.do(a, PollVote{Poll: id, Choice: []int{0}})
	c.at = c.at.Add(time.Second)
	c.do(a, PollVote{Poll: id, Choice: []int{1}}) // changed its mind
	c.refused(CodeBadRequest, b, PollVote{Poll: id, Choice: []int{0, 1}})
	c.refused(CodeBadRequest, b, PollVote{Poll: id, Choice: []int{2}})
	c.refused(CodeBadRequest, b, PollVote{Poll: id})
	c.refused(CodeNotFound, b, PollVote{Poll: "q_1", Choice: []int{0}})
	c.do(System, Leave{gone})
	c.pass(time.Second)
	if v := view(teacher); v.Voted != 1 || !reflect.DeepEqual(v.Tally, []int{0, 1}) || len(v.Missing) != 1 || v.Missing[0].ID != b {
		t.Errorf("the teacher sees %+v", v)
	}
	c.since()
	c.do(teacher, PollClose{id})
	saved := effectsOf[SavePoll](c)
	if len(saved) != 1 || len(saved[0].Result.Answers) != 1 || saved[0].Result.Answers[0].Identity != "a" || saved[0].Result.Answers[0].Choice[0] != 1 {
		t.Errorf("kept: %+v", saved)
	}
	c.refused(CodeBadState, b, PollVote{Poll: id, Choice: []int{1}})
	if v := view(a); v.State != PollClosed || v.Tally != nil {
		t.Errorf("a student sees %+v", v)
	}
	c.do(teacher, PollPublish{Poll: id})
	if v := view(a); !reflect.DeepEqual(v.Tally, []int{0, 1}) || v.Correct != nil || v.Missing != nil {
		t.Errorf("a student sees %+v", v)
	}
	c.do(teacher, PollPublish{Poll: id, Reveal: true})
	if v := view(a); !reflect.DeepEqual(v.Correct, []int{1}) {
		t.Errorf("a student sees %+v", v)
	}
	if got := c.r.Attendance(c.at); got[1].Answers != 1 {
		t.Errorf("%d answers, want 1", got[1].Answers)
	}
}

// TestAnonymousPollKeepsNobody looks for a name beside an answer in everything that the room has or gives.
func TestAnonymousPollKeepsNobody(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, a, b := c.join("teacher", Teacher), c.join("a", Student), c.join("b", Student)
	id := c.do(teacher, PollStart{Q: "how are you?", Anonymous: true}).(PollStarted).Poll
	c.do(a, PollVote{Poll: id, Text: "Terrible"})
	if got := c.do(a, PollVote{Poll: id, Text: "Fine"}).(PollVoted); got.Counted {
		t.Error("an anonymous answer was changed, so somebody knew whose it was")
	}
	c.pass(time.Second)
	v := c.pages[teacher].Polls[0]
	if v.Voted != 1 || len(v.Words) != 1 || v.Words[0] != (Word{"terrible", 1}) || v.Missing != nil {
		t.Errorf("the teacher sees %+v", v)
	}
	c.do(teacher, PollClose{id})
	if v := c.pages[teacher].Polls[0]; len(v.Missing) != 1 || v.Missing[0].ID != b {
		t.Errorf("closed: %+v", v)
	}
	saved, err := c.r.Save()
	if err != nil {
		t.Fatal(err)
	}
	var state struct{ Asked []map[string]json.RawMessage }
	if err := json.Unmarshal(saved, &state); err != nil {
		t.Fatal(err)
	}
	if got := string(state.Asked[0]["Votes"]); got != "{}" {
		t.Errorf("the room keeps %s", got)
	}
	if got := c.r.Polls()[0].Answers; got != nil {
		t.Errorf("the room gives %+v", got)
	}
}

func TestPollClosesByItself(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.join("teacher", Teacher)
	id := c.do(teacher, PollStart{Q: "quick", Options: []string{"yes", "no"}, Seconds: 10}).(PollStarted).Poll
	c.jump(9 * time.Second)
	c.do(teacher, PollVote{Poll: id, Choice: []int{0}})
	c.jump(time.Second)
	if v := c.pages[teacher].Polls[0]; v.State != PollClosed || v.Voted != 1 {
		t.Errorf("%+v", v)
	}
}

func TestPollsAreBounded(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.join("teacher", Teacher)
	for i := range maxPolls + 20 {
		id := c.do(teacher, PollStart{Q: fmt.Sprint(i)}).(PollStarted).Poll
		c.at = c.at.Add(time.Second)
		if i >= maxOpenPolls-1 {
			c.refused(CodeBadState, teacher, PollStart{Q: "one more"})
			c.do(teacher, PollClose{id})
		}
	}
	if n := len(c.r.Asked); n != maxPolls {
		t.Errorf("%d polls, want %d", n, maxPolls)
	}
	for _, p := range []PollStart{
		{}, {Q: "one option", Options: []string{"a"}}, {Q: "eleven", Options: make([]string, 11)}, {Q: "empty", Options: []string{"a", " "}},
		{Q: "correct", Options: []string{"a", "b"}, Correct: []int{2}}, {Q: "twice", Options: []string{"a", "b"}, Correct: []int{0, 0}},
		{Q: "long", Seconds: 4000}, {Text: "- only\n- options"},
	} {
		c.refused(CodeBadRequest, teacher, p)
	}
}

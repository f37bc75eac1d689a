package room

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestAttendanceTellsNothingOfAnOpenAnonymousPoll(t *testing.T) {
	c := newClass(t, Settings{ID: "a"})
	teacher := c.join("T", Teacher)
	ada := c.join("Ada", Student)
	poll := c.do(teacher, PollStart{Q: "Understood?", Options: []string{"yes", "no"}, Anonymous: true}).(PollStarted).Poll
	c.do(ada, PollVote{Poll: poll, Choice: []int{1}})
	answers := func() int {
		for _, a := range c.r.Attendance(c.at) {
			if a.Member == ada {
				return a.Answers
			}
		}
		return -1
	}
	if n := answers(); n != 0 {
		t.Errorf("%d answers while the poll is open", n)
	}
	c.do(teacher, PollClose{Poll: poll})
	if n := answers(); n != 1 {
		t.Errorf("%d answers when it is closed, want 1", n)
	}
}

func TestPeersTogetherSendTheStaffNoMoreThanItTakes(t *testing.T) {
	c := newClass(t, Settings{ID: "a"})
	teacher := c.join("T", Teacher)
	sent := 0
	data := json.RawMessage(`"` + strings.Repeat("x", maxAppData-2) + `"`)
	for i := range 40 {
		id := c.join(fmt.Sprint("S", i), Student)
		for range 10 {
			if _, err := c.try(id, AppSend{To: "staff", Kind: "x-a", Data: data}); err == nil {
				sent += len(data)
			}
		}
	}
	if sent == 0 || sent > 600<<10 {
		t.Errorf("%d bytes at once reach the staff", sent)
	}
	c.do(teacher, AppSend{To: "*", Kind: "x-a", Data: data})
	c.jump(8e9)
	for _, id := range c.r.Order {
		c.do(id, AppSend{To: "staff", Kind: "x-answer", Data: json.RawMessage(`{"a":1}`)})
	}
}

func TestNamesThatCannotBeSeenAreNone(t *testing.T) {
	for name, want := range map[string]string{
		"\u200b":                "",
		"\u3164 \u2800":         "",
		"\u200d\u200c":          "",
		"\u200bAda\u200f":       "Ada",
		"A\u00add\u2060a":       "Ada",
		"\U000e0041Ada":         "Ada",
		"نامه\u200cای":          "نامه\u200cای",
		"👩\u200d🏫 Ms Noether":   "👩\u200d🏫 Ms Noether",
		strings.Repeat("é", 70): strings.Repeat("é", 64),
	} {
		if got := line(name, maxName); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}

// FuzzRestore takes what is no state of a room for an error, and goes on from
// what it takes for one.
func FuzzRestore(f *testing.F) {
	c := newClass(f, Settings{ID: "a", Seats: 2})
	teacher, ada := c.join("T", Teacher), c.join("Ada", Student)
	c.stage(teacher, ada)
	c.do(ada, HandRaise{})
	c.do(teacher, PollStart{Q: "?", Options: []string{"a", "b"}})
	c.do(teacher, RoomLayout{Mode: "grid", Spotlight: ada, Keep: []MemberID{ada}})
	saved, err := c.r.Save()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(saved)
	f.Fuzz(func(t *testing.T, saved []byte) {
		r, err := Restore(Settings{ID: "a", Seats: 2}, saved, c.at)
		if err != nil {
			return
		}
		r.Tick(c.at)
		for _, id := range append([]MemberID{"p_1"}, r.Order...) {
			r.Snapshot(id, c.at)
			_, _ = r.Do(c.at, System, Back{Member: id})
			for _, p := range r.Asked {
				_, _ = r.Do(c.at, id, PollVote{Poll: p.ID, Choice: []int{0}, Text: "x"})
			}
			for _, command := range []Command{HandLower{}, HandRaise{}, StageLeave{}, MediaState{}, PeopleList{}, ChatSend{Text: "x"}} {
				_, _ = r.Do(c.at, id, command)
			}
		}
		r.Attendance(c.at)
		r.Polls()
		if _, err := r.Save(); err != nil {
			t.Error(err)
		}
		r.Tick(c.at.Add(3 * handGrace))
	})
}

package classroom

import (
	"reflect"
	"testing"
	"time"

	"lectern/internal/room"
)

func TestAReportCounts(t *testing.T) {
	nine := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	at := func(minute int) time.Time { return nine.Add(time.Duration(minute) * time.Minute) }
	span := func(from, to int) room.Interval { return room.Interval{From: at(from), To: at(to)} }
	people := []room.Attendance{
		{Identity: "noether", Member: "p_1", Name: "Ms Noether", Role: room.Teacher, Intervals: []room.Interval{span(-5, 40)}, StageS: 2400},
		{Identity: "ada", Member: "p_2", Name: "Ada", Role: room.Student, Intervals: []room.Interval{span(0, 10), span(20, 40)}, Hands: 2, Messages: 3, Answers: 2},
		{Identity: "guest:1", Member: "p_3", Name: "Bob", Role: room.Student, Guest: true, Intervals: []room.Interval{span(10, 20)}, Messages: 1, Answers: 1},
	}
	polls := []room.PollResult{
		{Poll: room.Poll{Poll: "q_1", Options: []string{"a", "b"}, Correct: []int{1}}, Answers: []room.PollAnswer{
			{Identity: "ada", Choice: []int{1}}, {Identity: "guest:1", Choice: []int{0}},
		}},
		{Poll: room.Poll{Poll: "q_2", Options: []string{"a", "b"}, Correct: []int{1}, Anonymous: true}},
		{Poll: room.Poll{Poll: "q_3", Options: []string{"a", "b"}}, Answers: []room.PollAnswer{{Identity: "ada", Choice: []int{1}}}},
	}
	r := Report{Began: nine, Ended: at(40)}
	r.fill(people, polls, at(99))
	if r.State != "ended" || r.Seconds != 2400 {
		t.Errorf("%s after %d s, want ended after 2400", r.State, r.Seconds)
	}
	if want := (ReportTotals{People: 3, Most: 2, Hands: 2, Messages: 4, Polls: 3, Answers: 3}); r.Totals != want {
		t.Errorf("totals %+v, want %+v", r.Totals, want)
	}
	want := []ReportPerson{
		{Member: "p_1", Name: "Ms Noether", Role: room.Teacher, First: at(-5), Last: at(40), Seconds: 2700, Percent: 100, StageSeconds: 2400, Asked: 3, Scored: 1},
		{Member: "p_2", Name: "Ada", Role: room.Student, First: at(0), Last: at(40), Seconds: 1800, Percent: 75, Hands: 2, Messages: 3, Answers: 2, Asked: 3, Right: 1, Scored: 1},
		{Member: "p_3", Name: "Bob", Role: room.Student, Guest: true, First: at(10), Last: at(20), Seconds: 600, Percent: 25, Messages: 1, Answers: 1, Asked: 3, Scored: 1},
	}
	if !reflect.DeepEqual(r.People, want) {
		t.Errorf("people %+v, want %+v", r.People, want)
	}
	if r.Polls[0].Right == nil || *r.Polls[0].Right != 1 || r.Polls[1].Right != nil || r.Polls[2].Right != nil {
		t.Errorf("right answers of %+v", r.Polls)
	}
}

func TestSessionsOfClassesThatAreOverAreBounded(t *testing.T) {
	var a afterwards
	at := time.Now()
	s, key := newSession("s_0", "p_0", room.Join{})
	a.remember(s, "math", 7, at)
	for i := range maxAfterwards + 10 {
		other, _ := newSession(newSessionID(), "p_1", room.Join{})
		a.remember(other, "math", 8, at.Add(time.Duration(i)))
	}
	if n := len(a.kept); n != maxAfterwards {
		t.Errorf("%d are remembered, want %d", n, maxAfterwards)
	}
	if _, ok := a.class("math", "s_0", key, at); ok {
		t.Error("not the first one was forgotten")
	}
	a.remember(s, "math", 7, at)
	for _, wrong := range []struct {
		room, key string
		at        time.Time
	}{{"physics", key, at}, {"math", "a guess", at}, {"math", key, at.Add(reportsFor + 1)}} {
		if _, ok := a.class(wrong.room, "s_0", wrong.key, wrong.at); ok {
			t.Errorf("%+v reads reports", wrong)
		}
	}
	if class, ok := a.class("math", "s_0", key, at.Add(reportsFor)); !ok || class != 7 {
		t.Errorf("it reads class %d: %v", class, ok)
	}
}

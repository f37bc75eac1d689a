package room

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestThousandLinesASecond is what is shown when far more is written than can be read.
func TestThousandLinesASecond(t *testing.T) {
	c := newClass(t, Settings{MaxPeople: 1000})
	teacher := c.join("teacher", Teacher)
	ids := make([]MemberID, 500)
	for i := range ids {
		ids[i] = c.do(System, Join{Identity: fmt.Sprint(i), Name: fmt.Sprint(i), Role: Student}).(Joined).Member
	}
	c.pass(2 * time.Second)
	c.since()
	type shown struct {
		at time.Time
		n  int
	}
	var all []shown
	accepted, limited, dropped, total := 0, 0, 0, 0
	authors := make(map[MemberID]bool)
	var longest, last time.Duration
	begin := c.at
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 10_000 {
		if _, err := c.try(ids[rng.IntN(len(ids))], DanmakuSend{Text: fmt.Sprint(i)}); err != nil {
			limited++
		} else {
			accepted++
		}
		c.at = c.at.Add(time.Millisecond)
		if i%100 == 99 {
			before := len(c.events)
			c.take(c.r.Tick(c.at))
			for _, e := range c.events[before:] {
				if d, ok := e.Data.(Danmaku); ok {
					all = append(all, shown{c.at, len(d.Items)})
					dropped += d.Dropped
					total += len(d.Items)
					for _, item := range d.Items {
						authors[item.Member] = true
					}
					longest = max(longest, c.at.Sub(begin)-last)
					last = c.at.Sub(begin)
				}
			}
		}
	}
	for i := range all {
		n := 0
		for j := i; j < len(all) && all[j].at.Sub(all[i].at) < time.Second; j++ {
			n += all[j].n
		}
		if n > linesPerSecond {
			t.Fatalf("%d lines in the second from %s", n, all[i].at.Sub(begin))
		}
	}
	t.Logf("of 10 000 lines %d were refused, %d shown, %d left out, by %d people; longest pause %s", limited, total, dropped, len(authors), longest)
	if limited != 10_000-accepted || limited < 7000 {
		t.Errorf("%d were refused, want all beyond one in 2 s a person", limited)
	}
	if total < 180 || total > 210 {
		t.Errorf("%d shown in 10 s, want 20 a second", total)
	}
	if longest > 400*time.Millisecond {
		t.Errorf("nothing was shown for %s", longest)
	}
	c.say(teacher, "the chat is as it was")
	if got := c.pages[teacher].Chat.Messages; len(got) != 1 {
		t.Errorf("the chat has %d messages, want the one", len(got))
	}
}

func TestLinesAreChosenEvenly(t *testing.T) {
	for _, came := range []int{3, 63, 64, 65, 200, 1000, 5000} {
		var l lines
		for i := range came {
			l.hold(DanmakuItem{Text: fmt.Sprint(i)})
		}
		l.credit = 4
		items := l.take(nine)
		if len(items) != min(4, came) || l.dropped != came-len(items) {
			t.Errorf("of %d: %d shown, %d left out", came, len(items), l.dropped)
		}
		for k, item := range items {
			var i int
			if _, err := fmt.Sscan(item.Text, &i); err != nil {
				t.Fatal(err)
			}
			if want := k * came / len(items); max(i-want, want-i) > came/8 {
				t.Errorf("of %d: the %d. shown is number %d, want near %d", came, k, i, want)
			}
		}
	}
}

func TestQuietRoomShowsEveryLine(t *testing.T) {
	c := newClass(t, Settings{})
	c.join("teacher", Teacher)
	for i := range 5 {
		id := c.join(fmt.Sprint(i), Student)
		c.do(id, DanmakuSend{Text: "wow\nwow", Color: "#ff0000", Lane: "top"})
	}
	c.since()
	c.pass(time.Second)
	n := 0
	for _, e := range c.events {
		if d, ok := e.Data.(Danmaku); ok {
			n += len(d.Items)
			if d.Dropped > 0 {
				t.Errorf("%d left out", d.Dropped)
			}
		}
	}
	if kept := len(effectsOf[SaveChat](c)); n < 4 || kept != n {
		t.Errorf("%d of the last four lines shown, %d kept", n, kept)
	}
}

func TestDanmakuIsChecked(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.refused(CodeTooLarge, student, DanmakuSend{Text: "12345678901234567890123456789012345678901"})
	c.refused(CodeBadRequest, student, DanmakuSend{Text: "x", Color: "red"})
	c.refused(CodeBadRequest, student, DanmakuSend{Text: "x", Lane: "middle"})
	c.refused(CodeForbidden, student, DanmakuSend{Text: "www.example.org"})
	c.do(student, DanmakuSend{Text: "x"})
	if e := c.refused(CodeRateLimited, student, DanmakuSend{Text: "y"}); e.RetryAfter > 2001*time.Millisecond {
		t.Errorf("try again in %s", e.RetryAfter)
	}
	off := false
	c.do(teacher, RoomPolicy{Danmaku: &off})
	c.at = c.at.Add(3 * time.Second)
	c.refused(CodeForbidden, student, DanmakuSend{Text: "y"})
}

func TestReactionsAreCounted(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.join("teacher", Teacher)
	c.pass(2 * time.Second)
	var ids []MemberID
	for i := range 20 {
		ids = append(ids, c.join(fmt.Sprint(i), Student))
	}
	c.since()
	for _, id := range ids {
		c.do(id, React{"clap"})
		c.do(id, React{"heart"})
	}
	c.refused(CodeBadRequest, ids[0], React{"boo"})
	c.pass(2 * time.Second)
	sum := make(Reactions)
	for _, e := range c.events {
		if d, ok := e.Data.(Reactions); ok {
			for k, n := range d {
				sum[k] += n
			}
		}
	}
	if n := c.sentTo(teacher, "reactions"); sum["clap"] != 20 || sum["heart"] != 20 || n > 3 {
		t.Errorf("%v in %d events", sum, n)
	}
}

package room

import (
	"fmt"
	"testing"
	"time"
)

func guest(n int, origin string) Join {
	return Join{Identity: fmt.Sprintf("guest:%s%d", origin, n), Name: "G", Role: Student, Guest: true, Origin: origin}
}

func TestOneLinkFromOnePlaceFillsNoRoom(t *testing.T) {
	c := newClass(t, Settings{MaxPeople: 10})
	teacher := c.join("noether", Teacher)
	first := c.enter(guest(0, "here"))
	for n := 1; n < 8; n++ {
		c.enter(guest(n, "here"))
	}
	if e := c.refused(CodeRoomFull, System, guest(8, "here")); e.Hint != "origin" {
		t.Errorf("the refusal is %+v", e)
	}
	c.enter(guest(0, "elsewhere"))
	if e := c.refused(CodeRoomFull, System, guest(1, "elsewhere")); e.Hint != "" {
		t.Errorf("a full room is refused with %+v", e)
	}
	c.do(teacher, PeopleKick{Member: first})
	c.enter(guest(9, "here"))
}

func TestWhoIsLostGivesWayToWhoComesFromThere(t *testing.T) {
	c := newClass(t, Settings{MaxPeople: 10})
	teacher := c.join("noether", Teacher)
	var all []MemberID
	for n := range 8 {
		all = append(all, c.enter(guest(n, "here")))
	}
	c.stage(teacher, all[0])
	c.do(all[1], HandRaise{})
	for _, id := range all[:4] { // on stage, a hand up, and two others
		c.do(System, Lost{id})
		c.at = c.at.Add(time.Second)
	}
	c.since()
	c.enter(guest(8, "here"))
	if got := effectsOf[Close](c); len(got) != 1 || got[0].Member != all[2] || got[0].Status != StatusLost {
		t.Errorf("closed: %+v, want %s, who was lost first of those who wait for nothing", got, all[2])
	}
	c.enter(guest(9, "here"))
	if e := c.refused(CodeRoomFull, System, guest(10, "here")); e.Hint != "origin" {
		t.Errorf("the refusal is %+v", e)
	}
}

func TestGuestsWhosePresenceIsKeptAreBounded(t *testing.T) {
	c := newClass(t, Settings{})
	c.join("noether", Teacher)
	c.r.GuestsKept = maxGuestsKept - 1
	for n := range 2 {
		c.do(System, Leave{c.enter(guest(n, ""))})
	}
	back := c.enter(guest(0, "")) // who is kept goes on to be
	c.do(System, Leave{back})
	known := c.join("ada", Student)
	c.do(System, Leave{known})
	saved := map[MemberID]int{}
	for _, s := range effectsOf[SaveAttendance](c) {
		saved[s.Attendance.Member]++
	}
	if len(saved) != 2 || saved[back] != 2 || saved[known] != 1 || len(effectsOf[Unkept](c)) != 1 {
		t.Errorf("kept %v, and %d not", saved, len(effectsOf[Unkept](c)))
	}
}

func TestListsForTheStaffAreGathered(t *testing.T) {
	c := newClass(t, Settings{Policy: Policy{Preset: Lecture, Lobby: true}})
	teacher := c.join("noether", Teacher)
	c.pass(time.Second)
	c.since()
	for n := range 100 {
		c.enter(guest(n, ""))
		c.pass(TickEvery)
	}
	if got := c.sentTo(teacher, "lobby.list"); got < 10 || got > 40 {
		t.Errorf("in ten seconds of arrivals the whole list was sent %d times, want at most every quarter of one", got)
	}
	if got := len(c.pages[teacher].Lobby.Members); got < 90 {
		t.Errorf("the teacher knows of %d who wait", got)
	}
}

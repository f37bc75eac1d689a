package room

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestRestore(t *testing.T) {
	c := newClass(t, Settings{ID: "algebra"})
	teacher, student, other := c.join("teacher", Teacher), c.join("student", Student), c.join("other", Student)
	c.do(other, HandRaise{})
	seat := c.stage(teacher, student)
	c.do(teacher, StageBring{Stream: "live/obs", Seat: 0})
	c.do(System, StreamUp{0})
	said := c.say(student, "hello")
	poll := c.do(teacher, PollStart{Q: "?", Options: []string{"a", "b"}}).(PollStarted).Poll
	c.do(student, PollVote{Poll: poll, Choice: []int{1}})
	saved, err := c.r.Save()
	if err != nil {
		t.Fatal(err)
	}
	at := c.at.Add(5 * time.Second)
	r, err := Restore(Settings{ID: "algebra"}, saved, at)
	if err != nil {
		t.Fatal(err)
	}
	again := newClass(t, Settings{})
	again.r, again.at = r, at
	if again.r.Seats[0].State != SeatFree || again.r.Seats[0].Epoch != 1 {
		t.Errorf("seat 0 is %+v: a stream has to be brought again", again.r.Seats[0])
	}
	for _, id := range []MemberID{teacher, student, other} {
		again.do(System, Back{id})
		again.welcome(id)
	}
	p := again.pages[student]
	if p.Self.Seat != seat || p.Seats[seat].State != SeatReconnecting || p.Chat.Messages[0].Msg != said || p.Polls[0].Mine.Choice[0] != 1 {
		t.Errorf("the student finds %+v", p.Snapshot)
	}
	if again.pages[other].Hand.Pos != 1 {
		t.Error("the hand went down")
	}
	again.do(System, MediaUp{student})
	if !again.opened(student, Mic) { // of whom the owner knows nothing after a restart
		t.Error("the microphone stays shut though its owner means it to be open")
	}
	if id := again.say(teacher, "still here"); !older(said, id) {
		t.Errorf("message %s does not come after %s", id, said)
	}
	again.refused(CodeNotFound, System, Lost{"p_nobody"})
}

func TestWhatDoesNotComeBackAfterARestartIsLost(t *testing.T) {
	c := newClass(t, Settings{})
	c.join("teacher", Teacher)
	saved, err := c.r.Save()
	if err != nil {
		t.Fatal(err)
	}
	r, err := Restore(Settings{}, saved, c.at)
	if err != nil {
		t.Fatal(err)
	}
	c.r = r
	c.jump(2 * time.Minute)
	if c.r.State != Unattended {
		t.Errorf("%s, want unattended", c.r.State)
	}
	c.jump(15 * time.Minute)
	if c.r.State != Ended {
		t.Errorf("%s, want ended", c.r.State)
	}
}

func TestBansAreKeptOnce(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, a, b := c.join("teacher", Teacher), c.join("a", Student), c.join("b", Student)
	c.do(teacher, PeopleKick{Member: a, Ban: "24h"})
	c.do(teacher, PeopleKick{Member: b, Ban: "class"})
	s := Settings{Bans: []Ban{effectsOf[SaveBan](c)[0].Ban}}
	for range 3 {
		saved, err := c.r.Save()
		if err != nil {
			t.Fatal(err)
		}
		if c.r, err = Restore(s, saved, c.at); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.r.Bans); n != 2 {
		t.Errorf("%d bans, want 2", n)
	}
	c.refused(CodeForbidden, System, Join{Identity: "b", Role: Student})
}

func TestRestoreTakesChatFromItsKeeper(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.join("teacher", Teacher)
	c.say(teacher, "saved")
	saved, err := c.r.Save()
	if err != nil {
		t.Fatal(err)
	}
	last := c.say(teacher, "said after that")
	r, err := Restore(Settings{Chat: c.r.Chat}, saved, c.at)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Chat); n != 2 || r.Chat[1].Msg != last {
		t.Errorf("%d messages", n)
	}
	if r, err = Restore(Settings{Chat: []Message{}}, saved, c.at); err != nil || len(r.Chat) != 0 {
		t.Errorf("%d messages, %v: the keeper has none", len(r.Chat), err)
	}
}

// TestAnyStateComesBack saves and restores where random commands lead.
func TestAnyStateComesBack(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 7))
		s := newScript(t, rng.IntN)
		s.join("teacher0", Teacher)
		for range 300 {
			s.step()
		}
		saved, err := s.r.Save()
		if err != nil {
			t.Fatal(err)
		}
		set := Settings{ID: "algebra", Seats: 3, MaxPeople: 9}
		r, err := Restore(set, saved, s.at)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		first, err := r.Save()
		if err != nil {
			t.Fatal(err)
		}
		if r, err = Restore(set, first, s.at); err != nil {
			t.Fatal(err)
		}
		second, err := r.Save()
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("seed %d: the second time", seed), json.RawMessage(second), json.RawMessage(first))
		s.r, s.open, s.held, s.pages = r, make(map[MemberID]map[Medium]bool), make(map[MemberID][3]bool), make(map[MemberID]*client)
		s.take(r.Tick(s.at))
		if r.State == Ended {
			continue
		}
		for range 200 {
			s.act()
		}
	}
}

func TestDamagedStateIsAnError(t *testing.T) {
	c := newClass(t, Settings{Seats: 3})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.stage(teacher, student)
	c.do(student, HandRaise{})
	c.do(teacher, PollStart{Q: "?", Options: []string{"a", "b"}})
	whole, err := c.r.Save()
	if err != nil {
		t.Fatal(err)
	}
	for _, damage := range []struct{ from, to string }{
		{`"Queue":["`, `"Queue":["p_0","`}, {`"Order":["`, `"Order":["p_0","`}, {`"Seat":2`, `"Seat":3`}, {`"Seat":2`, `"Seat":99`},
		{`"Members":{`, `"Members":[`}, {`"Tally":[0,0]`, `"Tally":[0]`}, {`"Votes":{}`, `"Votes":null`}, {`{`, ``},
	} {
		text := strings.Replace(string(whole), damage.from, damage.to, 1)
		if text == string(whole) {
			t.Errorf("%s is not there", damage.from)
		}
		if _, err := Restore(Settings{Seats: 3}, []byte(text), c.at); err == nil || errors.As(err, new(*Error)) {
			t.Errorf("%s → %s: %v, want an error of the file", damage.from, damage.to, err)
		}
	}
}

// What is changed of a room counts from the next class on, also when the server
// is started in between.
func TestAClassKeepsItsSeatsOverARestart(t *testing.T) {
	c := newClass(t, Settings{Seats: 3})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	n := c.stage(teacher, student)
	whole, err := c.r.Save()
	if err != nil {
		t.Fatal(err)
	}
	for _, seats := range []int{1, 16} {
		r, err := Restore(Settings{Seats: seats}, whole, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if r.SeatCount() != 3 || r.Seats[n].Member != student {
			t.Errorf("set to %d it has %d seats: %+v", seats, r.SeatCount(), r.Seats)
		}
	}
}

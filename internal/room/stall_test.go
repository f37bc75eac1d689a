package room

import (
	"testing"
	"time"
)

func TestASeatThatStallsIsSeenReconnecting(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, ada, bob := c.join("noether", Teacher), c.join("ada", Student), c.join("bob", Student)
	n := c.stage(teacher, ada)
	epoch := c.r.Seats[n].Epoch
	c.do(System, Stalled{Seat: n, Epoch: epoch, On: true})
	for _, id := range []MemberID{teacher, bob} {
		if s := c.pages[id].Seats[n]; s.State != SeatReconnecting || !s.Stalled {
			t.Errorf("%s sees %+v", id, s)
		}
	}
	c.since()
	c.do(System, Stalled{Seat: n, Epoch: epoch})
	if s := c.pages[bob].Seats[n]; s.State != SeatLive || s.Stalled || s.Epoch != epoch {
		t.Errorf("after it went on bob sees %+v", s)
	}
	if got := effectsOf[Refresh](c); len(got) != 1 || got[0].Seat != n {
		t.Errorf("key frames asked for: %+v", got)
	}
	c.refused(CodeNotFound, System, Stalled{Seat: n, Epoch: epoch - 1, On: true})
	c.refused(CodeBadRequest, System, Stalled{Seat: 99, On: true})
}

func TestASeatThatStallsForTooLongIsGivenUp(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, ada := c.join("noether", Teacher), c.join("ada", Student)
	n := c.stage(teacher, ada)
	c.do(System, Stalled{Seat: n, Epoch: c.r.Seats[n].Epoch, On: true})
	c.jump(reserveFor - time.Second)
	if got := c.pages[teacher].Seats[n].State; got != SeatReconnecting {
		t.Errorf("it is %s before its time", got)
	}
	c.jump(2 * time.Second)
	if s := c.pages[teacher].Seats[n]; s.State != SeatFree || s.Stalled {
		t.Errorf("it is %+v after its time", s)
	}
}

func TestPicturesThatStopAreSeenStalled(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, ada := c.join("noether", Teacher), c.join("ada", Student)
	n := c.stage(teacher, ada)
	stalled := func() bool { return c.pages[teacher].Seats[n].Stalled }

	c.do(System, Sends{ada, Camera, true})
	c.do(System, Sends{ada, Camera, false})
	c.pass(frozenAfter / 2)
	if stalled() {
		t.Error("a camera that is being changed counts as stalled")
	}
	c.pass(frozenAfter)
	if s := c.pages[teacher].Seats[n]; !s.Stalled || s.State != SeatLive {
		t.Errorf("pictures have stopped and the seat is %+v", s)
	}
	c.do(System, Sends{ada, Camera, true})
	if stalled() {
		t.Error("pictures come and the seat stalls")
	}

	c.do(ada, MediaState{Mic: true})
	c.do(System, Sends{ada, Camera, false})
	c.pass(2 * frozenAfter)
	if stalled() {
		t.Error("a camera that was switched off stalls")
	}
	c.do(ada, MediaState{Mic: true, Camera: true})
	c.pass(2 * frozenAfter)
	if stalled() {
		t.Error("a camera that has not begun yet stalls")
	}
}

func TestAMicrophoneOfWhichNothingComesIsSeen(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, ada, bob := c.join("noether", Teacher), c.join("ada", Student), c.join("bob", Student)
	n := c.stage(teacher, ada)
	unheard := func() bool { return c.pages[bob].Seats[n].AudioStalled }
	steps := []struct {
		what string
		do   func()
		rest time.Duration
		want bool
	}{
		{"it has only just been opened", func() {}, unheardAfter - time.Second, false},
		{"it was opened and has never sent", func() {}, 2 * time.Second, true},
		{"it sends", func() { c.do(System, Sends{ada, Mic, true}) }, 0, false},
		{"it goes on to send", func() {}, time.Minute, false},
		{"it has stopped for a moment", func() { c.do(System, Sends{ada, Mic, false}) }, unheardAfter - time.Second, false},
		{"it has sent again in the meantime", func() { c.do(System, Sends{ada, Mic, true}); c.do(System, Sends{ada, Mic, false}) }, unheardAfter - time.Second, false},
		{"it has stopped", func() {}, 2 * time.Second, true},
		{"it was turned off", func() { c.do(ada, MediaState{Camera: true}) }, time.Minute, false},
		{"it was turned on a moment ago", func() { c.do(ada, MediaState{Mic: true, Camera: true}) }, time.Second, false},
		{"it was turned on and sends nothing", func() {}, unheardAfter, true},
		{"the staff has muted it", func() { c.do(teacher, MediaMute{Member: ada, Kind: "audio"}) }, time.Minute, false},
		{"it was turned on again", func() {
			c.do(System, Sends{ada, Mic, true})
			c.do(teacher, MediaAsk{Member: ada, Kind: "audio"})
			c.do(ada, MediaState{Mic: true, Camera: true})
		}, time.Minute, false},
		{"all of the connection has gone", func() { c.do(System, MediaDown{ada}) }, time.Minute, false},
	}
	for _, step := range steps {
		step.do()
		c.pass(step.rest)
		if unheard() != step.want {
			t.Errorf("%s: told as unheard: %v, want %v", step.what, unheard(), step.want)
		}
	}
	if s := c.pages[bob].Seats[n]; s.State != SeatReconnecting {
		t.Errorf("without a connection the seat is %+v", s)
	}
}

func TestWhoComesBackIsNotTakenAsHeard(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, ada := c.join("noether", Teacher), c.join("ada", Student)
	c.stage(teacher, ada)
	c.do(System, Sends{ada, Mic, true})
	c.do(System, Leave{ada})
	delete(c.pages, ada)
	ada = c.join("ada", Student)
	n := c.stage(teacher, ada)
	c.pass(unheardAfter + time.Second)
	if s := c.pages[teacher].Seats[n]; !s.AudioStalled || s.Stalled || s.State != SeatLive {
		t.Errorf("nothing of the new connection is heard and the seat is %+v", s)
	}
}

func TestACutOfTheCableIsOneIntervalOfAttendance(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, ada := c.join("noether", Teacher), c.join("ada", Student)
	n := c.stage(teacher, ada)
	epoch := c.r.Seats[n].Epoch
	c.pass(time.Minute)
	c.do(System, Stalled{Seat: n, Epoch: epoch, On: true})
	c.do(System, Lost{ada})
	c.pass(20 * time.Second)
	c.do(System, Back{ada})
	c.do(System, Stalled{Seat: n, Epoch: epoch})
	c.pass(time.Minute)
	if s := c.pages[teacher].Seats[n]; s.Member == nil || s.Member.ID != ada || s.State != SeatLive {
		t.Errorf("the seat is %+v", s)
	}
	for _, a := range c.r.Attendance(c.at) {
		if a.Member == ada && len(a.Intervals) != 1 {
			t.Errorf("ada has the intervals %v", a.Intervals)
		}
	}
}

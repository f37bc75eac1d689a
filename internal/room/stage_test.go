package room

import (
	"fmt"
	"testing"
	"time"
)

func TestFromHandToStageAndBack(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student, other := c.join("teacher", Teacher), c.join("student", Student), c.join("other", Student)
	if pos := c.do(other, HandRaise{}).(HandReply).Pos; pos != 1 {
		t.Errorf("place %d, want 1", pos)
	}
	c.do(student, HandRaise{Mood: "question", Note: "why?"})
	c.do(teacher, HandLower{Member: other})
	c.pass(time.Second)
	if hand := c.pages[student].Hand.HandOwn; hand != (HandOwn{Raised: true, Pos: 1}) {
		t.Errorf("after the first hand is down: %+v, want the first place", hand)
	}

	c.refused(CodeForbidden, student, RTCOffer{PC: "pub", SDP: "v=0", Tracks: []Track{{"0", "audio", "mic"}}})
	c.refused(CodeForbidden, student, StageAccept{})
	c.do(teacher, StageInvite{Member: student})
	if got := c.pages[student].Stage.Invited; got == nil || got.ExpiresMS != 30_000 || got.By.ID != teacher {
		t.Errorf("invited: %+v", got)
	}
	c.do(student, RTCOffer{PC: "pub", SDP: "v=0", Tracks: []Track{{"0", "audio", "mic"}}}) // made ready while the sheet is open
	seat := c.do(student, StageAccept{}).(StageAcceptReply).Seat
	if seat != 2 {
		t.Errorf("seat %d, want 2: the teacher has the first", seat)
	}
	view := func() Seat { return c.pages[other].Seats[seat] }
	if v := view(); v.State != SeatReserved || v.Member.ID != student || v.Audio || v.Video {
		t.Errorf("accepted: %+v", v)
	}
	if c.r.Members[student].Hand == nil {
		t.Error("the hand went down before anything was heard")
	}
	c.do(student, MediaState{Mic: true})
	c.do(System, MediaUp{student})
	if v := view(); v.State != SeatLive || !v.Audio || v.Video || !c.opened(student, Mic) || c.opened(student, Camera) {
		t.Errorf("live: %+v", v)
	}
	if c.r.Members[student].Hand != nil {
		t.Error("the hand is up though its owner is heard")
	}
	c.do(student, StageLeave{})
	if v := view(); v.State != SeatFree || v.Member != nil || c.opened(student, Mic) {
		t.Errorf("left: %+v", v)
	}
	if caps := c.pages[student].Self; caps.Seat != 0 {
		t.Errorf("the student thinks it sits on %d", caps.Seat)
	}
	c.refused(CodeForbidden, student, MediaState{Mic: true})
}

func TestInvitationNeedsBothSides(t *testing.T) {
	for _, end := range []struct {
		name   string
		how    func(c *class, teacher, student MemberID)
		reason string
	}{
		{"declined", func(c *class, _, student MemberID) { c.do(student, StageDecline{}) }, "declined"},
		{"cancelled", func(c *class, teacher, student MemberID) { c.do(teacher, StageCancel{student}) }, "cancelled"},
		{"expired", func(c *class, _, _ MemberID) { c.jump(30 * time.Second) }, "expired"},
		{"left", func(c *class, _, student MemberID) { c.do(System, Leave{student}) }, "left"},
	} {
		t.Run(end.name, func(t *testing.T) {
			c := newClass(t, Settings{})
			teacher, student := c.join("teacher", Teacher), c.join("student", Student)
			c.do(teacher, StageInvite{Member: student})
			c.do(student, RTCOffer{PC: "pub", SDP: "v=0", Tracks: []Track{{"0", "audio", "mic"}}})
			c.since()
			end.how(c, teacher, student)
			var got []StageCancelled
			for _, e := range c.events {
				if d, ok := e.Data.(StageCancelled); ok && c.r.Reaches(e.To, teacher) {
					got = append(got, d)
				}
			}
			if len(got) != 1 || got[0].Reason != end.reason {
				t.Errorf("the teacher reads %+v, want %s", got, end.reason)
			}
			if len(effectsOf[Forward](c)) != 1 {
				t.Error("the connection that was made ready stays open")
			}
			if _, err := c.try(student, StageAccept{}); err == nil {
				t.Error("accepted what is over")
			}
		})
	}
}

func TestFullStage(t *testing.T) {
	c := newClass(t, Settings{Seats: 2})
	teacher, a, b := c.join("teacher", Teacher), c.join("a", Student), c.join("b", Student)
	c.do(teacher, StageInvite{Member: a})
	if e := c.refused(CodeStageFull, teacher, StageInvite{Member: b}); e.Hint != "swap" {
		t.Errorf("hint %q, want swap: the last seat is promised", e.Hint)
	}
	assistant := c.join("assistant", Assistant)
	c.refused(CodeStageFull, assistant, StageAccept{})
	c.do(a, StageAccept{})
	c.do(System, MediaUp{a})
	c.refused(CodeForbidden, assistant, StageInvite{Member: b, Swap: teacher})
	c.do(teacher, StageInvite{Member: b, Swap: a})
	c.since()
	if seat := c.do(b, StageAccept{}).(StageAcceptReply).Seat; seat != 2 {
		t.Errorf("seat %d, want that of a", seat)
	}
	if c.r.Members[a].Seat != 0 || len(effectsOf[Stand](c)) != 1 {
		t.Error("a is still on stage")
	}
	if got := effectsOf[Sit](c); len(got) != 1 || got[0].Epoch != 2 {
		t.Errorf("%+v, want a new epoch", got)
	}
}

func TestSeatThroughALostConnection(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	seat := c.stage(teacher, student)
	epoch := c.r.Seats[seat].Epoch
	c.do(System, Lost{student})
	if v := c.pages[teacher].Seats[seat]; v.State != SeatLive {
		t.Errorf("without its WebSocket the seat is %s, want live: the media goes on", v.State)
	}
	c.do(System, MediaDown{student})
	if v := c.pages[teacher].Seats[seat]; v.State != SeatReconnecting || v.Member.ID != student {
		t.Errorf("without media: %+v", v)
	}
	c.jump(20 * time.Second)
	c.do(System, Back{student})
	c.do(System, MediaUp{student})
	if v := c.pages[teacher].Seats[seat]; v.State != SeatLive || v.Epoch != epoch+1 || !v.Audio {
		t.Errorf("back: %+v, want live and a new epoch", v)
	}
	c.do(System, Shown{Seat: seat, Epoch: epoch})
	if n := c.sentTo(teacher, "seat.live"); n != 0 {
		t.Error("a picture of the old epoch was announced")
	}
	c.do(System, Shown{Seat: seat, Epoch: epoch + 1})
	if n := c.sentTo(teacher, "seat.live"); n != 1 {
		t.Errorf("seat.live %d times, want once", n)
	}
}

func TestSeatsAreNotHeldForEver(t *testing.T) {
	for _, c := range []struct {
		name string
		role Role
		how  func(c *class, id MemberID)
		want SeatState
	}{
		{"student without media", Student, func(*class, MemberID) {}, SeatFree},
		{"student whose media broke", Student, func(c *class, id MemberID) { c.do(System, MediaUp{id}); c.do(System, MediaDown{id}) }, SeatFree},
		{"teacher without media", Teacher, func(*class, MemberID) {}, SeatReserved},
		{"teacher whose media broke", Teacher, func(c *class, id MemberID) { c.do(System, MediaUp{id}); c.do(System, MediaDown{id}) }, SeatReserved},
		{"teacher who is gone", Teacher, func(c *class, id MemberID) { c.do(System, Lost{id}) }, SeatFree},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := newClass(t, Settings{})
			by, id := cl.join("host", Teacher), cl.join("someone", c.role)
			if c.role == Student {
				cl.do(by, StageInvite{Member: id})
				cl.do(id, StageAccept{})
			}
			seat := cl.r.Members[id].Seat
			c.how(cl, id)
			cl.jump(119 * time.Second)
			if cl.r.Seats[seat].State == SeatFree {
				t.Error("the seat is free too early")
			}
			cl.jump(2 * time.Second)
			if got := cl.r.Seats[seat].State; got != c.want {
				t.Errorf("the seat is %s, want %s", got, c.want)
			}
		})
	}
}

func TestStreamOnASeat(t *testing.T) {
	c := newClass(t, Settings{Seats: 2})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.refused(CodeForbidden, student, StageBring{Stream: "live/obs", Seat: 2})
	c.refused(CodeBadRequest, teacher, StageBring{Stream: "live/../obs", Seat: 2})
	c.refused(CodeBadRequest, teacher, StageBring{Stream: "live/obs", Seat: 3})
	c.refused(CodeConflict, teacher, StageBring{Stream: "live/obs", Seat: 1})
	c.since()
	c.do(teacher, StageBring{Stream: "live/obs", Seat: 2})
	if got := effectsOf[Bring](c); len(got) != 1 || got[0] != (Bring{"live/obs", 2, 1}) {
		t.Errorf("%+v", got)
	}
	c.do(System, StreamUp{2})
	if v := c.pages[student].Seats[2]; v.State != SeatLive || v.Source != "stream" || v.Stream != "live/obs" || !v.Video {
		t.Errorf("%+v", v)
	}
	c.do(System, StreamDown{Seat: 2, Reason: "its codec is H.264, the room's VP8"})
	if v := c.pages[student].Seats[2]; v.State != SeatFree || v.Source != "" {
		t.Errorf("%+v", v)
	}
	if c.sentTo(teacher, "sys.notice") != 1 || c.sentTo(student, "sys.notice") != 0 {
		t.Error("the staff alone is told why")
	}
	c.do(teacher, StageBring{Stream: "live/obs", Seat: 0})
	zero := 0
	c.do(teacher, StageRemove{Seat: &zero})
	if got := effectsOf[Unbring](c); len(got) != 2 {
		t.Errorf("%d streams were ended, want 2", len(got))
	}
	c.refused(CodeBadState, teacher, StageRemove{Seat: &zero})
}

func TestFreeStage(t *testing.T) {
	c := newClass(t, Settings{Policy: Policy{Preset: Open}})
	c.join("teacher", Teacher)
	student, observer := c.join("student", Student), c.join("observer", Observer)
	c.do(student, StageAccept{})
	c.refused(CodeForbidden, observer, StageAccept{})
	c.do(student, MediaState{Mic: true, Screen: true})
	if v := c.pages[observer].Seats[0]; v.Member == nil || v.Member.ID != student {
		t.Errorf("the screen is %+v", v)
	}
}

// TestFiftyPromotions is what the audience sees of a busy stage: seats, and nothing of its own.
func TestFiftyPromotions(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, viewer := c.join("teacher", Teacher), c.join("viewer", Student)
	var ids []MemberID
	for i := range 5 {
		ids = append(ids, c.join(fmt.Sprint("s", i), Student))
	}
	c.since()
	for i := range 50 {
		id := ids[i%len(ids)]
		c.stage(teacher, id)
		c.do(teacher, StageRemove{Member: id})
		c.jump(time.Second)
	}
	if n := c.sentTo(viewer, "rtc.need"); n != 0 {
		t.Errorf("%d requests for a new offer, want none", n)
	}
	if n := c.sentTo(viewer, "self.update"); n != 0 {
		t.Errorf("%d changes of oneself, want none", n)
	}
	if n := c.sentTo(viewer, "seat.set"); n != 50*4 {
		t.Errorf("%d seats set, want 4 a promotion", n)
	}
}

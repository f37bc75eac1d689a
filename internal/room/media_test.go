package room

import "testing"

func TestMuteSticksUntilAsked(t *testing.T) {
	c := newClass(t, Settings{Policy: Policy{Preset: Lecture}})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.stage(teacher, student)
	c.do(teacher, MediaMute{Member: student, Kind: "audio"})
	if c.opened(student, Mic) || !c.opened(student, Camera) {
		t.Error("muted: the microphone passes, or the camera does not")
	}
	if e := c.refused(CodeForbidden, student, MediaState{Mic: true, Camera: true}); e.Hint != "ask" {
		t.Errorf("hint %q, want ask", e.Hint)
	}
	c.do(student, MediaState{Camera: false}) // the rest stays one's own
	c.do(student, MediaState{Camera: true})
	c.do(teacher, MediaAsk{Member: student, Kind: "audio"})
	if c.opened(student, Mic) {
		t.Error("asking opened the microphone")
	}
	c.do(student, MediaState{Mic: true, Camera: true})
	if !c.opened(student, Mic) {
		t.Error("asked, and still muted")
	}
	// Whoever mutes itself unmutes itself.
	c.do(student, MediaState{Camera: true})
	c.do(student, MediaState{Mic: true, Camera: true})
}

func TestMuteWithFreeUnmute(t *testing.T) {
	c := newClass(t, Settings{Policy: Policy{Preset: Seminar}})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.stage(teacher, student)
	c.do(teacher, MediaMute{Member: student, Kind: "audio"})
	if c.opened(student, Mic) {
		t.Error("muted and heard")
	}
	c.do(student, MediaState{Mic: true, Camera: true})
	if !c.opened(student, Mic) {
		t.Error("unmuting is free here")
	}
}

func TestMuteAll(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, other := c.join("teacher", Teacher), c.join("assistant", Assistant)
	a, b, except := c.join("a", Student), c.join("b", Student), c.join("except", Student)
	c.do(other, StageAccept{})
	c.do(teacher, MediaState{Mic: true})
	c.do(other, MediaState{Mic: true})
	for _, id := range []MemberID{a, b, except} {
		c.stage(teacher, id)
	}
	c.do(b, MediaState{}) // muted itself a moment before
	c.do(teacher, MediaMute{Member: "*", Kind: "audio", Except: []MemberID{except}})
	for id, want := range map[MemberID]bool{teacher: true, other: true, a: false, b: false, except: true} {
		if got := c.opened(id, Mic); got != want {
			t.Errorf("%s is heard: %v, want %v", c.r.Members[id].Name, got, want)
		}
	}
	c.refused(CodeForbidden, b, MediaState{Mic: true})
}

func TestBlockOutlastsTheSeat(t *testing.T) {
	c := newClass(t, Settings{Policy: Policy{Preset: Seminar}})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.do(teacher, MediaBlock{Member: student, Kind: "video", Blocked: true})
	c.do(teacher, StageInvite{Member: student})
	c.do(student, StageAccept{})
	if e := c.refused(CodeForbidden, student, MediaState{Mic: true, Camera: true}); e.Hint != "blocked" || e.Field != "camera" {
		t.Errorf("%+v, want the camera blocked", e)
	}
	c.do(student, MediaState{Mic: true})
	c.refused(CodeBadState, teacher, MediaAsk{Member: student, Kind: "video"})
	c.do(student, StageLeave{})
	c.stageAgain(teacher, student)
	c.refused(CodeForbidden, student, MediaState{Camera: true})
	c.do(teacher, MediaBlock{Member: student, Kind: "video", Blocked: false})
	if c.opened(student, Camera) {
		t.Error("unblocking opened the camera")
	}
	c.do(student, MediaState{Camera: true})
	if !c.opened(student, Camera) {
		t.Error("the camera stays shut")
	}
}

func (c *class) stageAgain(by, id MemberID) {
	c.t.Helper()
	c.do(by, StageInvite{Member: id})
	c.do(id, StageAccept{})
}

func TestNobodyActsUpwards(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, assistant := c.join("teacher", Teacher), c.join("assistant", Assistant)
	c.do(teacher, MediaState{Mic: true})
	for _, cmd := range []Command{
		MediaMute{Member: teacher, Kind: "audio"}, MediaBlock{Member: teacher, Kind: "audio", Blocked: true},
		StageRemove{Member: teacher}, PeopleKick{Member: teacher}, PeopleRole{Member: teacher, Role: Student},
	} {
		c.refused(CodeForbidden, assistant, cmd)
	}
	if !c.opened(teacher, Mic) {
		t.Error("an assistant muted the teacher")
	}
}

func TestScreen(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.join("teacher", Teacher)
	a, b := c.join("a", Student), c.join("b", Student)
	c.stage(teacher, a, "mic", "camera", "screen")
	c.stage(teacher, b)
	if e := c.refused(CodeForbidden, b, MediaState{Screen: true}); e.Hint != string(CapScreen) {
		t.Errorf("hint %q: b was not invited with a screen", e.Hint)
	}
	c.do(a, RTCOffer{PC: "pub", SDP: "v=0", Tracks: []Track{{"0", "video", "screen"}, {"1", "audio", "screen"}}})
	c.do(a, MediaState{Mic: true, Screen: true})
	if v := c.pages[b].Seats[0]; v.Source != "screen" || v.Member.ID != a || !v.Video || !v.Audio || v.State != SeatLive {
		t.Errorf("shared: %+v", v)
	}
	c.since()
	c.do(teacher, MediaState{Mic: true, Screen: true}) // the staff takes the place
	if v := c.pages[b].Seats[0]; v.Member.ID != teacher {
		t.Errorf("taken over: %+v", v)
	}
	if c.sentTo(a, "media.muted") != 1 || c.opened(a, Screen) {
		t.Error("a was not told, or still shows")
	}
	if e := c.refused(CodeConflict, a, MediaState{Mic: true, Screen: true}); e.Hint != "content" {
		t.Errorf("hint %q, want content", e.Hint)
	}
	c.do(teacher, StageLeave{})
	if v := c.pages[b].Seats[0]; v.State != SeatFree {
		t.Errorf("after its owner left the stage: %+v", v)
	}
	c.do(a, MediaState{Mic: true, Screen: true})
	c.do(teacher, MediaMute{Member: a, Kind: "screen"})
	if v := c.pages[b].Seats[0]; v.State != SeatFree || !c.opened(a, Mic) {
		t.Errorf("after the screen was shut: %+v", v)
	}
}

func TestOffers(t *testing.T) {
	mic := Track{"0", "audio", "mic"}
	for _, c := range []struct {
		name  string
		offer RTCOffer
		code  Code
	}{
		{"whole", RTCOffer{PC: "pub", SDP: "v=0", Tracks: []Track{mic, {"1", "video", "camera"}}}, ""},
		{"to watch", RTCOffer{PC: "sub", SDP: "v=0"}, ""},
		{"of one connection", RTCOffer{PC: "main", SDP: "v=0"}, CodeBadRequest},
		{"without description", RTCOffer{PC: "sub"}, CodeBadRequest},
		{"long", RTCOffer{PC: "sub", SDP: string(make([]byte, maxSDP+1))}, CodeTooLarge},
		{"without tracks", RTCOffer{PC: "pub", SDP: "v=0"}, CodeBadRequest},
		{"one mid twice", RTCOffer{PC: "pub", SDP: "v=0", Tracks: []Track{mic, {"0", "video", "camera"}}}, CodeBadRequest},
		{"two microphones", RTCOffer{PC: "pub", SDP: "v=0", Tracks: []Track{mic, {"1", "audio", "mic"}}}, CodeBadRequest},
		{"a microphone's picture", RTCOffer{PC: "pub", SDP: "v=0", Tracks: []Track{{"1", "video", "mic"}}}, CodeBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := newClass(t, Settings{})
			teacher := cl.join("teacher", Teacher)
			cl.since()
			if c.code != "" {
				cl.refused(c.code, teacher, c.offer)
				return
			}
			if _, ok := cl.do(teacher, c.offer).(Offer); !ok || len(effectsOf[Offer](cl)) != 1 {
				t.Error("the owner is not asked for an answer")
			}
		})
	}
}

func TestOnlyWhoIsHeardSpeaks(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.do(teacher, MediaState{Mic: true})
	c.since()
	heard := Heard{Speakers{Active: []Speaker{{teacher, 20}, {student, 5}}, Dominant: teacher}}
	c.do(System, heard)
	c.do(System, heard)
	if n := c.sentTo(student, "speakers"); n != 1 {
		t.Errorf("%d events for one change", n)
	}
	for _, e := range c.events {
		if s, ok := e.Data.(Speakers); ok && (len(s.Active) != 1 || s.Active[0].Member != teacher) {
			t.Errorf("speaking: %+v", s)
		}
	}
}

func TestQualityIsOnesOwnUntilItIsBad(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, speaker, viewer := c.join("teacher", Teacher), c.join("speaker", Student), c.join("viewer", Student)
	c.stage(teacher, speaker)
	c.since()
	c.do(System, Measured{MemberQuality{Member: viewer, Dir: "down", Score: "poor"}})
	if c.sentTo(viewer, "quality") != 1 || c.sentTo(teacher, "quality") != 1 || c.sentTo(speaker, "quality") != 0 {
		t.Error("a viewer's weak network is the viewer's and the staff's business")
	}
	c.since()
	c.do(System, Measured{MemberQuality{Member: speaker, Dir: "up", Score: "poor"}})
	if c.sentTo(viewer, "quality") != 1 {
		t.Error("a speaker's weak network is in everybody's picture")
	}
	c.pass(peopleEvery)
	if got := c.r.person(c.r.Members[viewer]).Quality; got != "poor" {
		t.Errorf("the list says %q", got)
	}
}

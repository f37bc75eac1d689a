package room

import (
	"slices"
	"testing"
)

func TestANewerTokenSaysWhatOneIs(t *testing.T) {
	c := newClass(t, Settings{Policy: Policy{Preset: Lecture, Lobby: true}})
	teacher := c.join("noether", Teacher)
	ada := c.join("ada", Student)
	if c.pages[ada].waiting == nil {
		t.Fatal("ada does not wait")
	}
	c.do(System, Renew{Member: ada, Role: Assistant})
	if p := c.pages[ada]; p.waiting != nil || p.Self.Role != Assistant || !slices.Contains(p.Self.Caps, CapModerate) {
		t.Errorf("staff who waited sees %+v", p)
	}
	c.do(System, Renew{Member: ada, Role: Student, Caps: []string{"-chat"}})
	c.refused(CodeForbidden, ada, RoomLock{Locked: true})
	c.refused(CodeForbidden, ada, ChatSend{Text: "hello"})
	if c.pages[ada].Lobby != nil {
		t.Error("a student knows who waits")
	}

	c.do(teacher, PeopleRole{Member: ada, Role: Assistant})
	c.do(System, Renew{Member: ada, Role: Student})
	if got := c.r.Self(ada).Role; got != Assistant {
		t.Errorf("whom a teacher made an assistant is a %s", got)
	}
}

func TestWhoIsExpelledGivesUpEverything(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, ada := c.join("noether", Teacher), c.join("ada", Student)
	n := c.stage(teacher, ada)
	c.do(ada, HandRaise{})
	c.since()
	c.do(System, Expel{Member: ada, Reason: "the key was taken back"})
	if got := effectsOf[Close](c); len(got) != 1 || got[0].Member != ada || got[0].Status != StatusRemoved {
		t.Errorf("closes: %+v", got)
	}
	if got := effectsOf[Stand](c); len(got) != 1 || got[0].Seat != n {
		t.Errorf("seats left: %+v", got)
	}
	if len(c.r.Queue) != 0 {
		t.Error("the hand is still up")
	}
	c.refused(CodeNotFound, System, Expel{Member: ada})
	c.refused(CodeNotFound, System, Renew{Member: ada, Role: Teacher})
	if self := c.r.Self(ada); self.Member != "" || self.Caps == nil {
		t.Errorf("who is gone is %+v", self)
	}
}

package classroom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lectern/internal/auth"
	"lectern/internal/room"
)

// slow is a Media that answers an offer when it is told to.
type slow struct {
	*scene
	asked, answer chan struct{}
}

func (s *slow) OpenStage(o StageOptions) (Stage, error) {
	s.events = o.Events
	return s, nil
}

func (s *slow) Offer(context.Context, Offer) (Answer, error) {
	close(s.asked)
	<-s.answer
	s.note("offer answered")
	return Answer{SDP: "the answer"}, nil
}

// after says whether something was noted after something else.
func (n *notes) after(first, then string) bool {
	seen := false
	for _, text := range n.texts {
		if seen && strings.Contains(text, then) {
			return true
		}
		seen = seen || strings.Contains(text, first)
	}
	return false
}

func TestWhoIsSentAwayWhileHeOffersSeesNothing(t *testing.T) {
	s := &slow{&scene{notes: newNotes()}, make(chan struct{}), make(chan struct{})}
	r, secret := newRoom(t, Options{Media: s})
	teacher, _ := enter(t, r, "math", secret)
	_, student, err := r.Invite(t.Context(), Invite{Room: "math", Role: "student", Uses: -1})
	if err != nil {
		t.Fatal(err)
	}
	eve, line := enter(t, r, "math", student)
	heard := make(chan error)
	go func() {
		heard <- eve.Hear(t.Context(), []byte(`{"id":2,"type":"rtc.offer","data":{"pc":"sub","sdp":"v=0"}}`))
	}()
	<-s.asked
	hear(t, teacher, `{"id":2,"type":"people.kick","data":{"member":"`+string(eve.session.member)+`"}}`)
	s.want(t, `["leave"]`)
	close(s.answer)
	if err := <-heard; !errors.As(err, new(*CloseError)) {
		t.Errorf("got %v", err)
	}
	s.until(t, "the connection's end", func() bool { return s.after("offer answered", "leave") })
	line.mu.Lock()
	defer line.mu.Unlock()
	if strings.Contains(strings.Join(line.texts, "\n"), "the answer") {
		t.Error("the answer was sent")
	}
}

func TestWhatIsKeptForReturnersIsBoundedInBytes(t *testing.T) {
	var r ring
	at := time.Now()
	long := strings.Repeat("x", 256<<10)
	for seq := range uint64(1000) {
		r.add(&Message{Text: []byte(long[:1+int(seq%10)*len(long)/10]), Seq: seq + 1}, at)
		kept := 0
		for _, m := range r.kept {
			kept += len(m.Text)
		}
		if kept > ringBytes || kept != r.bytes {
			t.Fatalf("%d bytes are kept, counted %d", kept, r.bytes)
		}
	}
	if _, ok := r.since(1, 1000); ok {
		t.Error("what is gone is said to be there")
	}
	if missed, ok := r.since(999, 1000); !ok || len(missed) != 1 {
		t.Errorf("%d messages, %v", len(missed), ok)
	}
}

func TestNobodyFloodsWithFewLongMessages(t *testing.T) {
	at := time.Now()
	for _, typ := range []string{"pong", "board.op", "no.such"} {
		r, secret := newRoom(t, Options{Now: func() time.Time { return at }})
		v, _ := enter(t, r, "math", secret)
		frame := fmt.Appendf(nil, `{"type":%q,"data":{"x":%q}}`, typ, strings.Repeat("x", 250<<10))
		taken := 0
		var err error
		for ; taken < 50 && err == nil; taken++ {
			err = v.Hear(t.Context(), frame)
		}
		if c := (*CloseError)(nil); !errors.As(err, &c) || c.Code != CloseTooFast {
			t.Errorf("%s: %d messages of 250 KiB are taken at once: %v", typ, taken, err)
		}
	}
}

func TestARoomThatPanicsForTheMediaEndsAlone(t *testing.T) {
	s := &scene{notes: newNotes()}
	r, secret := newRoom(t, Options{Media: s})
	v, line := enter(t, r, "math", secret)
	v.class.mu.Lock()
	v.class.room = nil // stands for any mistake
	v.class.mu.Unlock()
	s.events.Connected("p_1", Pub)
	s.events.Live(1, 1)
	s.events.Lost("p_1", Pub, context.Canceled)
	line.until(t, "the end", func() bool { return line.ended != nil && line.ended.Code == CloseInternal })
}

func TestInvitesThatAreOverTakeNoPlace(t *testing.T) {
	at := time.Now()
	r, _ := newRoom(t, Options{Now: func() time.Time { return at }})
	for range maxInvites - 1 {
		if _, _, err := r.Invite(t.Context(), Invite{Room: "math", Role: room.Student, Uses: -1, Expires: at.Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := r.Invite(t.Context(), Invite{Room: "math", Role: room.Student, Uses: -1}); !errors.Is(err, ErrTooMany) {
		t.Errorf("got %v", err)
	}
	at = at.Add(time.Hour)
	if _, _, err := r.Invite(t.Context(), Invite{Room: "math", Role: room.Student, Uses: -1}); err != nil {
		t.Error(err)
	}
	if n := len(r.Invites("math")); n != 2 {
		t.Errorf("%d invites, want 2", n)
	}
	if _, _, err := r.Invite(t.Context(), Invite{Room: "math", Role: room.Student, Name: strings.Repeat("x", 4<<10)}); !errors.Is(err, ErrMalformed) {
		t.Errorf("a name of 4 KiB: %v", err)
	}
}

func TestAnInviteDoesNotWaitForWhatIsBeingStored(t *testing.T) {
	r, secret := newRoom(t, Options{})
	r.saving.Lock() // as while another room is removed, or the disk is slow
	defer r.saving.Unlock()
	for _, invite := range []string{secret, "nonsense"} {
		entered := make(chan struct{})
		go func() {
			defer close(entered)
			_ = r.Visit("math", newNotes(), Visitor{}).Hear(t.Context(), []byte(`{"id":1,"type":"hello","data":{"invite":"`+invite+`"}}`))
		}()
		select {
		case <-entered:
		case <-time.After(5 * time.Second):
			t.Fatalf("%.8q waits", invite)
		}
	}
}

func TestAPatternMakesNoRoomsForStudents(t *testing.T) {
	r := New(Options{})
	t.Cleanup(r.Close)
	for _, c := range []struct {
		grant auth.Grant
		name  string
		made  bool
	}{
		{auth.Grant{Sub: "eve", Identity: "eve", Role: "student", Rooms: []string{"*"}}, "r1", false},
		{auth.Grant{Sub: "eve", Identity: "eve", Role: "observer", Rooms: []string{"r*"}}, "r2", false},
		{auth.Grant{Sub: "ada", Identity: "ada", Role: "student", Room: "r3"}, "r3", true},
		{auth.Grant{Sub: "bob", Identity: "bob", Role: "student", Rooms: []string{"r5"}}, "r5", true},
		{auth.Grant{Sub: "emmy", Identity: "emmy", Role: "teacher", Rooms: []string{"r*"}}, "r4", true},
	} {
		line := newNotes()
		v := r.Visit(c.name, line, Visitor{Decide: func(context.Context, string) (auth.Grant, error) { return c.grant, nil }})
		err := v.Hear(t.Context(), []byte(`{"id":1,"type":"hello","data":{"token":"x","name":"X"}}`))
		if _, missing := r.Definition(c.name); (missing == nil) != c.made || (err == nil) != c.made {
			t.Errorf("%s: made %v, %v", c.name, missing == nil, err)
		}
	}
}

// A page of a board is the longest reply there is, and everybody asks for it
// when a class begins.
func fullPage() room.BoardPage {
	page := room.BoardPage{Board: "b1", Ver: 2300, Pages: 1}
	points := json.RawMessage(`{"pts":[` + strings.Repeat("123,456,", 20) + `0]}`)
	for i := range 2300 {
		page.Shapes = append(page.Shapes, room.Shape{ID: fmt.Sprint("shape", i), By: "p_1", T: "stroke", D: points})
	}
	return page
}

func TestAPageIsMadeIntoTextOnceAVersion(t *testing.T) {
	var p pages
	page := fullPage()
	if got, want := p.reply(7, page).Text, newReply(7, page).Text; string(got) != string(want) {
		t.Errorf("got %.200s, want %.200s", got, want)
	}
	first := &p.text(page)[0]
	if first != &p.text(page)[0] {
		t.Error("it is made again")
	}
	page.Ver++
	page.Shapes = page.Shapes[1:]
	if got := p.text(page); first == &got[0] || string(got) != string(encode(page)) {
		t.Error("an old version is told")
	}
	for n := range 100 {
		page.Page = n
		p.text(page)
		kept := 0
		for _, k := range p.kept {
			kept += len(k.text)
		}
		if kept > maxPages || kept != p.bytes {
			t.Fatalf("%d bytes are kept, counted %d", kept, p.bytes)
		}
	}
}

func BenchmarkAPageOfABoard(b *testing.B) {
	var p pages
	page := fullPage()
	b.ReportAllocs()
	for b.Loop() {
		p.reply(1, page)
	}
}

// broken is a Media that panics once.
type broken struct {
	*scene
	was bool
}

func (b *broken) OpenStage(o StageOptions) (Stage, error) {
	if !b.was {
		b.was = true
		panic("a bug")
	}
	return b.scene.OpenStage(o)
}

func TestAClassThatPanicsAtItsBeginningIsInNobodysWay(t *testing.T) {
	r, secret := newRoom(t, Options{Media: &broken{scene: &scene{notes: newNotes()}}})
	line := newNotes()
	err := r.Visit("math", line, Visitor{}).Hear(t.Context(), []byte(`{"id":1,"type":"hello","data":{"invite":"`+secret+`"}}`))
	if c := (*CloseError)(nil); !errors.As(err, &c) || c.Code != CloseInternal {
		t.Errorf("got %v", err)
	}
	enter(t, r, "math", secret)
	r.Close() // returns
}

func TestARoomIsNoWayAroundTheRightToWatch(t *testing.T) {
	s := &scene{notes: newNotes()}
	r, secret := newRoom(t, Options{Media: s})
	visitor := Visitor{
		Decide: func(_ context.Context, token string) (auth.Grant, error) {
			return auth.Grant{Sub: token, Identity: token, Role: "teacher", Room: "math"}, nil
		},
		Watch: func(_ context.Context, token, stream string) error {
			switch token {
			case "":
				return auth.ErrNoToken
			case "emmy":
				return nil
			}
			return auth.ErrDenied
		},
	}
	bring := `{"id":2,"type":"stage.bring","data":{"stream":"live/secret","seat":0}}`
	for hello, want := range map[string]string{
		`"invite":"` + secret + `"`: `"code":"forbidden"`,
		`"token":"mallory"`:         `"hint":"watch"`,
		`"token":"emmy"`:            `{"re":2,"ok":true`,
	} {
		line := newNotes()
		v := r.Visit("math", line, visitor)
		hear(t, v, `{"id":1,"type":"hello","data":{`+hello+`}}`)
		hear(t, v, bring)
		line.want(t, want)
	}
	s.want(t, "live/secret")
}

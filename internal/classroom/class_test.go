package classroom

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"
)

// notes is a Line that remembers.
type notes struct {
	mu      sync.Mutex
	texts   []string
	ended   *Close
	changed chan struct{}
}

func newNotes() *notes { return &notes{changed: make(chan struct{})} }

func (n *notes) add(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *notes) Send(m *Message) { n.add(func() { n.texts = append(n.texts, string(m.Text)) }) }
func (n *notes) Replay(missed []*Message) {
	n.add(func() {
		for _, m := range missed {
			n.texts = append(n.texts, string(m.Text))
		}
	})
}
func (n *notes) End(c Close) {
	n.add(func() {
		if n.ended == nil {
			n.ended = &c
		}
	})
}

// until waits until something holds.
func (n *notes) until(t *testing.T, what string, good func() bool) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		n.mu.Lock()
		ok, changed := good(), n.changed
		n.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("waiting for %s; got %q", what, n.texts)
		}
	}
}

func (n *notes) want(t *testing.T, text string) {
	t.Helper()
	n.until(t, text, func() bool {
		for _, got := range n.texts {
			if strings.Contains(got, text) {
				return true
			}
		}
		return false
	})
}

// scene is a Media that remembers what it was told, and answers every offer.
type scene struct {
	*notes
	events StageEvents
	broken string // the call that panics
}

func (s *scene) OpenStage(o StageOptions) (Stage, error) {
	s.events = o.Events
	return s, nil
}

func (s *scene) note(parts ...any) {
	text, _ := json.Marshal(parts)
	if s.broken != "" && strings.Contains(string(text), s.broken) {
		panic("a bug")
	}
	s.add(func() { s.texts = append(s.texts, string(text)) })
}

func (s *scene) Offer(_ context.Context, o Offer) (Answer, error) {
	s.note("offer", o.Connection, o.Tracks)
	return Answer{SDP: "the answer", Seats: []SeatSections{{0, "0", "1"}}}, nil
}
func (s *scene) Trickle(m string, c Connection, candidate string) { s.note("trickle", c, candidate) }
func (s *scene) Hangup(m string, c Connection)                    { s.note("hangup", c) }
func (s *scene) Leave(m string)                                   { s.note("leave") }
func (s *scene) Assign(seat int, o Occupant)                      { s.note("assign", seat, o.Audio, o.Video, o.Stream) }
func (s *scene) Gate(m string, x Medium, open bool)               { s.note("gate", x, open) }
func (s *scene) Prefer(m string, w []Wish)                        { s.note("prefer", w) }
func (s *scene) Request(seat int)                                 { s.note("request", seat) }
func (s *scene) Close()                                           { s.note("close") }

// enter brings somebody into a room by an invite.
func enter(t *testing.T, r *Rooms, room, secret string) (*Visit, *notes) {
	t.Helper()
	line := newNotes()
	v := r.Visit(room, line, Visitor{})
	hear(t, v, `{"id":1,"type":"hello","data":{"invite":"`+secret+`","name":"X"}}`)
	line.want(t, `"re":1,"ok":true`)
	return v, line
}

func hear(t *testing.T, v *Visit, frame string) {
	t.Helper()
	if err := v.Hear(t.Context(), []byte(frame)); err != nil {
		t.Fatal(err)
	}
}

func newRoom(t *testing.T, o Options) (r *Rooms, teacher string) {
	t.Helper()
	r = New(o)
	t.Cleanup(r.Close)
	if err := r.Make(t.Context(), r.Fresh("math")); err != nil {
		t.Fatal(err)
	}
	_, teacher, err := r.Invite(t.Context(), Invite{Room: "math", Role: "teacher", Uses: -1})
	if err != nil {
		t.Fatal(err)
	}
	return r, teacher
}

func TestMediaDoAsTheRulesSay(t *testing.T) {
	s := &scene{notes: newNotes()}
	r, teacher := newRoom(t, Options{Media: s})
	v, line := enter(t, r, "math", teacher)
	member := string(v.session.member)
	s.want(t, `["assign",1,"mic","camera",""]`)
	hear(t, v, `{"id":2,"type":"rtc.offer","data":{"pc":"pub","sdp":"v=0","tracks":[{"mid":"0","kind":"audio","source":"mic"},{"mid":"1","kind":"audio","source":"screen"}]}}`)
	line.want(t, `{"re":2,"ok":true,"data":{"sdp":"the answer","map":[{"seat":0,"audio":"0","video":"1"}]}}`)
	s.want(t, `["offer","pub",[{"MID":"0","Medium":"mic"},{"MID":"1","Medium":"screen_audio"}]]`)
	s.events.Connected(member, Pub)
	hear(t, v, `{"id":3,"type":"media.state","data":{"mic":true}}`)
	s.want(t, `["gate","mic",true]`)
	line.want(t, `"type":"seat.set"`)
	s.events.Live(1, uint64(v.epoch(1)))
	line.want(t, `"type":"seat.live"`)
	s.events.Speaking([]Level{{member, 20}}, member)
	line.want(t, `"type":"speakers","data":{"active":[{"member":"`+member+`","level":20}],"dominant":"`+member+`"}`)
	s.events.Layer(member, 1, "", "bandwidth")
	line.want(t, `"type":"sub.layer","data":{"seat":1,"layer":"paused","why":"bandwidth"}`)
	hear(t, v, `{"id":4,"type":"sub.prefs","data":{"seats":[{"seat":1,"video":"l","audio":true}]}}`)
	s.want(t, `["prefer",[{"Seat":1,"Video":"l","Width":0,"Height":0,"Audio":true}]]`)
	s.events.Lost(member, Pub, &MediaError{Code: "ice_failed", Err: context.DeadlineExceeded})
	line.want(t, `"type":"rtc.state","data":{"pc":"pub","state":"failed","code":"ice_failed"`)
	hear(t, v, `{"id":5,"type":"stage.leave","data":{}}`)
	s.want(t, `["hangup","pub"]`)
	if err := v.Hear(t.Context(), []byte(`{"id":6,"type":"room.leave"}`)); err == nil {
		t.Error("the connection goes on after room.leave")
	}
	s.want(t, `["leave"]`)
	r.Close()
	s.want(t, `["close"]`)
}

// epoch is that of a seat, as a snapshot has it.
func (v *Visit) epoch(seat int) int {
	v.class.mu.Lock()
	defer v.class.mu.Unlock()
	snapshot, _ := v.class.room.Snapshot(v.session.member, v.class.now())
	return snapshot.Seats[seat].Epoch
}

func TestAPanicOfTheMediaStaysThere(t *testing.T) {
	s := &scene{notes: newNotes(), broken: "gate"}
	r, teacher := newRoom(t, Options{Media: s})
	v, line := enter(t, r, "math", teacher)
	hear(t, v, `{"id":2,"type":"media.state","data":{"mic":true}}`)
	hear(t, v, `{"id":3,"type":"chat.send","data":{"text":"still here"}}`)
	line.want(t, `"text":"still here"`)
	hear(t, v, `{"id":4,"type":"stage.leave","data":{}}`)
	s.want(t, `["hangup","pub"]`)
}

func TestAClassEndsWhenNobodyIsThere(t *testing.T) {
	var mu sync.Mutex
	at := time.Now()
	now := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return at
	}
	r, teacher := newRoom(t, Options{Now: now})
	v, _ := enter(t, r, "math", teacher)
	v.Lost()
	v.Lost()
	done := v.class.done
	for range 3 {
		mu.Lock()
		at = at.Add(11 * time.Minute)
		mu.Unlock()
		select {
		case <-done:
		case <-time.After(300 * time.Millisecond):
		}
	}
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the class goes on")
	}
	if classes, people := r.Live(); classes != 0 || people != 0 {
		t.Errorf("%d classes, %d people", classes, people)
	}
	enter(t, r, "math", teacher) // and another one begins
}

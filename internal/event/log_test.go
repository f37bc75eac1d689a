package event

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"lectern/internal/trial"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

func add(l *Log, n int) {
	for range n {
		l.Add(Event{Type: StreamLive, Stream: &Stream{Name: "live/cam1"}})
	}
}

func numbers(events []Event) string {
	var list []uint64
	for _, e := range events {
		list = append(list, e.Number)
	}
	return fmt.Sprint(list)
}

func TestReadingOn(t *testing.T) {
	for _, c := range []struct {
		name   string
		fill   func(*Log)
		after  uint64
		limit  int
		want   string
		missed uint64
	}{
		{"nothing yet", func(*Log) {}, 0, 9, "[]", 0},
		{"from the beginning", func(l *Log) { add(l, 3) }, 0, 9, "[1 2 3]", 0},
		{"from the middle", func(l *Log) { add(l, 3) }, 2, 9, "[3]", 0},
		{"up to date", func(l *Log) { add(l, 3) }, 3, 9, "[]", 0},
		{"no more than asked for", func(l *Log) { add(l, 3) }, 0, 2, "[1 2]", 0},
		{"from the future", func(l *Log) { add(l, 3) }, 9, 9, "[]", 0},
		{"the ring is just full", func(l *Log) { add(l, Kept) }, 0, 1, "[1]", 0},
		{"one has left the ring", func(l *Log) { add(l, Kept+1) }, 0, 1, "[2]", 1},
		{"the one after it has not", func(l *Log) { add(l, Kept+1) }, 1, 1, "[2]", 0},
		{"a break", func(l *Log) { add(l, 3); l.Break(); add(l, 1) }, 2, 9, "[5]", 2},
		{"a break that nothing follows", func(l *Log) { add(l, 3); l.Break() }, 3, 9, "[]", 1},
		{"after a break", func(l *Log) { add(l, 3); l.Break(); add(l, 2) }, 4, 9, "[5 6]", 0},
		{"a break, and the ring is full", func(l *Log) { l.Break(); add(l, Kept) }, 0, 1, "[2]", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := NewLog()
			c.fill(l)
			events, missed, more := l.Read(c.after, c.limit)
			if got := numbers(events); got != c.want || missed != c.missed {
				t.Errorf("got %s and %d missed, want %s and %d", got, missed, c.want, c.missed)
			}
			if (more != nil) != (len(events) == 0 && missed == 0) {
				t.Errorf("waiting is possible: %v", more != nil)
			}
		})
	}
}

func TestIDsAreOfOneLog(t *testing.T) {
	l, other := NewLog(), NewLog()
	add(l, 2)
	add(other, 2)
	events, _, _ := l.Read(0, 9)
	if n, ok := l.Number(events[1].ID); !ok || n != 2 {
		t.Errorf("%s is %d, %v", events[1].ID, n, ok)
	}
	for _, id := range []string{other.ID(2), l.ID(3), "", "2", l.ID(1) + "x", "-1", l.name + "--1", l.name} {
		if n, ok := l.Number(id); ok {
			t.Errorf("%q is %d", id, n)
		}
	}
}

func FuzzNumber(f *testing.F) {
	l := NewLog()
	add(l, 12)
	f.Add(l.ID(3))
	f.Add("")
	f.Add(l.name + "-99999999999999999999999")
	f.Fuzz(func(t *testing.T, id string) {
		if n, ok := l.Number(id); ok && n > 12 {
			t.Errorf("%q is %d", id, n)
		}
	})
}

// A reader that waits as it should gets each event once, or learns how many it
// has not got.
func TestReadersAndWriters(t *testing.T) {
	l := NewLog()
	const writers, each = 4, 3000
	var all sync.WaitGroup
	for range writers {
		all.Go(func() { add(l, each) })
	}
	for _, limit := range []int{1, 64, Kept} {
		all.Go(func() {
			var last, got, missed uint64
			for last < writers*each {
				events, m, more := l.Read(last, limit)
				missed += m
				last += m
				for _, e := range events {
					if e.Number != last+1 {
						t.Errorf("%d follows %d", e.Number, last)
						return
					}
					last, got = e.Number, got+1
				}
				if more != nil {
					<-more
				}
			}
			if got+missed != writers*each {
				t.Errorf("%d got and %d missed of %d", got, missed, writers*each)
			}
		})
	}
	all.Wait()
}

func TestTypes(t *testing.T) {
	for _, c := range []struct {
		pattern string
		typ     Type
		want    bool
	}{
		{"*", StreamLive, true},
		{"stream.*", StreamLive, true},
		{"stream.live", StreamLive, true},
		{"stream.live", StreamWaiting, false},
		{"stream", StreamLive, false},
		{"room.*", StreamLive, false},
		{"", StreamLive, false},
	} {
		if got := c.typ.Matches(c.pattern); got != c.want {
			t.Errorf("%q for %s: %v", c.pattern, c.typ, got)
		}
	}
}

func TestJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	anna := &Person{Member: "1", Identity: "anna", Name: "Anna", Role: "teacher"}
	for want, e := range map[string]Event{
		`{"id":"x-1","type":"stream.live","at":"2026-01-02T03:04:05Z","stream":"live/cam1","viewers":0}`:                                                         {ID: "x-1", Number: 1, Type: StreamLive, At: at, Stream: &Stream{Name: "live/cam1"}},
		`{"id":"x-2","type":"room.ended","at":"2026-01-02T03:04:05Z","room":"math","reason":"ended"}`:                                                            {ID: "x-2", Type: RoomEnded, At: at, Room: &Room{ID: "math", Reason: "ended"}},
		`{"id":"x-3","type":"person.joined","at":"2026-01-02T03:04:05Z","room":"math","person":{"member":"1","identity":"anna","name":"Anna","role":"teacher"}}`: {ID: "x-3", Type: PersonJoined, At: at, Room: &Room{ID: "math", Person: anna}},
		`{"id":"x-4","type":"stage.changed","at":"2026-01-02T03:04:05Z","room":"math","seat":{"number":0,"person":null,"stream":"live/cam1"}}`:                   {ID: "x-4", Type: StageChanged, At: at, Room: &Room{ID: "math", Seat: &Seat{Stream: "live/cam1"}}},
	} {
		got, err := json.Marshal(e)
		if err != nil || string(got) != want {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
		}
	}
}

// wait returns the next event after a number.
func wait(t *testing.T, l *Log, after uint64) Event {
	t.Helper()
	for {
		events, _, more := l.Read(after, 1)
		if len(events) > 0 {
			return events[0]
		}
		select {
		case <-more:
		case <-time.After(10 * time.Second):
			t.Fatal("nothing has happened")
		}
	}
}

func TestStreamsAreFollowed(t *testing.T) {
	sfutest.NoLeaks(t)
	r, l := sfu.NewRouter(sfu.Options{}), NewLog()
	defer r.Close()
	f := Follow(r, l)
	defer f.Close()
	p, err := r.Publish("live/cam1", sfu.PublishOptions{})
	if err != nil {
		t.Fatal(err)
	}
	track, err := p.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
	if err != nil {
		t.Fatal(err)
	}
	if err := track.Write(sfutest.VP8Packet(1, 1, true)); err != nil {
		t.Fatal(err)
	}
	if e := wait(t, l, 0); e.Type != StreamLive || e.Stream.Name != "live/cam1" || e.Subject() != "live/cam1" || e.At.IsZero() {
		t.Errorf("got %+v", e)
	}
	for range 10 { // who come together are told once
		v, err := r.Join("live/cam1")
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
	}
	if e := wait(t, l, 1); e.Type != StreamViewers || e.Viewers == 0 {
		t.Errorf("got %+v, %+v", e, e.Stream)
	}
	p.Close(nil)
	for n := uint64(2); ; n++ {
		if e := wait(t, l, n); e.Type == StreamWaiting {
			break
		}
	}
}

// The doctor's streams are nothing that has happened.
func TestTrialsAreNotFollowed(t *testing.T) {
	sfutest.NoLeaks(t)
	r, l := sfu.NewRouter(sfu.Options{}), NewLog()
	defer r.Close()
	f := Follow(r, l)
	defer f.Close()
	for _, name := range []string{"live/" + trial.Name(), "live/cam1"} {
		v, err := r.Join(name)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
	}
	f.Close()
	events, _, _ := l.Read(0, 16)
	for _, e := range events {
		if e.Subject() != "live/cam1" {
			t.Errorf("it is told of %s", e.Subject())
		}
	}
	if len(events) == 0 {
		t.Error("it is told of nothing")
	}
}

// Who falls behind the router says so.
func TestTooManyEventsAreAGap(t *testing.T) {
	sfutest.NoLeaks(t)
	r, l := sfu.NewRouter(sfu.Options{}), NewLog()
	defer r.Close()
	o := r.Observe(1)
	for range 2 {
		v, err := r.Join("live/cam1")
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
	}
	f := &Follower{router: r, log: l, quit: make(chan struct{}), ended: make(chan struct{}), viewers: map[string]sfu.Event{}}
	go f.run(o)
	defer f.Close()
	deadline := time.After(10 * time.Second)
	for {
		_, missed, more := l.Read(0, 1)
		if missed > 0 {
			return
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatal("nobody was told")
		}
	}
}

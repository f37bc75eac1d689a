package classroom

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"lectern/internal/event"
	"lectern/internal/room"
)

func TestWhatHappensInARoomIsTold(t *testing.T) {
	var mu sync.Mutex
	var told []string
	observe := func(e event.Event) {
		mu.Lock()
		defer mu.Unlock()
		text, err := json.Marshal(e.Room)
		if err != nil {
			t.Error(err)
		}
		told = append(told, string(e.Type)+" "+string(text))
	}
	r, secret := newRoom(t, Options{Media: &scene{notes: newNotes()}, Observe: observe})
	teacher, _ := enter(t, r, "math", secret)
	_, invite, err := r.Invite(t.Context(), Invite{Room: "math", Role: "student", Uses: -1})
	if err != nil {
		t.Fatal(err)
	}
	ada, _ := enter(t, r, "math", invite)
	member := string(ada.session.member)
	hear(t, teacher, `{"id":2,"type":"media.state","data":{"mic":true}}`) // nobody else is on a seat by that
	hear(t, teacher, `{"id":3,"type":"people.role","data":{"member":"`+member+`","role":"assistant"}}`)
	hear(t, teacher, `{"id":4,"type":"stage.leave","data":{}}`)
	ada.class.system(room.Leave{Member: ada.session.member})
	hear(t, teacher, `{"id":5,"type":"room.end","data":{}}`)
	mu.Lock()
	defer mu.Unlock()
	var types []string
	for _, line := range told {
		typ, text, _ := strings.Cut(line, " ")
		types = append(types, typ)
		if !strings.HasPrefix(text, `{"room":"math"`) {
			t.Errorf("told %s", line)
		}
	}
	want := []string{"room.started", "person.joined", "stage.changed", "person.joined", "person.changed", "stage.changed", "person.left", "room.ended"}
	if !slices.Equal(types, want) {
		t.Errorf("told %q\nwant %q", types, want)
	}
	if !strings.Contains(told[2], `"seat":{"number":1,"person":{"member":"p_`) || !strings.Contains(told[5], `"person":null`) ||
		!strings.Contains(told[3], `"name":"X","role":"student"`) || !strings.Contains(told[7], `"reason":"ended"`) {
		t.Errorf("told %q", told)
	}
}

// Who waited is let in by the class's begin, and comes after it too.
func TestAClassBeginsBeforeAnybodyJoins(t *testing.T) {
	var mu sync.Mutex
	var types []event.Type
	r, secret := newRoom(t, Options{Observe: func(e event.Event) {
		mu.Lock()
		defer mu.Unlock()
		types = append(types, e.Type)
	}})
	_, invite, err := r.Invite(t.Context(), Invite{Room: "math", Role: "student", Uses: -1})
	if err != nil {
		t.Fatal(err)
	}
	enter(t, r, "math", invite) // there is no teacher, so that there is no class
	mu.Lock()
	if len(types) != 0 {
		t.Errorf("before a teacher is there: %q", types)
	}
	mu.Unlock()
	enter(t, r, "math", secret)
	mu.Lock()
	defer mu.Unlock()
	joined := 0
	for _, typ := range types {
		if typ == event.PersonJoined {
			joined++
		}
	}
	if len(types) == 0 || types[0] != event.RoomStarted || joined != 2 {
		t.Errorf("told %q", types)
	}
}

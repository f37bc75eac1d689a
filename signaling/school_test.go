package signaling_test

import (
	"fmt"
	"net/http"
	"testing"

	"lectern/internal/classroom"
	"lectern/internal/limit"
	"lectern/signaling"
)

// Three hundred people behind one address come in the same moment, each by a
// page that asks for a few things first. The limits as they are refuse none of
// them, and nothing fills up meanwhile.
func TestASchoolBehindOneAddressIsLetIn(t *testing.T) {
	const people = 300
	t.Run("to a class", func(t *testing.T) {
		s := newSchool(t, func(o *setup, _ *classroom.Options) { o.Limits.Watch = signaling.Rate{} })
		name, _, invite := s.class(t)
		for n := range people {
			if w := s.do("GET", "/api/v1/rooms/"+name, "", "From", "127.0.0.1:50000"); w.Code != http.StatusOK {
				t.Fatalf("student %d asks for the room: %d %s", n, w.Code, w.Body)
			}
			enter(t, s.url, name, map[string]any{"invite": invite, "name": fmt.Sprint("Student ", n)})
		}
		if met := s.Stats().Limits; met != (limit.Counts{}) {
			t.Errorf("limits were met: %v", met)
		}
	})
	t.Run("to a stream", func(t *testing.T) {
		l := newLab(t)
		publish(t, l, "/whip/demo")
		sdp := offer(t, "whep-chromium156.sdp")
		for n := range people {
			for _, path := range []string{"/api/v1/info", "/api/v1/streams/demo"} {
				if w := l.do("GET", path, ""); w.Code != http.StatusOK {
					t.Fatalf("viewer %d asks for %s: %d %s", n, path, w.Code, w.Body)
				}
			}
			if w := l.post("/whep/demo", sdp); w.Code != http.StatusCreated {
				t.Fatalf("viewer %d: %d %s", n, w.Code, w.Body)
			}
		}
		if met := l.Stats().Limits; met != (limit.Counts{}) {
			t.Errorf("limits were met: %v", met)
		}
	})
}

package signaling_test

import (
	"net/http"
	"strings"
	"testing"

	"lectern/internal/trial"
)

// The doctor's streams are in no list, and there for who knows their name.
func TestTrialsAreInNoList(t *testing.T) {
	l := newLab(t)
	name := trial.Name()
	for _, stream := range []string{"live/" + name, "live/cam1"} {
		v, err := l.router.Join(stream)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
	}
	if list := l.do("GET", "/api/v1/streams", "").Body.String(); strings.Contains(list, name) || !strings.Contains(list, "live/cam1") {
		t.Errorf("the list is %s", list)
	}
	if w := l.do("GET", "/api/v1/streams/"+name, ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), name) {
		t.Errorf("by its name: %d %s", w.Code, w.Body)
	}
}

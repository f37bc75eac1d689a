package signaling_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern/internal/classroom"
	"lectern/internal/room"
	"lectern/internal/store"
)

// Who asks to be forgotten is, and the audit log does not name the person again.
func TestAPersonIsForgottenByTheAPI(t *testing.T) {
	var kept *store.Store
	l, _, log := owned(t, func(o *setup) {
		var err error
		if kept, err = store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "rooms.db")}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = kept.Close() })
		o.Rooms = classroom.New(classroom.Options{Store: kept})
		t.Cleanup(o.Rooms.Close)
	})
	class, err := kept.BeginClass(t.Context(), "math")
	if err == nil {
		err = kept.AppendChat(t.Context(), class, "sub:ann/1", room.Message{Msg: "m_1", At: time.Now(), Name: "Ann", Text: "canary"})
	}
	if err == nil {
		err = kept.AppendChat(t.Context(), class, "sub:max", room.Message{Msg: "m_2", At: time.Now(), Name: "Max", Text: "canary"})
	}
	if err != nil {
		t.Fatal(err)
	}
	if code, list := l.json("GET", "/api/v1/people?who=Ann", "", firstKey); code != http.StatusOK || len(list["people"].([]any)) != 1 {
		t.Fatalf("%d %v", code, list)
	}
	if w := l.do("DELETE", "/api/v1/people/sub:ann/1", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("without a key: %d", w.Code)
	}
	if code, p := l.json("DELETE", "/api/v1/people/sub:ann/1", "", firstKey); code != http.StatusNoContent {
		t.Errorf("%d %v", code, p)
	}
	if code, p := l.json("DELETE", "/api/v1/people/sub:ann/1", "", firstKey); code != http.StatusNotFound {
		t.Errorf("twice: %d %v", code, p)
	}
	if code, p := l.json("DELETE", "/api/v1/people/sub:max", "", firstKey); code != http.StatusNoContent {
		t.Errorf("%d %v", code, p)
	}
	if list, err := kept.Chat(t.Context(), class, 0, true); err != nil || len(list) != 0 {
		t.Errorf("left: %v, %v", list, err)
	}
	if text := log(); !strings.Contains(text, "person_forget") || strings.Contains(text, "sub:ann") {
		t.Errorf("the audit log is %s", text)
	}
}

package signaling_test

import (
	"net/http"
	"strings"
	"testing"
)

// The owner locks a class and ends it, by the cookie of his page; who has no
// such right does not.
func TestTheOwnerLocksAndEndsAClass(t *testing.T) {
	g := newGuarded(t)
	name, teacher, invite := g.class(t)
	v, w := login(t, g.lab, firstKey)
	wantCode(t, "login", w, http.StatusOK)
	wantCode(t, "the rooms", v.ask("GET", "/api/v1/rooms", ""), http.StatusOK)

	path := "/api/v1/rooms/" + name
	wantCode(t, "a stranger's lock", g.do("POST", path+"/lock", `{"locked":true}`, "Content-Type", "application/json"), http.StatusUnauthorized)
	wantCode(t, "a foreign page's end", v.ask("POST", path+"/end", "", "Lectern-CSRF", ""), http.StatusUnauthorized)
	wantCode(t, "lock", v.ask("POST", path+"/lock", `{"locked":true}`), http.StatusNoContent)
	teacher.want("room.update", `"locked":true`)
	late, _, err := dial(t, g.url, name)
	if err != nil {
		t.Fatal(err)
	}
	late.refused("hello", map[string]any{"invite": invite, "name": "Ada"}, "room_locked")
	wantCode(t, "unlock", v.ask("POST", path+"/lock", `{"locked":false}`), http.StatusNoContent)
	teacher.want("room.update", `"locked":false`)
	ada := enter(t, g.url, name, map[string]any{"invite": invite, "name": "Ada"})

	wantCode(t, "end", v.ask("POST", path+"/end", ""), http.StatusNoContent)
	ada.wantClose(4404)
	teacher.wantClose(4404)
	none := v.ask("POST", path+"/end", "")
	wantCode(t, "the end of no class", none, http.StatusNotFound)
	if !strings.Contains(none.Body.String(), "no class in this room") {
		t.Errorf("the end of no class: %s", none.Body)
	}
	nowhere := v.ask("POST", "/api/v1/rooms/nowhere/end", "")
	if nowhere.Code != http.StatusNotFound || !strings.Contains(nowhere.Body.String(), "no such room") {
		t.Errorf("a class of no room: %d %s", nowhere.Code, nowhere.Body)
	}
}

package signaling_test

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"lectern/internal/classroom"
	"lectern/internal/room"
	"lectern/internal/stage"
	"lectern/sfu"
)

// moving is the Media of a school, whose engine is made after its rooms.
type moving struct{ of func() *lab }

func (m moving) OpenStage(o classroom.StageOptions) (classroom.Stage, error) {
	l := m.of()
	return (&stage.Media{Engine: l.engine, Streams: l.router, Log: slog.New(slog.DiscardHandler)}).OpenStage(o)
}

// newStaged is a guarded school with real media, and a teacher who has brought
// a stream to seat 0.
func newStaged(t *testing.T) (*guarded, *pupil) {
	t.Helper()
	var g *guarded
	g = newGuarded(t, func(_ *setup, o *classroom.Options) { o.Media = moving{func() *lab { return g.lab }} })
	simulcastSource(t, g.lab, "live/demo", "")
	teacher := enter(t, g.url, "math", map[string]any{"token": g.token(t, "noether", "teacher", time.Hour)})
	teacher.must("stage.bring", map[string]any{"stream": "live/demo", "seat": 0})
	teacher.want("seat.live", `"seat":0`)
	return g, teacher
}

func TestASeatIsTakenByWHEP(t *testing.T) {
	g, teacher := newStaged(t)
	recorder := g.token(t, "recorder", "observer", time.Hour)
	viewer := watch(t, g.lab, "/whep/room/math/seat/0", bearerOf(recorder)...)
	viewer.wantState(webrtc.PeerConnectionStateConnected)
	viewer.wantMedia(20, anything)
	if list := g.sessions(t); len(list) != 2 || list[1].Protocol != "whep" && list[0].Protocol != "whep" {
		t.Errorf("sessions: %+v", list)
	}
	// It is the same source for whoever comes there next.
	teacher.must("stage.remove", map[string]any{"seat": 0})
	teacher.must("stage.bring", map[string]any{"stream": "live/demo", "seat": 0})
	viewer.wantMedia(20, anything)

	if w := g.do("DELETE", viewer.location, "", bearerOf(g.token(t, "eve", "teacher", time.Hour))...); w.Code != http.StatusForbidden {
		t.Errorf("another deletes it: %d", w.Code)
	}
	if w := g.do("DELETE", viewer.location, "", bearerOf(g.token(t, "recorder", "observer", time.Hour))...); w.Code != http.StatusOK {
		t.Errorf("its owner deletes it: %d %s", w.Code, w.Body)
	}
}

func TestWhoIsSentAwaySeesNoSeat(t *testing.T) {
	g, teacher := newStaged(t)
	token := g.token(t, "ada", "student", time.Hour)
	ada := enter(t, g.url, "math", map[string]any{"token": token})
	viewer := watch(t, g.lab, "/whep/room/math/seat/0", bearerOf(token)...)
	viewer.wantMedia(5, anything)
	other := watch(t, g.lab, "/whep/room/math/seat/0", bearerOf(g.token(t, "bob", "student", time.Hour))...)
	other.wantMedia(5, anything)

	teacher.must("people.kick", map[string]any{"member": ada.self.Member, "ban": "class"})
	viewer.wantSilence(time.Second)
	if w := g.post("/whep/room/math/seat/0", offer(t, "whep-chromium156.sdp"), bearerOf(token)...); w.Code != http.StatusForbidden {
		t.Errorf("who was sent away: %d, want 403", w.Code)
	}
	other.wantMedia(5, anything)
	teacher.must("room.end", nil)
	other.wantSilence(time.Second)
}

func TestWhoMayTakeASeat(t *testing.T) {
	g, teacher := newStaged(t)
	text := offer(t, "whep-chromium156.sdp")
	post := func(path, token string) int {
		t.Helper()
		g.clock.advance(time.Minute) // refused attempts are limited
		if token == "" {
			return g.post(path, text, "From", "127.0.0.1:50000").Code
		}
		return g.post(path, text, bearerOf(token)...).Code
	}
	observer := g.token(t, "recorder", "observer", time.Hour)
	for _, test := range []struct {
		what, path, token string
		want              int
	}{
		{"nobody, on this machine", "/whep/room/math/seat/0", "", 401},
		{"an observer", "/whep/room/math/seat/1", observer, 201},
		{"the owner of the server", "/whep/room/math/seat/0", firstKey, 201},
		{"a stranger to the room", "/whep/room/other/seat/0", observer, 403},
		{"a seat that is not there", "/whep/room/math/seat/7", observer, 404},
		{"a room that is not there", "/whep/room/other/seat/0", firstKey, 404},
		{"who publishes", "/whip/room/math/seat/0", firstKey, 403},
	} {
		if got := post(test.path, test.token); got != test.want {
			t.Errorf("%s: %d, want %d", test.what, got, test.want)
		}
	}
	teacher.must("room.policy", map[string]any{"lobby": true})
	if got := post("/whep/room/math/seat/0", observer); got != 403 {
		t.Errorf("an observer where there is a lobby: %d, want 403", got)
	}
	if got := post("/whep/room/math/seat/0", g.token(t, "recorder", "observer", time.Hour, "lobby", false)); got != 201 {
		t.Errorf("one whose token goes past the lobby: %d, want 201", got)
	}
	teacher.must("room.policy", map[string]any{"lobby": false})
	teacher.must("room.lock", map[string]any{"locked": true})
	if got := post("/whep/room/math/seat/0", observer); got != 403 {
		t.Errorf("an observer at a locked room: %d, want 403", got)
	}
	if err := g.rooms.Make(t.Context(), classroom.Definition{ID: "empty", Seats: 6, Codec: "vp8", MaxPeople: 9, Policy: room.PresetPolicy(room.Lecture)}); err != nil {
		t.Fatal(err)
	}
	if got := post("/whep/room/empty/seat/0", firstKey); got != 409 {
		t.Errorf("a room in which nobody is: %d, want 409", got)
	}
	// Its sources are nobody's else.
	for _, name := range []string{"room/seat0", "live/room", "room/math"} {
		if got := post("/whep/"+name, ""); got != 201 { // somebody who waits for a stream of this name
			t.Errorf("%s: %d", name, got)
		}
	}
	if info, ok := g.router.Info("room/seat0"); ok && info.State == sfu.StateLive {
		t.Errorf("a seat is a stream: %+v", info)
	}
}

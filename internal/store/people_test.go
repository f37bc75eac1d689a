package store

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lectern/internal/room"
)

// What a signer calls somebody may be what another one calls somebody else.
func TestOneSubjectMayBeSeveralPeople(t *testing.T) {
	s, _ := open(t, filepath.Join(t.TempDir(), "rooms.db"))
	class := must(s.BeginClass(t.Context(), "algebra"))(t)
	for i, identity := range []string{"sub:ann", "key:redis:ann", "key:ann", "guest:1", "sub:x:ann", "sub:annette"} {
		m := message(int64(i)+1, "hello")
		m.Name = map[bool]string{true: "ann", false: "Max"}[identity == "guest:1"]
		ok(t, s.AppendChat(t.Context(), class, identity, m))
	}
	var got []string
	for _, p := range must(s.People(t.Context(), "ann"))(t) {
		got = append(got, p.Identity)
	}
	if want := []string{"guest:1", "key:ann", "key:redis:ann", "sub:ann"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What a person said is in no file any more.
func TestAForgottenPersonIsInNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rooms.db")
	s, _ := open(t, path)
	class := must(s.BeginClass(t.Context(), "algebra"))(t)
	ok(t, s.AppendChat(t.Context(), class, "sub:canary-identity", message(1, "canary-words")))
	ok(t, s.AppendChat(t.Context(), class, "sub:other", message(2, "stays")))
	ok(t, s.PutAttendance(t.Context(), class, room.Attendance{Identity: "sub:canary-identity", Name: "canary-name"}))
	ok(t, s.PutPoll(t.Context(), class, room.PollResult{Poll: room.Poll{Poll: "q_1", At: nine},
		Answers: []room.PollAnswer{{Identity: "sub:canary-identity", Name: "canary-name", Text: "canary-answer"}}}))
	ok(t, s.PutBan(t.Context(), "algebra", room.Ban{Identity: "sub:banned", Name: "canary-banned", Until: time.Now().Add(24 * 365 * 10 * time.Hour)}))

	for what, want := range map[string]Person{
		"canary-identity":     {"sub:canary-identity", "canary-name", 1, 1, 1, 0},
		"sub:canary-identity": {"sub:canary-identity", "canary-name", 1, 1, 1, 0},
		"canary-name":         {"sub:canary-identity", "canary-name", 1, 1, 1, 0},
		"canary-banned":       {"sub:banned", "", 0, 0, 0, 1},
	} {
		if got := must(s.People(t.Context(), what))(t); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %+v, want %+v", what, got, want)
		}
	}
	ok(t, s.DeletePerson(t.Context(), "sub:canary-identity"))
	ok(t, s.DeletePerson(t.Context(), "sub:banned"))
	ok(t, s.Checkpoint(t.Context()))
	if got := must(s.People(t.Context(), "sub:canary-identity"))(t); len(got) != 0 {
		t.Errorf("left: %+v", got)
	}
	if got := must(s.Bans(t.Context(), "algebra"))(t); len(got) != 1 || got[0].Name != "" {
		t.Errorf("bans: %+v", got)
	}
	if got := must(s.Chat(t.Context(), class, 0, true))(t); len(got) != 1 || got[0].Text != "stays" {
		t.Errorf("chat: %+v", got)
	}
	files, err := filepath.Glob(path + "*")
	ok(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		ok(t, err)
		if bytes.Contains(text, []byte("canary")) {
			t.Errorf("%s has it", filepath.Base(file))
		}
	}
}

package hook

import (
	"testing"

	"lectern/internal/auth"
)

func TestCallsAreCountedByTheirHook(t *testing.T) {
	p := &program{reply: func(_ int, c call) (int, string) {
		if c.event == "on_play" {
			return 503, ""
		}
		return 200, ""
	}}
	h := newHooks(t, &rule{}, everywhere(p))
	publish := auth.Request{Action: auth.Publish, Protocol: "whip", Stream: "live/cam1", Session: "1"}
	if _, err := h.Decide(t.Context(), publish); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Decide(t.Context(), auth.Request{Action: auth.Watch, Protocol: "whep", Stream: "live/cam1", Session: "2"}); err == nil {
		t.Error("one is let in without an answer")
	}
	var sum Stats
	for _, c := range h.Calls() {
		want := Stats{}
		switch c.Hook {
		case "on_publish":
			want.Answered = 1
		case "on_play":
			want.Failed = 1
		}
		if c.Stats != want {
			t.Errorf("%s: %+v, want %+v", c.Hook, c.Stats, want)
		}
		sum.Answered += c.Answered
		sum.Failed += c.Failed
	}
	if sum != h.Stats() || len(h.Calls()) != 6 {
		t.Errorf("%+v in sum of %d, want %+v of 6", sum, len(h.Calls()), h.Stats())
	}
}

package signaling_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern/internal/limit"
	"lectern/signaling"
)

func TestSessionsAreCountedByHowTheyEnd(t *testing.T) {
	l := newLab(t)
	location := l.post("/whep/demo", offer(t, "whep-chromium156.sdp")).Header().Get("Location")
	if s := l.Stats(); s.Sessions["whep"] != 1 || s.Setups != 1 || s.Began["whep"] != 1 || len(s.Ended) != 0 {
		t.Errorf("while it is there: %+v", s)
	}
	l.do("DELETE", location, "")
	l.Close() // waits for what follows the end of a session
	s := l.Stats()
	if s.Sessions["whep"] != 0 || s.Setups != 0 || s.Ended[signaling.End{Protocol: "whep", Cause: "deleted"}] != 1 {
		t.Errorf("when it has ended: %+v", s)
	}
	if n := s.Joins["whep"].Count(); n != 0 {
		t.Errorf("%d have joined, though none was connected", n)
	}
}

func TestProblemsAndLimitsAreCounted(t *testing.T) {
	l := newLab(t, func(o *setup) {
		o.Authorizer = keys(t, false)
		o.Limits.PublishSetups = 1
		o.Limits.Publish.Burst, o.Limits.Publish.PerSecond = 2, 1e-9
		o.Limits.Refused.Burst, o.Limits.Refused.PerSecond = 1, 1e-9
		o.Limits.OfferBytes = 10_000
	})
	sdp := offer(t, "whip-chromium156.sdp")
	for range 3 { // one is set up, one is too many for that, and one comes too soon
		l.post("/whip/demo", sdp, "Authorization", "Bearer alice-key")
	}
	for range 2 {
		l.post("/whip/demo", sdp, "Authorization", "Bearer wrong")
	}
	l.post("/whep/demo", strings.Repeat("x", 10_001))
	l.do("GET", "/api/v1/streams/nobody", "")
	s := l.Stats()
	var want limit.Counts
	for _, n := range []limit.Name{limit.HalfOpenPublish, limit.PublishRate, limit.RefusedRate, limit.BodySize} {
		want[n] = 1
	}
	if s.Limits != want {
		for _, n := range limit.Names() {
			if s.Limits[n] != want[n] {
				t.Errorf("%v was met %d times, want %d", n, s.Limits[n], want[n])
			}
		}
	}
	for code, want := range map[string]uint64{"rate_limited": 3, "invalid_token": 1, "too_large": 1, "not_found": 1} {
		if s.Problems[code] != want {
			t.Errorf("%d answers of %s, want %d", s.Problems[code], code, want)
		}
	}
}

func TestAConnectionIsAJoin(t *testing.T) {
	l := newLab(t)
	publish(t, l, "/whip/demo")
	for deadline := time.Now().Add(10 * time.Second); l.Stats().Joins["whip"].Count() == 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("nobody has joined")
		}
	}
	if s := l.Stats(); s.Joins["whip"].Count() != 1 || s.Setups != 0 {
		t.Errorf("%+v", s)
	}
}

func TestThereAreAsManyWordsForEndsAsCauses(t *testing.T) {
	words := signaling.Causes()
	if !slices.Contains(words, "error") || len(words) > 20 || len(slices.Compact(words)) != len(words) {
		t.Errorf("%q", words)
	}
}

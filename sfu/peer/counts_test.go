package peer

import (
	"strings"
	"testing"
	"time"

	"lectern/internal/limit"
	"lectern/sfu/sfutest"
)

func TestLimitsThatAreMetAreCounted(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{MaxPending: 1, SetupTimeout: 200 * time.Millisecond, Limits: Limits{Sections: 2, RIDs: 1, Candidates: 40}}, false), newRouter(t)
	offer := fixture(t, "whip-chromium156.sdp")
	for _, sdp := range []string{
		offer + strings.Repeat("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", 15),
		strings.Replace(offer, "a=mid:1", "a=mid:1\r\na=rid:a send\r\na=rid:b send", 1),
		strings.Replace(offer, "a=mid:0", "a=mid:0"+strings.Repeat("\r\na=candidate:1 1 udp 1 192.0.2.1 1 typ host", 57), 1),
		offer + strings.Repeat("a=x:y\r\n", 150_000),
	} {
		if _, err := e.start(r, "whip", sdp); err == nil {
			t.Fatal("the offer was taken")
		}
	}
	p, err := e.start(r, "whip", offer)
	if err != nil {
		t.Fatal(err)
	}
	if s := e.Stats(); s.Sessions != 1 || s.Pending != 1 {
		t.Errorf("%d sessions, %d pending, want 1 of each", s.Sessions, s.Pending)
	}
	if _, err := e.start(r, "whip", offer); err == nil {
		t.Error("a second one was taken")
	}
	<-p.Done()
	var want limit.Counts
	for _, n := range []limit.Name{limit.SDPSections, limit.SDPRids, limit.SDPCandidates, limit.BodySize, limit.HalfOpenTotal, limit.HalfOpenTimeout} {
		want[n] = 1
	}
	if s := e.Stats(); s.Limits != want || s.Sessions != 0 || s.Pending != 0 {
		t.Errorf("%+v, want the limits %v", s, want)
	}
}

func TestWhatAPublisherSendsTooMuchIsCounted(t *testing.T) {
	var hits limit.Hits
	l := Limits{BitsPerSecond: 8000, PacketsPerSecond: 3}.orDefaults()
	l.hits = &hits
	a, at := newAllowance(l), time.Unix(1, 0)
	for _, size := range []int{600, 600, 100, 100} {
		a.take(size, at)
	}
	if c := hits.Counts(); c[limit.PublisherBitrate] != 1 || c[limit.PublisherPackets] != 1 {
		t.Errorf("%v", c)
	}
}

func TestAPanicIsCounted(t *testing.T) {
	in := newIntake(t)
	in.peer.panicked("by the test")
	if got := in.peer.engine.Stats().Panics; got != 1 {
		t.Errorf("%d panics, want 1", got)
	}
}

func TestPacketsThatAreAskedForAgainAreCounted(t *testing.T) {
	in := newIntake(t)
	for _, number := range []uint16{1, 2, 6} {
		in.come(offeredVP8, 7, number, "", picture)
	}
	due := in.due(in.at.Add(time.Second), 0)
	if due.asked != 3 {
		t.Errorf("%d packets are asked for, want 3", due.asked)
	}
}

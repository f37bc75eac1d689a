package bench

import (
	"strings"
	"testing"
)

func TestServersThatCheckAreNotHurried(t *testing.T) {
	n := newNudges(answered)
	defer n.stop()
	if got, ok := n.next(); ok {
		t.Errorf("got %q", got.Candidate)
	}
}

func TestLiteServersAreNamedAgainAndAgain(t *testing.T) {
	n := newNudges("v=0\r\na=ice-lite\r\n" + answered)
	defer n.stop()
	seen := map[string]bool{}
	for {
		got, ok := n.next()
		if !ok {
			break
		}
		if !strings.HasPrefix(got.Candidate, "candidate:1 1 udp 2130706431 192.0.2.1 8080 typ srflx ") || seen[got.Candidate] {
			t.Errorf("got %q after %v", got.Candidate, seen)
		}
		seen[got.Candidate] = true
	}
	if len(seen) < 5 || len(seen) > 10 {
		t.Errorf("%d of them, want some, and an end", len(seen))
	}
}

func TestLiteServersWithoutAnAddressAreLeftAlone(t *testing.T) {
	if got := liteCandidate("v=0\r\na=ice-lite\r\na=candidate:1 1 tcp 1 192.0.2.1 8080 typ host tcptype passive\r\na=candidate:2 1 udp\r\n"); got != "" {
		t.Errorf("got %q", got)
	}
}

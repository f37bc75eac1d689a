package bench

import (
	"fmt"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"
)

const (
	// firstNudge is when a connection can stand where the server is near; each
	// further one comes after twice the time.
	firstNudge = time.Millisecond
	// slowestNudge is how often Pion's agent looks by itself.
	slowestNudge = 200 * time.Millisecond
)

// nudges make Pion's agent nominate the pair that answers at once, as browsers
// do. A server that is an ICE-lite agent sends no checks (RFC 8445 §2.5); the
// agent then nominates when it looks next, which is 200 ms after the offer has
// been answered, and would count as the server's. It looks, too, when a
// candidate comes: so the server's one comes again, with another base, which
// is of no meaning to whoever sends there.
type nudges struct {
	candidate string // without its related address; empty for a server that checks
	after     time.Duration
	timer     *time.Timer
}

func newNudges(answer string) *nudges {
	n := &nudges{candidate: liteCandidate(answer), after: firstNudge, timer: time.NewTimer(firstNudge)}
	if n.candidate == "" {
		n.timer.Stop()
	}
	return n
}

// due tells when the next one is.
func (n *nudges) due() <-chan time.Time { return n.timer.C }

// next is the candidate to add, if one is left.
func (n *nudges) next() (webrtc.ICECandidateInit, bool) {
	if n.candidate == "" || n.after >= slowestNudge {
		return webrtc.ICECandidateInit{}, false
	}
	n.after *= 2
	n.timer.Reset(n.after)
	line := fmt.Sprintf("%s typ srflx raddr 0.0.0.0 rport %d", n.candidate, n.after.Milliseconds())
	first := uint16(0)
	return webrtc.ICECandidateInit{Candidate: line, SDPMLineIndex: &first}, true
}

func (n *nudges) stop() { n.timer.Stop() }

// liteCandidate is the first UDP candidate of an ICE-lite agent's answer, up to
// its port.
func liteCandidate(answer string) string {
	lite, found := false, ""
	for line := range strings.Lines(answer) {
		line = strings.TrimSpace(line)
		fields := strings.Fields(line)
		switch {
		case line == "a=ice-lite":
			lite = true
		case found == "" && len(fields) >= 6 && strings.HasPrefix(line, "a=candidate:") && strings.EqualFold(fields[2], "udp"):
			found = strings.TrimPrefix(strings.Join(fields[:6], " "), "a=")
		}
	}
	if !lite {
		return ""
	}
	return found
}

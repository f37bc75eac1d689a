package peer

import (
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
)

// rebindingSilence is how long nothing may have come from a client's address
// before a check from another one is taken for the client's new address. A
// browser checks a connection that is stable every 2.5 s or so, and sends more
// often than that.
const rebindingSilence = time.Second

// rebinding follows a client whose NAT has given it another address. The client
// does not know: it goes on with its checks, and nominates nothing (RFC 8445
// §8.1.1), so that ICE by itself would send to the old address until the session
// fails. A check proves who sends it, by the password.
//
// Only ways of one kind follow each other: a client that has UDP is not moved to
// its TCP, which it may keep in reserve, because it is silent for a moment.
//
// It is used by the one goroutine of an ICE agent.
type rebinding struct {
	remote ice.Candidate    // which is in use
	heard  func() time.Time // when something came from it that did not come through ICE; nil for never
	checks *atomic.Uint64   // counts them
}

// check is called with each check of the client's, and says whether media go to
// where it came from, from now on.
func (r *rebinding) check(m *stun.Message, _, remote ice.Candidate, _ *ice.CandidatePair) bool {
	r.checks.Add(1)
	return r.moves(remote, m.Contains(stun.AttrUseCandidate), time.Now())
}

func (r *rebinding) moves(remote ice.Candidate, nominated bool, at time.Time) bool {
	switch {
	case r.remote == nil:
		if nominated {
			r.remote = remote
		}
		return false // ICE has its own way
	case remote.Equal(r.remote):
		r.remote = remote // after a restart it is another object
		return false
	case !nominated && remote.NetworkType() != r.remote.NetworkType():
		return false
	case at.Sub(r.remote.LastReceived()) < rebindingSilence, r.heard != nil && at.Sub(r.heard()) < rebindingSilence:
		return false
	}
	r.remote = remote
	return true
}

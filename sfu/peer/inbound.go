package peer

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"lectern/internal/limit"
)

// directReports is how many reports of a viewer are read a second where they
// come in, on the goroutine of all sessions. Browsers send 30 at most. What is
// more goes the way through ICE, and keeps nobody waiting but its sender.
const directReports = 100

// inbound opens what a viewer sends: reports. Nobody believes what was not
// sealed with the session's keys, and a viewer has no media to send: its
// packets are opened only to see that they are its own, and bounded.
type inbound struct {
	link *link
	take func([]byte)

	heard atomic.Int64 // when the last report was taken directly, in nanoseconds since 1970

	// mu is also held while take runs: reports are taken one at a time, and
	// out of memory that is used again.
	mu      sync.Mutex
	context *srtp.Context // nil before there are keys, and after the end
	plain   []byte
	report  rtcp.Header
	media   rtp.Header
	ssrcs   []uint32  // of media
	since   time.Time // in the second from then on
	count   int       // so many were read directly
}

func (in *inbound) arm(c *srtp.Context) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.context, in.plain = c, make([]byte, receiveMTU)
}

func (in *inbound) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.context = nil
}

// isReport tells RTCP from RTP (RFC 5761 §4).
func isReport(b []byte) bool { return len(b) > 1 && b[1] >= 192 && b[1] <= 223 }

// direct takes a report from the socket's reader, and says whether it was one.
func (in *inbound) direct(b []byte) bool {
	if !isReport(b) || !in.mu.TryLock() { // nobody waits for a session's other packets
		return false
	}
	defer in.mu.Unlock()
	now := time.Now()
	if now.Sub(in.since) >= time.Second {
		in.since, in.count = now, 0
	}
	if in.count++; in.count > directReports || !in.openLocked(b) {
		return false
	}
	in.heard.Store(now.UnixNano())
	return true
}

// last is when a report was taken directly.
func (in *inbound) last() time.Time { return time.Unix(0, in.heard.Load()) }

// open takes a packet that has come through ICE.
func (in *inbound) open(b []byte) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.openLocked(b) {
		in.link.peer.engine.counts.forged.Add(1)
	}
}

// openLocked says whether a packet was sealed with the session's keys, and is
// new. Otherwise b has not changed.
func (in *inbound) openLocked(b []byte) bool {
	if in.context == nil || len(b) > len(in.plain) {
		return false
	}
	if !isReport(b) {
		return in.openMediaLocked(b)
	}
	plain, err := in.context.DecryptRTCP(in.plain, b, &in.report)
	if err != nil {
		return false
	}
	in.take(plain)
	return true
}

func (in *inbound) openMediaLocked(b []byte) bool {
	if len(b) < 12 {
		return false
	}
	if _, err := in.context.DecryptRTP(in.plain, b, &in.media); err != nil {
		return false
	}
	if ssrc := binary.BigEndian.Uint32(b[8:]); !slices.Contains(in.ssrcs, ssrc) {
		if in.ssrcs = append(in.ssrcs, ssrc); len(in.ssrcs) > int(in.link.peer.offer.streams()) {
			in.context = nil
			in.link.peer.offer.limits.hits.Add(limit.SSRCs)
			in.link.peer.stop(ErrExcess)
		}
	}
	return true
}

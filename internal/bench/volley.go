package bench

import (
	"net/netip"
	"sync"

	"lectern/internal/udp"
)

// volley lets the packets of a picture leave a publisher's socket together, so
// that what is measured begins with the whole picture being there, and does not
// have in it how long the bench takes to send it packet by packet.
type volley struct {
	mu    sync.Mutex
	burst *udp.Burst
	to    netip.AddrPort // of what waits; not valid when nothing does
	open  bool           // packets wait
}

// volleys prepares a publisher's tap for them.
func (t *tap) volleys() error {
	conn, err := udp.New(t.UDPConn)
	if err != nil {
		return err
	}
	t.volley = &volley{burst: conn.Burst()}
	return nil
}

// begin lets packets wait for each other until end.
func (v *volley) begin() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open = true
}

// end lets them leave.
func (v *volley) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open = false
	if v.to.IsValid() {
		v.burst.End()
		v.to = netip.AddrPort{}
	}
}

// add takes a packet if it is to wait for others, and says whether.
func (v *volley) add(b []byte, to netip.AddrPort) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.open || v.to.IsValid() && v.to != to {
		return false
	}
	if !v.to.IsValid() {
		v.to = to
		v.burst.Begin(to)
	}
	room := v.burst.Room(len(b))
	if room == nil {
		return false
	}
	copy(room, b)
	v.burst.Add(len(b))
	return true
}

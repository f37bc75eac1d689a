package peer

import (
	"io"
	"net"
	"net/netip"
	"sync"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"lectern/internal/seal"
	"lectern/internal/udp"
)

// outbound seals what a viewer gets, where it leaves from.
//
// Between begin and end it belongs to the one who has begun: the workers of
// several seats may have to do with one viewer, and packets are numbered in the
// order in which they leave. It is one viewer's, so that they hardly ever wait.
type outbound struct {
	burst *udp.Burst // nil where there are none

	mu      sync.Mutex
	conn    *ice.Conn
	sealer  *seal.Sealer
	reports *srtp.Context
	closed  bool
	to      netip.AddrPort // where ICE says the viewer is; not valid over TCP
	door    door           // of the present burst
	scratch []byte
}

// door is how a burst leaves.
type door int

const (
	shut     door = iota // not yet, or not any more
	bySocket             // through the socket
	byICE                // by ICE: over TCP, or another socket
)

func (o *outbound) arm(conn *ice.Conn, s *seal.Sealer, reports *srtp.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.conn, o.sealer, o.reports = conn, s, reports
}

// turn lets bursts go where ICE says that the viewer is, and returns the
// address; one that is not valid is over TCP. While ICE has no candidate pair,
// they go by the one before (RFC 8445 §9).
func (o *outbound) turn() netip.AddrPort {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conn == nil {
		return netip.AddrPort{}
	}
	switch to := o.conn.RemoteAddr().(type) {
	case nil:
	case *net.UDPAddr:
		o.to = to.AddrPort()
	default:
		o.to = netip.AddrPort{}
	}
	return o.to
}

func (o *outbound) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

// begin begins a burst.
func (o *outbound) begin() {
	o.mu.Lock()
	switch {
	case o.closed || o.sealer == nil:
		o.door = shut
	case o.burst == nil || !o.to.IsValid():
		o.door = byICE
	default:
		o.door = bySocket
		o.burst.Begin(o.to)
	}
}

// end lets the burst leave.
func (o *outbound) end() {
	if o.door == bySocket {
		o.burst.End()
	}
	o.mu.Unlock()
}

// room returns memory for a packet, nil for none.
func (o *outbound) room(size int) []byte {
	switch o.door {
	case bySocket:
		return o.burst.Room(size)
	case byICE:
		if len(o.scratch) < size {
			o.scratch = make([]byte, max(size, receiveMTU))
		}
		return o.scratch[:size]
	}
	return nil
}

func (o *outbound) add(b []byte) {
	if o.door == bySocket {
		o.burst.Add(len(b))
		return
	}
	if o.conn.RemoteAddr() != nil { // without a pair ICE would look for one
		_, _ = o.conn.Write(b) // lost as it would be on the way
	}
}

// write seals a packet of a stream, between begin and end. again says that it
// was sealed before, and is the same. A packet that cannot leave is lost, which
// viewers can repair; the error says that none will any more.
func (o *outbound) write(of *seal.Stream, h *rtp.Header, payload []byte, again bool) error {
	if o.closed {
		return io.ErrClosedPipe
	}
	header := h.MarshalSize()
	b := o.room(header + len(payload) + o.overhead())
	if b == nil {
		of.Skip(h.SequenceNumber)
		return nil
	}
	if _, err := h.MarshalTo(b); err != nil {
		return err
	}
	if o.sealer.Seal(b, header, payload, of, h.SequenceNumber, again) {
		o.add(b)
	}
	return nil
}

func (o *outbound) overhead() int {
	if o.sealer == nil {
		return 0
	}
	return o.sealer.Overhead()
}

// report sends RTCP, between begin and end.
func (o *outbound) report(packets []rtcp.Packet) {
	if o.door == shut {
		return
	}
	plain, err := rtcp.Marshal(packets)
	if err != nil {
		return
	}
	sealed, err := o.reports.EncryptRTCP(nil, plain, nil)
	if err != nil {
		return
	}
	if b := o.room(len(sealed)); b != nil {
		copy(b, sealed)
		o.add(b)
	}
}

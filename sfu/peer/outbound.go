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
	door    door
	scratch []byte
}

// door is how a burst leaves.
type door int

const (
	shut     door = iota // there is no candidate pair at the moment
	bySocket             // through the socket
	byICE                // by ICE: over TCP, or another socket
)

func (o *outbound) arm(conn *ice.Conn, s *seal.Sealer, reports *srtp.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.conn, o.sealer, o.reports = conn, s, reports
}

func (o *outbound) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

// begin begins a burst, to the address that ICE has chosen by now.
func (o *outbound) begin() {
	o.mu.Lock()
	o.door = shut
	if o.closed || o.sealer == nil {
		return
	}
	switch to := o.conn.RemoteAddr().(type) {
	case nil:
	case *net.UDPAddr:
		o.door = byICE
		if o.burst != nil {
			o.door = bySocket
			ap := to.AddrPort()
			o.burst.Begin(netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()))
		}
	default:
		o.door = byICE
	}
}

// end lets the burst leave.
func (o *outbound) end() {
	if o.door == bySocket {
		o.burst.End()
	}
	o.door = shut
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
	_, _ = o.conn.Write(b) // lost as it would be on the way
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

package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/transport/v4/packetio"

	"lectern/sfu"
)

// flightsBuffer is how much of a handshake waits for DTLS, in octets. It is
// more than a client has to send, and what comes beyond is lost, which DTLS
// repairs.
const flightsBuffer = 32 << 10

// link is a viewer's transport: an ICE agent, DTLS on it, and from the
// handshake on what is sealed and opened here.
//
//	the socket ─► ICE ─► read ─┬─► DTLS: keys, and the end of the session
//	         └─────────────────┴─► inbound: reports
//	worker ─► sender ─► outbound ─► the socket
//
// The socket's reader takes a viewer's reports past ICE, when they come from
// the address that ICE has chosen.
type link struct {
	peer     *Peer
	agent    *ice.Agent
	gathered chan struct{}
	conn     *ice.Conn // of the first negotiation
	sources  []source  // a section each

	flights *packetio.Buffer // for DTLS
	cancel  context.CancelFunc
	secured atomic.Pointer[dtls.Conn]

	routing sync.Mutex
	closed  bool   // nothing is diverted any more
	undo    func() // the present diversion

	in  inbound
	out outbound
}

// source is what is sent for a section.
type source struct {
	ssrc, rtx uint32
	stream    string // the MediaStream that it belongs to: sound and picture in one are played in step
}

// newLink returns a link for a viewer; take gets each RTCP packet, opened, and
// may be called by several goroutines, not at once.
func newLink(p *Peer, take func([]byte)) (*link, error) {
	if _, err := p.offer.hash(); err != nil {
		return nil, err
	}
	l := &link{peer: p, gathered: make(chan struct{}, 1), flights: packetio.NewBuffer(), cancel: func() {}}
	l.flights.SetLimitSize(flightsBuffer)
	l.in.link, l.in.take = l, take
	if p.engine.socket != nil {
		l.out.burst = p.engine.socket.Burst()
	}
	used := map[uint32]bool{0: true}
	fresh := func() (ssrc uint32) {
		for used[ssrc] {
			ssrc = rand.Uint32()
		}
		used[ssrc] = true
		return ssrc
	}
	for _, s := range p.offer.sections {
		from := source{ssrc: fresh(), stream: streamID}
		if s.kind == sfu.Video && s.repairable() {
			from.rtx = fresh()
		}
		l.sources = append(l.sources, from)
	}
	var err error
	if l.agent, err = p.engine.agent(&rebinding{heard: l.in.last, checks: &p.checks}); err != nil {
		return nil, fmt.Errorf("make an ICE agent: %w", err)
	}
	return l, errors.Join(
		l.agent.OnCandidate(func(c ice.Candidate) {
			if c != nil {
				return
			}
			select {
			case l.gathered <- struct{}{}:
			default:
			}
		}),
		l.agent.OnConnectionStateChange(func(state ice.ConnectionState) {
			if state == ice.ConnectionStateFailed {
				p.stop(ErrTimeout)
			}
		}),
		l.agent.OnSelectedCandidatePairChange(func(_, _ ice.Candidate) { l.turn() }),
	)
}

// agent returns an ICE agent that comes and goes by the Engine's ports.
func (e *Engine) agent(r *rebinding) (*ice.Agent, error) {
	options := []ice.AgentOption{
		ice.WithNet(e.network),
		ice.WithUDPMux(e.udp),
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6, ice.NetworkTypeTCP4, ice.NetworkTypeTCP6}),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}),
		ice.WithIncludeLoopback(),
		ice.WithIPFilter(isPlaceholder),
		ice.WithDisableActiveTCP(), // a client may name any host it likes
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithDisconnectedTimeout(disconnectAfter),
		ice.WithFailedTimeout(e.options.Timeout - disconnectAfter),
		ice.WithKeepaliveInterval(keepAlive),
		ice.WithBindingRequestHandler(r.check),
		ice.WithLoggerFactory(pionLogs{e.options.Log}),
	}
	if e.tcp != nil {
		options = append(options, ice.WithTCPMux(e.tcp))
	}
	return ice.NewAgentWithOptions(options...)
}

func (l *link) negotiate(ufrag, pwd string) (string, error) {
	if l.conn != nil {
		if err := errors.Join(l.agent.Restart("", ""), l.agent.SetRemoteCredentials(ufrag, pwd)); err != nil {
			return "", fmt.Errorf("%w: restart ICE: %v", ErrUnsupported, err)
		}
	}
	if err := l.agent.GatherCandidates(); err != nil {
		return "", fmt.Errorf("%w: %v", ErrUnsupported, err)
	}
	select {
	case <-l.gathered: // the candidates are placeholders: this takes no time
	case <-l.peer.stopping:
		return "", l.peer.err
	}
	if l.conn == nil {
		var err error
		if l.conn, err = l.agent.StartAccept(ufrag, pwd); err != nil {
			return "", fmt.Errorf("%w: %v", ErrUnsupported, err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		l.cancel = cancel
		l.peer.run(l.read)
		l.peer.run(func() { l.connect(ctx) })
	}
	ufrag, pwd, err := l.agent.GetLocalUserCredentials()
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrUnsupported, err)
	}
	return l.answer(ufrag, pwd)
}

// connect waits for ICE, shakes hands, and stays until the other side leaves.
func (l *link) connect(ctx context.Context) {
	if err := l.agent.AwaitConnect(ctx); err != nil {
		return // the end has another cause
	}
	conn, err := l.handshake(ctx)
	if err == nil {
		defer func() { _ = conn.Close() }() // it may be closed already
		err = l.arm(conn)
	}
	if err != nil {
		l.peer.log.Debug("no DTLS connection", "err", err)
		l.peer.unreached()
		l.peer.stop(ErrNoConnection)
		return
	}
	l.secured.Store(conn)
	l.turn()
	l.peer.up()
	b := make([]byte, 64)
	for err == nil { // what comes here has no meaning; the end of it has
		if _, err = conn.Read(b); errors.Is(err, io.ErrShortBuffer) {
			err = nil
		}
	}
	l.peer.stop(ErrLeft)
}

// read brings what ICE lets through to where it belongs (RFC 7983 §7).
func (l *link) read() {
	b := make([]byte, receiveMTU)
	for {
		n, err := l.conn.Read(b)
		switch {
		case errors.Is(err, io.ErrShortBuffer):
			continue
		case err != nil:
			return
		case n == 0:
		case isHandshake(b[:n]):
			_, _ = l.flights.Write(b[:n]) // lost when it is full, or closed
		case b[0] >= 128 && b[0] <= 191:
			l.in.open(b[:n])
		}
	}
}

// turn follows ICE to another candidate of the viewer's: packets go there, and
// reports are taken where they come in from there.
func (l *link) turn() {
	l.routing.Lock()
	defer l.routing.Unlock()
	to := l.out.turn()
	if l.undo != nil {
		l.undo()
		l.undo = nil
	}
	if !l.closed && to.IsValid() && l.peer.engine.socket != nil {
		l.undo = l.peer.engine.socket.Divert(to, l.in.direct)
	}
}

func (l *link) close() {
	l.cancel()
	l.out.close()
	l.routing.Lock()
	l.closed = true
	if l.undo != nil {
		l.undo()
	}
	l.routing.Unlock()
	if conn := l.secured.Load(); conn != nil {
		_ = conn.Close() // it tells the other side
	}
	_ = l.flights.Close()
	_ = l.agent.GracefulClose()
	l.in.close()
}

// datagrams are the link as DTLS sees it.
type datagrams struct{ *link }

func (w datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := w.flights.Read(b)
	return n, nil, err
}

// WriteTo sends to the address that ICE has chosen, whatever DTLS believes.
func (w datagrams) WriteTo(b []byte, _ net.Addr) (int, error) {
	n, err := w.conn.Write(b)
	switch {
	case errors.Is(err, ice.ErrNoCandidatePairs):
		return len(b), nil // lost, for DTLS to repair
	case errors.Is(err, ice.ErrClosed):
		return 0, io.ErrClosedPipe
	}
	return n, err
}

func (w datagrams) Close() error                       { return w.flights.Close() }
func (w datagrams) LocalAddr() net.Addr                { return w.conn.LocalAddr() }
func (w datagrams) SetDeadline(t time.Time) error      { return w.flights.SetReadDeadline(t) }
func (w datagrams) SetReadDeadline(t time.Time) error  { return w.flights.SetReadDeadline(t) }
func (w datagrams) SetWriteDeadline(t time.Time) error { return nil }

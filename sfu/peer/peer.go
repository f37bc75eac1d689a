package peer

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v4/packetio"
	"github.com/pion/webrtc/v4"

	"lectern/internal/limit"
	"lectern/internal/sdpfrag"
)

// Offer is what a client asks for a session with.
type Offer struct {
	// SDP is the offer. All of it came from a stranger.
	SDP string
	// Reached is the address by which the client reached this server, when
	// it is known: the first candidate of the answer.
	Reached netip.Addr
	// Log receives the session's lines, in place of the Engine's.
	Log *slog.Logger
}

// Peer is one WebRTC session, which takes media in or gives them out.
//
//	setup ──ICE and DTLS──▶ connected ──▶ ended
//	  └───────SetupTimeout, Close──────────▶┘
type Peer struct {
	engine  *Engine
	offer   *offer
	reached netip.Addr
	transport
	pc     *webrtc.PeerConnection // a publisher's transport
	link   *link                  // a viewer's
	media  media
	answer string
	log    *slog.Logger

	connected     chan struct{}
	connectedOnce sync.Once
	begun         chan struct{}
	stopping      chan struct{} // closed by stop, after err was set
	stopOnce      sync.Once
	err           error
	done          chan struct{} // closed when all is torn down
	checks        atomic.Uint64 // of ICE, that have come from the client

	mu         sync.Mutex
	ufrag, pwd string // of the other side's present ICE session
	candidates int    // that the client has named in it
	closed     bool
	running    sync.WaitGroup
}

// media is what a Peer does with a connection.
type media interface {
	// begin is called when the connection is up.
	begin(p *Peer) error
	// ended is closed when there is nothing to do any more, because of cause.
	ended() <-chan struct{}
	cause() error
	// end is called once before the connection is closed; after is called
	// when that is done and no goroutine is left.
	end()
	after(cause error)
}

// prepare checks an offer and makes a Peer for it, still without a transport.
func (e *Engine) prepare(offer Offer, d direction, limits Limits) (*Peer, error) {
	parsed, err := parseOffer(offer.SDP, d, limits)
	if err != nil {
		return nil, err
	}
	if err := e.admit(); err != nil {
		return nil, err
	}
	return &Peer{
		engine:     e,
		offer:      parsed,
		reached:    offer.Reached,
		log:        cmp.Or(offer.Log, e.options.Log),
		connected:  make(chan struct{}),
		begun:      make(chan struct{}),
		stopping:   make(chan struct{}),
		done:       make(chan struct{}),
		ufrag:      parsed.ufrag,
		pwd:        parsed.pwd,
		candidates: parsed.candidates,
	}, nil
}

// prepareIn is prepare for what comes in. take gets all packets once it is
// connected.
func (e *Engine) prepareIn(offer Offer, limits Limits, take func(packetio.BufferPacketType, uint32, []byte)) (*Peer, error) {
	p, err := e.prepare(offer, publishing, limits)
	if err != nil {
		return nil, err
	}
	p.pc, err = e.connection(p.offer, &streams{take: take, most: p.offer.streams(), excess: func() { p.stop(ErrExcess) }}, &rebinding{checks: &p.checks})
	if err != nil {
		e.settled()
		return nil, err
	}
	p.transport = newNegotiated(p)
	return p, nil
}

// prepareOut is prepare for what goes out. take gets each RTCP packet once it
// is connected.
func (e *Engine) prepareOut(offer Offer, limits Limits, take func([]byte)) (*Peer, error) {
	p, err := e.prepare(offer, watching, limits)
	if err != nil {
		return nil, err
	}
	p.link, err = newLink(p, take)
	if err != nil {
		e.settled()
		return nil, err
	}
	p.transport = p.link
	return p, nil
}

// start answers the offer, and runs the session from then on. When it fails,
// nothing is left of the Peer.
func (p *Peer) start(m media) error {
	p.media = m
	answer, err := p.negotiate(p.ufrag, p.pwd)
	if err == nil {
		p.answer, err = p.finish(answer)
	}
	if err == nil {
		err = p.engine.add(p)
	}
	if err != nil {
		p.abandon()
		return err
	}
	go p.supervise()
	return nil
}

// abandon closes a Peer that was prepared and does not start.
func (p *Peer) abandon() {
	p.stop(ErrClosed) // by us: nobody asks then why there is no connection
	p.engine.settled()
	p.close()
	p.running.Wait()
}

// up is called when the transport is there.
func (p *Peer) up() { p.connectedOnce.Do(func() { close(p.connected) }) }

// Answer is the SDP answer to the offer, with all candidates.
func (p *Peer) Answer() string { return p.answer }

// Connected is closed when ICE and DTLS are done.
func (p *Peer) Connected() <-chan struct{} { return p.connected }

// Begun is closed when the first packet of a publisher has come, or the first
// one of a picture has been sent to a viewer of a stream.
func (p *Peer) Begun() <-chan struct{} { return p.begun }

// Done is closed when the session has ended and nothing of it is left.
func (p *Peer) Done() <-chan struct{} { return p.done }

// Err is why the session has ended, nil while it has not: the cause given to
// Close, ErrNoConnection, ErrTimeout, ErrLeft, or an error of package sfu.
func (p *Peer) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Close ends the session for a cause, nil meaning ErrClosed, and returns when
// nothing of it is left. It may be called again.
func (p *Peer) Close(cause error) {
	if cause == nil {
		cause = ErrClosed
	}
	p.stop(cause)
	<-p.done
}

// Patch takes an SDP fragment (RFC 9725 §4.3). With the credentials of the
// present ICE session it brings candidates, and the answer is empty. With
// other ones it restarts ICE, and the answer is a fragment with our new
// credentials and candidates. The error wraps ErrMalformed, ErrTooLarge or
// ErrClosed; ICE goes on as it was then.
func (p *Peer) Patch(fragment string) (answer string, err error) {
	f, err := sdpfrag.Parse(fragment)
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.stopping:
		return "", ErrClosed
	default:
	}
	if f.Ufrag == "" || f.Ufrag == p.ufrag && f.Pwd == p.pwd {
		if p.candidates += len(f.Candidates); p.candidates > p.offer.limits.Candidates {
			p.offer.limits.hits.Add(limit.SDPCandidates)
			return "", fmt.Errorf("%w: more than %d candidates", ErrTooLarge, p.offer.limits.Candidates)
		}
		return "", nil
	}
	if err := checkCredentials(f.Ufrag, f.Pwd); err != nil {
		return "", err
	}
	answer, err = p.negotiate(f.Ufrag, f.Pwd)
	if err != nil {
		return "", err
	}
	p.ufrag, p.pwd, p.candidates = f.Ufrag, f.Pwd, len(f.Candidates)
	return p.fragment(answer)
}

// stop ends the session for a cause; the first one counts.
func (p *Peer) stop(cause error) {
	p.stopOnce.Do(func() {
		p.err = cause
		close(p.stopping)
	})
}

// supervise is the session's own goroutine, and the one place where it ends.
func (p *Peer) supervise() {
	m := p.media
	setup := time.NewTimer(p.engine.options.SetupTimeout)
	defer setup.Stop()
	select {
	case <-p.connected:
		if err := m.begin(p); err != nil {
			p.stop(err)
		}
	case <-setup.C:
		p.engine.counts.limits.Add(limit.HalfOpenTimeout)
		p.unreached()
		p.stop(ErrNoConnection)
	case <-m.ended():
		p.stop(m.cause())
	case <-p.stopping:
	}
	p.engine.settled()
	select {
	case <-m.ended():
		p.stop(m.cause())
	case <-p.stopping:
	}
	m.end()
	p.close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.running.Wait()
	m.after(p.err)
	p.engine.remove(p)
	close(p.done)
}

// run starts a goroutine of the session. A panic in one ends the session, and
// nothing else. The goroutine has to end when the transport is closed.
func (p *Peer) run(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.running.Go(func() {
		defer func() {
			if cause := recover(); cause != nil {
				p.panicked(cause)
			}
		}()
		f()
	})
}

// panicked is called with what a goroutine of the session has recovered.
func (p *Peer) panicked(cause any) {
	p.engine.counts.panics.Add(1)
	p.log.Error("session panicked", "panic", cause, "stack", string(debug.Stack()))
	p.stop(fmt.Errorf("panic: %v", cause))
}

// roundTrip is the time to a publisher and back, as ICE has measured it last; 0
// while it is not known.
func (p *Peer) roundTrip() time.Duration {
	stats, _ := p.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePairStats()
	return time.Duration(stats.CurrentRoundTripTime * float64(time.Second))
}

package peer

import (
	"fmt"
	"sync/atomic"

	"github.com/pion/webrtc/v4"
)

// transport is how the packets of a session come and go. It tells its Peer when
// it is up, and stops it when it is not any more.
type transport interface {
	// negotiate takes the credentials of the other side's ICE session, and
	// returns an answer with ours. The second time, it restarts ICE. The error
	// is of this package.
	negotiate(ufrag, pwd string) (answer string, err error)
	// setupState is how far the setting up has got.
	setupState() setupState
	// close ends it. No goroutine of its own is left then but those of
	// Peer.run, which end.
	close()
}

// negotiated is a publisher's transport: a PeerConnection. It tells each state
// in a goroutine of its own, so that who leaves at once may be closed before
// connected; that DTLS was there is known in order.
type negotiated struct {
	*Peer
	secured *atomic.Bool
}

func newNegotiated(p *Peer) negotiated {
	n := negotiated{p, new(atomic.Bool)}
	p.pc.SCTP().Transport().OnStateChange(func(state webrtc.DTLSTransportState) {
		if state == webrtc.DTLSTransportStateConnected {
			n.secured.Store(true)
		}
	})
	p.pc.OnConnectionStateChange(n.changed)
	return n
}

func (n negotiated) negotiate(ufrag, pwd string) (string, error) {
	text, err := n.offer.text(ufrag, pwd)
	if err != nil {
		return "", err
	}
	// Before the offer, for a restart gathers as soon as it has that, and tells
	// only who has asked by then. A restart does not wait: the gathering has
	// been complete once.
	gathered := webrtc.GatheringCompletePromise(n.pc)
	if err := n.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text}); err != nil {
		return "", fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	answer, err := n.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrUnsupported, err)
	}
	if err := n.pc.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("%w: %v", ErrUnsupported, err)
	}
	select {
	case <-gathered: // the candidates are placeholders: this takes no time
	case <-n.stopping:
		return "", n.err
	}
	return n.pc.LocalDescription().SDP, nil
}

func (n negotiated) close() {
	_ = n.pc.GracefulClose() // it has no state that could be saved
}

// changed is called with each state of the PeerConnection.
func (n negotiated) changed(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		n.up()
	case webrtc.PeerConnectionStateFailed:
		n.lost(ErrTimeout)
	case webrtc.PeerConnectionStateClosed:
		n.lost(ErrLeft)
	}
}

// lost ends the session for a cause, or because it was never connected.
func (n negotiated) lost(cause error) {
	if n.secured.Load() {
		n.stop(cause)
		return
	}
	select {
	case <-n.stopping: // by us
	default:
		n.unreached()
		n.stop(ErrNoConnection)
	}
}

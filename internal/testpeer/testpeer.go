// Package testpeer does for tests what every WebRTC client does, with Pion's
// PeerConnection.
//
// Invariant: it knows nothing of Lectern. A client that is made of it is as
// strange to the server as a browser.
package testpeer

import (
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// Offer makes an offer, sets it, and returns it with all candidates in it. The
// test ends here when that fails. options may be nil.
func Offer(t testing.TB, pc *webrtc.PeerConnection, options *webrtc.OfferOptions) (sdp string) {
	t.Helper()
	offer, err := pc.CreateOffer(options)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	return pc.LocalDescription().SDP
}

// Restart is an Offer that restarts ICE.
func Restart(t testing.TB, pc *webrtc.PeerConnection) (sdp string) {
	t.Helper()
	return Offer(t, pc, &webrtc.OfferOptions{ICERestart: true})
}

// Feedback calls wanted for each request for a key frame, until the connection
// is closed. Pion sends lost packets again only while somebody reads.
func Feedback(sender *webrtc.RTPSender, wanted func()) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				wanted()
			}
		}
	}
}

// Signal returns what notes a request in a channel, unless one waits there.
func Signal(asked chan<- struct{}) func() {
	return func() {
		select {
		case asked <- struct{}{}:
		default:
		}
	}
}

package testpeer

import (
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

func newPeer(t *testing.T) *webrtc.PeerConnection {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.GracefulClose() })
	return pc
}

func TestOffersAreCompleteAndRequestsAreSeen(t *testing.T) {
	publisher, viewer := newPeer(t), newPeer(t)
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "test")
	if err != nil {
		t.Fatal(err)
	}
	sender, err := publisher.AddTrack(track)
	if err != nil {
		t.Fatal(err)
	}
	connected := make(chan struct{})
	viewer.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(connected)
		}
	})
	offer := Offer(t, publisher, nil)
	if !strings.Contains(offer, "a=end-of-candidates") {
		t.Errorf("candidates are missing in\n%s", offer)
	}
	if err := viewer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		t.Fatal(err)
	}
	answer, err := viewer.CreateAnswer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(viewer)
	if err := viewer.SetLocalDescription(answer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	if err := publisher.SetRemoteDescription(*viewer.LocalDescription()); err != nil {
		t.Fatal(err)
	}
	<-connected

	asked, ended := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(ended)
		Feedback(sender, Signal(asked))
	}()
	again := time.NewTicker(20 * time.Millisecond) // a request can be lost, or come before the other side is up
	defer again.Stop()
	for seen := false; !seen; {
		if err := viewer.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(sender.GetParameters().Encodings[0].SSRC)}}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-asked:
			seen = true
		case <-again.C:
		}
	}
	if restarted := Restart(t, publisher); restarted == offer {
		t.Error("a restart offers the same again")
	}
	_ = publisher.GracefulClose()
	<-ended
}

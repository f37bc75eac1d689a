package peer

import (
	"bytes"
	"errors"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"lectern/internal/sdpfrag"
	"lectern/internal/testmedia"
	"lectern/internal/testpeer"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

const name = "live/cam1"

// play writes frames at 30 a second, over and over, with a packet of audio for
// each, until the test ends.
func play(t testing.TB, c *client, video, audio *webrtc.TrackLocalStaticRTP, frames []testmedia.Frame) {
	t.Helper()
	stop, stopped := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-stopped })
	go func() {
		defer close(stopped)
		tick := time.NewTicker(time.Second / 30)
		defer tick.Stop()
		var number uint16
		for i := uint16(0); ; i++ {
			select {
			case <-stop:
				return
			case <-c.closed:
				return
			case <-tick.C:
			}
			for _, p := range frames[int(i)%len(frames)].Packets {
				again := p.Clone()
				again.SequenceNumber, again.Timestamp = number, uint32(i)*3000
				number++
				_ = video.WriteRTP(again)
			}
			if audio != nil {
				_ = audio.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: i, Timestamp: uint32(i) * 1600}, Payload: []byte{0xfc, 0xff, 0xfe}})
			}
		}
	}()
}

// broadcast publishes a codec from a Pion client for as long as the test runs.
func broadcast(t testing.TB, e *Engine, r *sfu.Router, mimeType string, frames int) (*client, *Peer) {
	t.Helper()
	media := testmedia.Video(t, mimeType, frames, 30, min(frames, testmedia.Longest))
	video, audio := localTrack(t, mimeType), localTrack(t, webrtc.MimeTypeOpus)
	c := newClient(t, clientOptions{})
	p := c.publish(e, r, name, "a", audio, video)
	c.waitConnected()
	play(t, c, video, audio, media)
	return c, p
}

func TestMediaPassUnchanged(t *testing.T) {
	for _, mimeType := range []string{webrtc.MimeTypeVP8, webrtc.MimeTypeVP9, webrtc.MimeTypeH264, webrtc.MimeTypeAV1, webrtc.MimeTypeH265} {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(mimeType+" over "+transport, func(t *testing.T) {
				sfutest.NoLeaks(t)
				e, r := newEngine(t, Options{}, true), newRouter(t)
				sent := testmedia.Video(t, mimeType, 30, 30, 30)
				broadcast(t, e, r, mimeType, 30)
				o := clientOptions{}
				if transport == "tcp" {
					o.settings = func(s *webrtc.SettingEngine) { s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) }
				}
				viewer := newClient(t, o)
				viewer.watch(e, r, name)
				got := viewer.kind[webrtc.RTPCodecTypeVideo].wait(t, 60)
				viewer.kind[webrtc.RTPCodecTypeAudio].wait(t, 20)

				var want [][]byte
				for _, frame := range sent {
					for _, p := range frame.Packets {
						want = append(want, p.Payload)
					}
				}
				if !bytes.Equal(got[0].Payload, want[0]) {
					t.Error("the first packet is not that of the key frame")
				}
				for i, p := range got {
					if mimeType == webrtc.MimeTypeVP9 && i >= len(want) {
						continue // the film begins anew, but its picture ids go on
					}
					if !bytes.Equal(p.Payload, want[i%len(want)]) {
						t.Fatalf("packet %d is not the one that was sent", i)
					}
					if p.SequenceNumber != got[0].SequenceNumber+uint16(i) {
						t.Fatalf("packet %d has number %d after %d", i, p.SequenceNumber, got[0].SequenceNumber)
					}
				}
			})
		}
	}
}

// Either end may be the DTLS client: FFmpeg offers to be the server, others may
// offer to be the client.
func TestBothDTLSRoles(t *testing.T) {
	for _, setup := range []string{"passive", "active"} {
		t.Run(setup, func(t *testing.T) {
			sfutest.NoLeaks(t)
			e, r := newEngine(t, Options{}, false), newRouter(t)
			c := newClient(t, clientOptions{})
			video := localTrack(t, webrtc.MimeTypeVP8)
			c.addTracks(video)
			p, err := e.Publish(r, name, "a", Offer{SDP: strings.ReplaceAll(c.offer(), "a=setup:actpass", "a=setup:"+setup)})
			if err != nil {
				t.Fatal(err)
			}
			c.accept(p.Answer())
			c.waitConnected()
		})
	}
}

func TestAViewerMayComeFirst(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), newRouter(t)
	viewer := newClient(t, clientOptions{})
	viewer.watch(e, r, name)
	viewer.waitConnected()
	broadcast(t, e, r, webrtc.MimeTypeVP8, 30)
	viewer.kind[webrtc.RTPCodecTypeVideo].wait(t, 30)
}

func TestThePublisherReturnsWithAnotherCodec(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), newRouter(t)
	viewer := newClient(t, clientOptions{})
	viewer.watch(e, r, name)
	viewer.waitConnected()
	first, firstPeer := broadcast(t, e, r, webrtc.MimeTypeVP8, 30)
	in := viewer.kind[webrtc.RTPCodecTypeVideo]
	before := len(in.wait(t, 30))
	_, second := broadcast(t, e, r, webrtc.MimeTypeH264, 30)
	select {
	case <-firstPeer.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the older session goes on")
	}
	if !errors.Is(firstPeer.Err(), sfu.ErrReplaced) {
		t.Errorf("the older session ended with %v, want ErrReplaced", firstPeer.Err())
	}
	<-first.closed
	packets := in.wait(t, before+60)
	changes := 0
	for i := 1; i < len(packets); i++ {
		if packets[i].SequenceNumber != packets[i-1].SequenceNumber+1 {
			t.Errorf("%d follows %d", packets[i].SequenceNumber, packets[i-1].SequenceNumber)
		}
		if packets[i].SSRC != packets[0].SSRC {
			t.Errorf("the SSRC has changed")
		}
		if packets[i].PayloadType != packets[i-1].PayloadType {
			changes++
		}
	}
	if changes != 1 {
		t.Errorf("the payload type changed %d times, want once", changes)
	}
	second.Close(nil)
}

func TestAudioAndVideoKeepOneClock(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), newRouter(t)
	broadcast(t, e, r, webrtc.MimeTypeVP8, 30)
	viewer := newClient(t, clientOptions{})
	viewer.watch(e, r, name)
	audio, video := viewer.kind[webrtc.RTPCodecTypeAudio], viewer.kind[webrtc.RTPCodecTypeVideo]
	for n := 30; audio.report.Load() == nil || video.report.Load() == nil; n += 10 {
		video.wait(t, n)
	}
	// Both tracks were written at the same moments: what the reports say of
	// a video packet's and an audio packet's capture may differ by no more
	// than lip-sync allows.
	at := func(in *received, rate float64) time.Time {
		report, packets := in.report.Load(), in.wait(t, 1)
		last := packets[len(packets)-1]
		return fromNTP(report.NTPTime).Add(time.Duration(float64(int32(last.Timestamp-report.RTPTime)) / rate * float64(time.Second)))
	}
	if skew := at(audio, 48000).Sub(at(video, 90000)); math.Abs(skew.Seconds()) > 0.08 {
		t.Errorf("audio is %v after video", skew)
	}
}

func TestLostPacketsAreSentAgainAsRTX(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), newRouter(t)
	broadcast(t, e, r, webrtc.MimeTypeVP8, 30)
	viewer := newClient(t, clientOptions{})
	p := viewer.watch(e, r, name)
	in := viewer.kind[webrtc.RTPCodecTypeVideo]
	packets := in.wait(t, 30)
	lost := packets[3]
	if err := viewer.pc.WriteRTCP([]rtcp.Packet{&rtcp.TransportLayerNack{
		MediaSSRC: in.ssrc.Load(),
		Nacks:     []rtcp.NackPair{{PacketID: lost.SequenceNumber}},
	}}); err != nil {
		t.Fatal(err)
	}
	// Pion hands a repaired packet on among the others, as it was.
	for n := len(packets); ; n++ {
		packets = in.wait(t, n+1)
		if again := packets[n]; again.SequenceNumber == lost.SequenceNumber {
			if !bytes.Equal(again.Payload, lost.Payload) || again.Timestamp != lost.Timestamp {
				t.Errorf("sent again: %v, want %v", again, lost)
			}
			break
		}
		if n > 300 {
			t.Fatal("the packet was not sent again")
		}
	}
	stats := p.media.(*watcher).senders[1].subscription.Load().Stats()
	if stats.Resent != 1 {
		t.Errorf("sent %d packets again, want 1", stats.Resent)
	}
}

func TestKeyFrameRequestsReachThePublisher(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), newRouter(t)
	c := newClient(t, clientOptions{})
	video := localTrack(t, webrtc.MimeTypeVP8)
	senders := c.addTracks(video)
	p, err := e.Publish(r, name, "a", Offer{SDP: c.offer()})
	if err != nil {
		t.Fatal(err)
	}
	c.accept(p.Answer())
	c.waitConnected()
	play(t, c, video, nil, testmedia.Video(t, webrtc.MimeTypeVP8, 90, 30, 90))
	first := newClient(t, clientOptions{}) // the key frame has passed when it has come here
	first.watch(e, r, name)
	first.kind[webrtc.RTPCodecTypeVideo].wait(t, 5)
	asked := make(chan struct{}, 16)
	go testpeer.Feedback(senders[0], testpeer.Signal(asked))
	viewer := newClient(t, clientOptions{})
	viewer.watch(e, r, name)
	viewer.kind[webrtc.RTPCodecTypeVideo].wait(t, 5)
	if err := viewer.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: viewer.kind[webrtc.RTPCodecTypeVideo].ssrc.Load()}}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-asked:
	case <-time.After(10 * time.Second):
		t.Fatal("the publisher was not asked for a key frame")
	}
}

func TestHalfOpenSessionsAreClosed(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{SetupTimeout: 200 * time.Millisecond}, true), newRouter(t)
	for _, file := range []string{"whip-chromium156.sdp", "whip-ffmpeg9.sdp", "whep-firefox153.sdp"} {
		p, err := e.start(r, file, fixture(t, file))
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-p.Done():
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: still open", file)
		}
		if !errors.Is(p.Err(), ErrNoConnection) {
			t.Errorf("%s ended with %v, want ErrNoConnection", file, p.Err())
		}
	}
	if list := r.List(); len(list) != 0 {
		t.Errorf("sources left: %v", list)
	}
}

func (e *Engine) start(r *sfu.Router, file, sdp string) (*Peer, error) {
	if strings.HasPrefix(file, "whip") {
		return e.Publish(r, name, "a", Offer{SDP: sdp})
	}
	return e.Watch(r, name, Offer{SDP: sdp})
}

func TestTooManySessionsInSetup(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{MaxPending: 1}, false), newRouter(t)
	p, err := e.start(r, "whep", fixture(t, "whep-chromium156.sdp"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.start(r, "whep", fixture(t, "whep-chromium156.sdp")); !errors.Is(err, ErrBusy) {
		t.Errorf("a second session in setup: %v, want ErrBusy", err)
	}
	p.Close(nil)
	if p, err = e.start(r, "whep", fixture(t, "whep-chromium156.sdp")); err != nil {
		t.Errorf("after the first has ended: %v", err)
	} else {
		p.Close(nil)
	}
}

func TestTheEndOfASession(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(c *client, p *Peer)
		want error
	}{
		{"by us", func(_ *client, p *Peer) { p.Close(nil) }, ErrClosed},
		{"by DTLS", func(c *client, _ *Peer) { _ = c.pc.Close() }, ErrLeft},
	} {
		t.Run(c.name, func(t *testing.T) {
			sfutest.NoLeaks(t)
			e, r := newEngine(t, Options{}, false), newRouter(t)
			publisher, p := broadcast(t, e, r, webrtc.MimeTypeVP8, 30)
			viewer := newClient(t, clientOptions{})
			v := viewer.watch(e, r, name)
			viewer.kind[webrtc.RTPCodecTypeVideo].wait(t, 5)
			c.end(viewer, v)
			c.end(publisher, p)
			for _, p := range []*Peer{v, p} {
				select {
				case <-p.Done():
				case <-time.After(10 * time.Second):
					t.Fatal("the session goes on")
				}
				if !errors.Is(p.Err(), c.want) {
					t.Errorf("ended with %v, want %v", p.Err(), c.want)
				}
			}
			if info, ok := r.Info(name); ok && info.State != sfu.StateWaiting {
				t.Errorf("left: %+v", info)
			}
			<-viewer.closed
		})
	}
}

// A publisher whose network is gone for a while keeps its session, and so do
// its viewers; the picture is back within a second.
func TestAPublishersNetworkIsGoneForAWhile(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for as long as the network is gone")
	}
	for _, gone := range []time.Duration{time.Second, 5 * time.Second, 10 * time.Second} {
		t.Run(gone.String(), func(t *testing.T) {
			t.Parallel()
			e, r := newEngine(t, Options{}, false), newRouter(t)
			wire := newWire(t, e.options.UDP.LocalAddr().(*net.UDPAddr))
			publisher := newClient(t, clientOptions{settings: func(s *webrtc.SettingEngine) {
				s.SetICETimeouts(5*time.Second, 30*time.Second, 200*time.Millisecond) // as a browser has them
			}})
			video := localTrack(t, webrtc.MimeTypeVP8)
			publisher.addTracks(video)
			p, err := e.Publish(r, name, "a", Offer{SDP: wire.hide(publisher.offer())})
			if err != nil {
				t.Fatal(err)
			}
			publisher.accept(wire.hide(p.Answer()))
			publisher.waitConnected()
			play(t, publisher, video, nil, testmedia.Video(t, webrtc.MimeTypeVP8, 15, 30, 15))
			viewer := newClient(t, clientOptions{})
			v := viewer.watch(e, r, name)
			in := viewer.kind[webrtc.RTPCodecTypeVideo]
			in.wait(t, 30)
			wire.cut()
			<-time.After(gone) // the time is what is tested
			before := len(in.wait(t, 1))
			wire.restore()
			restored := time.Now()
			in.wait(t, before+30)
			back := time.Since(restored)
			t.Logf("thirty packets %v after the network was back", back.Round(10*time.Millisecond))
			if p.Err() != nil || v.Err() != nil {
				t.Errorf("the sessions have ended: publisher %v, viewer %v", p.Err(), v.Err())
			}
		})
	}
}

// A publisher whose network is gone sends nothing, not even a goodbye.
func TestASilentPublisherTimesOut(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for ICE's timeout of six seconds")
	}
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{Timeout: 6 * time.Second}, false), newRouter(t)
	wire := newWire(t, e.options.UDP.LocalAddr().(*net.UDPAddr))
	c := newClient(t, clientOptions{})
	video := localTrack(t, webrtc.MimeTypeVP8)
	c.addTracks(video)
	p, err := e.Publish(r, name, "a", Offer{SDP: wire.hide(c.offer())})
	if err != nil {
		t.Fatal(err)
	}
	c.accept(wire.hide(p.Answer()))
	c.waitConnected()
	<-p.Connected() // the client's last words of the handshake have come
	wire.cut()
	started := time.Now()
	select {
	case <-p.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the session goes on")
	}
	if !errors.Is(p.Err(), ErrTimeout) {
		t.Errorf("ended with %v, want ErrTimeout", p.Err())
	}
	t.Logf("noticed after %v", time.Since(started).Round(100*time.Millisecond))
}

func TestTrickleAndRestart(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), newRouter(t)
	broadcast(t, e, r, webrtc.MimeTypeVP8, 30)
	viewer := newClient(t, clientOptions{})
	p := viewer.watch(e, r, name)
	in := viewer.kind[webrtc.RTPCodecTypeVideo]
	in.wait(t, 5)

	fragment := func(sdp string) sdpfrag.Fragment {
		f, err := sdpfrag.Parse(sdpFragment(sdp))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if answer, err := p.Patch(fragment(viewer.pc.LocalDescription().SDP).String()); answer != "" || err != nil {
		t.Errorf("trickle: %q, %v", answer, err)
	}
	for name, text := range map[string]string{
		"malformed":      "nonsense",
		"short password": "a=ice-ufrag:abcd\r\na=ice-pwd:short\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n",
	} {
		if _, err := p.Patch(text); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s fragment: %v, want ErrMalformed", name, err)
		}
	}

	offer := testpeer.Restart(t, viewer.pc)
	before := fragment(p.Answer())
	answer, err := p.Patch(fragment(offer).String())
	if err != nil {
		t.Fatal(err)
	}
	after := fragment(answer)
	if after.Ufrag == before.Ufrag || after.Pwd == before.Pwd || len(after.Candidates) == 0 {
		t.Errorf("the answer to a restart: %q", answer)
	}
	viewer.accept(strings.NewReplacer(before.Ufrag, after.Ufrag, before.Pwd, after.Pwd).Replace(p.Answer()))
	n := len(in.wait(t, 1))
	in.wait(t, n+60) // media flow on
	if p.Err() != nil {
		t.Errorf("the session has ended: %v", p.Err())
	}
}

// A publisher whose address has changed restarts ICE, and its media flow on.
func TestAPublisherRestarts(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), newRouter(t)
	publisher, p := broadcast(t, e, r, webrtc.MimeTypeVP8, 30)
	viewer := newClient(t, clientOptions{})
	viewer.watch(e, r, name)
	in := viewer.kind[webrtc.RTPCodecTypeVideo]
	in.wait(t, 5)
	for range 3 {
		offer := testpeer.Restart(t, publisher.pc)
		text, err := p.Patch(sdpFragment(offer))
		if err != nil {
			t.Fatal(err)
		}
		before, err := sdpfrag.Parse(sdpFragment(publisher.pc.CurrentRemoteDescription().SDP))
		if err != nil {
			t.Fatal(err)
		}
		after, err := sdpfrag.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		publisher.accept(strings.NewReplacer(before.Ufrag, after.Ufrag, before.Pwd, after.Pwd).Replace(publisher.pc.CurrentRemoteDescription().SDP))
		in.wait(t, len(in.wait(t, 1))+60)
	}
	if info, _ := r.Info(name); p.Err() != nil || len(info.Tracks) != 2 {
		t.Errorf("the session ended with %v; %+v", p.Err(), info)
	}
}

// sdpFragment keeps of a description what a trickle fragment has.
func sdpFragment(sdp string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(sdp, "\r\n") {
		for _, prefix := range []string{"a=ice-ufrag", "a=ice-pwd", "a=candidate", "a=mid", "m=", "a=end-of-candidates"} {
			if strings.HasPrefix(line, prefix) {
				b.WriteString(line + "\r\n")
			}
		}
	}
	return b.String()
}

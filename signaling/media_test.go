package signaling_test

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"lectern/internal/testpeer"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// client is a publisher or a viewer with a real connection.
type client struct {
	t        *testing.T
	lab      *lab
	pc       *webrtc.PeerConnection
	conn     *switched
	headers  []string
	location string
	tag      string
	states   chan webrtc.PeerConnectionState
	payloads chan []byte // of what a viewer gets
}

// switched is a socket that can be cut off from the network, or get another
// address.
type switched struct {
	off   atomic.Bool
	now   atomic.Pointer[net.UDPConn]
	named net.Addr // the first one, which its owner goes on to believe in
}

func newSwitched(t *testing.T) *switched {
	s := &switched{}
	s.move(t)
	s.named = s.now.Load().LocalAddr()
	return s
}

// move gives the socket a new address; nothing comes in by the old one.
func (s *switched) move(t *testing.T) {
	t.Helper()
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if old := s.now.Swap(udp); old != nil {
		_ = old.Close()
	}
}

func (s *switched) WriteTo(b []byte, to net.Addr) (int, error) {
	if s.off.Load() {
		return len(b), nil
	}
	return s.now.Load().WriteTo(b, to)
}

func (s *switched) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		conn := s.now.Load()
		n, from, err := conn.ReadFrom(b)
		if err == nil || conn == s.now.Load() {
			return n, from, err
		}
	}
}

func (s *switched) Close() error                        { return s.now.Load().Close() }
func (s *switched) LocalAddr() net.Addr                 { return s.named }
func (s *switched) SetDeadline(at time.Time) error      { return s.now.Load().SetDeadline(at) }
func (s *switched) SetReadDeadline(at time.Time) error  { return s.now.Load().SetReadDeadline(at) }
func (s *switched) SetWriteDeadline(at time.Time) error { return s.now.Load().SetWriteDeadline(at) }

func newClient(t *testing.T, l *lab, headers ...string) *client {
	t.Helper()
	c := &client{t: t, lab: l, conn: newSwitched(t), headers: headers,
		states: make(chan webrtc.PeerConnectionState, 16), payloads: make(chan []byte, 1024)}
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: c.conn})
	var settings webrtc.SettingEngine
	settings.SetICEUDPMux(mux)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	var codecs webrtc.MediaEngine
	if err := codecs.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(&codecs))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	c.pc = pc
	t.Cleanup(func() {
		_ = c.pc.GracefulClose()
		_ = mux.Close()
		_ = c.conn.Close()
	})
	c.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) { c.states <- s })
	return c
}

// post makes the session.
func (c *client) post(path string) {
	c.t.Helper()
	w := c.lab.post(path, c.describe(nil), c.headers...)
	if w.Code != http.StatusCreated {
		c.t.Fatalf("POST %s: %d %s", path, w.Code, w.Body)
	}
	c.location, c.tag = w.Header().Get("Location"), w.Header().Get("ETag")
	c.accept(w.Body.String())
}

// describe makes an offer with all candidates.
func (c *client) describe(o *webrtc.OfferOptions) string {
	c.t.Helper()
	return testpeer.Offer(c.t, c.pc, o)
}

func (c *client) accept(answer string) {
	c.t.Helper()
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		c.t.Fatal(err)
	}
}

// restart asks for an ICE restart, and takes the answer to it.
func (c *client) restart() {
	c.t.Helper()
	answer := c.pc.CurrentRemoteDescription().SDP
	offer := c.describe(&webrtc.OfferOptions{ICERestart: true})
	w := c.lab.do("PATCH", c.location, fragmentOf(offer), "Content-Type", "application/trickle-ice-sdpfrag", "If-Match", "*")
	if w.Code != http.StatusOK {
		c.t.Fatalf("PATCH: %d %s", w.Code, w.Body)
	}
	c.tag = w.Header().Get("ETag")
	c.accept(withCredentials(answer, w.Body.String()))
}

// fragmentOf takes from a description what belongs to ICE.
func fragmentOf(description string) string {
	var out []string
	for line := range strings.Lines(description) {
		for _, prefix := range []string{"a=ice-ufrag:", "a=ice-pwd:", "m=", "a=mid:", "a=candidate:", "a=end-of-candidates"} {
			if strings.HasPrefix(line, prefix) {
				out = append(out, strings.TrimSpace(line)+"\r\n")
			}
		}
	}
	return strings.Join(out, "")
}

// withCredentials puts a restart's credentials and candidates into an answer.
func withCredentials(answer, fragment string) string {
	value := func(name string) string {
		_, rest, _ := strings.Cut(fragment, "a="+name+":")
		v, _, _ := strings.Cut(rest, "\r\n")
		return v
	}
	var out []string
	for line := range strings.Lines(answer) {
		switch {
		case strings.HasPrefix(line, "a=ice-ufrag:"):
			line = "a=ice-ufrag:" + value("ice-ufrag") + "\r\n"
		case strings.HasPrefix(line, "a=ice-pwd:"):
			line = "a=ice-pwd:" + value("ice-pwd") + "\r\n"
		case strings.HasPrefix(line, "a=candidate:"):
			line = "a=candidate:" + value("candidate") + "\r\n"
		}
		out = append(out, line)
	}
	return strings.Join(out, "")
}

func (c *client) wantState(want webrtc.PeerConnectionState) {
	c.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case s := <-c.states:
			if s == want {
				return
			}
		case <-deadline:
			c.t.Fatalf("the connection is %s, want %s", c.pc.ConnectionState(), want)
		}
	}
}

// publish is a connected publisher of VP8, which sends until the test ends.
func publish(t *testing.T, l *lab, path string, headers ...string) *client {
	t.Helper()
	c := newClient(t, l, headers...)
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "stream")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	c.post(path)
	c.wantState(webrtc.PeerConnectionStateConnected)
	keepOn(t, func(i int) { _ = track.WriteRTP(videoPacket(i, 0)) })
	return c
}

// videoPacket is one picture, a key frame every tenth time, with a mark.
func videoPacket(i int, mark byte) *rtp.Packet {
	p := sfutest.VP8Packet(uint16(i), uint32(i)*1800, i%10 == 0)
	return &rtp.Packet{Header: p.Header, Payload: append(p.Payload, mark)}
}

// keepOn calls f fifty times a second until the test ends.
func keepOn(t *testing.T, f func(i int)) {
	quit := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-tick.C:
				f(i)
			case <-quit:
				return
			}
		}
	})
	t.Cleanup(func() { close(quit); running.Wait() })
}

// watch is a viewer of video; wait for its payloads.
func watch(t *testing.T, l *lab, path string, headers ...string) *client {
	t.Helper()
	c := newClient(t, l, headers...)
	if _, err := c.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	c.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			select {
			case c.payloads <- p.Payload:
			default:
			}
		}
	})
	c.post(path)
	return c
}

// wantMedia waits for n packets from now on for which ok says so.
func (c *client) wantMedia(n int, ok func(payload []byte) bool) {
	c.t.Helper()
	for len(c.payloads) > 0 {
		<-c.payloads
	}
	deadline := time.After(20 * time.Second)
	for got := 0; got < n; {
		select {
		case p := <-c.payloads:
			if ok(p) {
				got++
			}
		case <-deadline:
			c.t.Fatalf("%d packets, want %d", got, n)
		}
	}
}

// wantSilence waits until no packet has come for a time.
func (c *client) wantSilence(quiet time.Duration) {
	c.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case <-c.payloads:
		case <-time.After(quiet):
			return
		case <-deadline:
			c.t.Fatalf("packets go on to come")
		}
	}
}

func anything([]byte) bool { return true }

func marked(mark byte) func([]byte) bool {
	return func(p []byte) bool { return p[len(p)-1] == mark }
}

// simulcastSource publishes layers of video to the core, each with its place
// in the list as its mark.
func simulcastSource(t *testing.T, l *lab, name string, rids ...string) *sfu.Publication {
	t.Helper()
	publication, err := l.router.Publish(name, sfu.PublishOptions{Identity: "source", Protocol: "whip"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { publication.Close(nil) })
	var tracks []*sfu.Track
	for _, rid := range rids {
		track, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8, RID: rid})
		if err != nil {
			t.Fatal(err)
		}
		tracks = append(tracks, track)
	}
	sent := make(chan struct{})
	keepOn(t, func(i int) {
		if i == 1 {
			close(sent)
		}
		for mark, track := range tracks {
			p := videoPacket(i, byte(mark))
			if i%10 == 0 { // a key frame, smaller from layer to layer
				width, height := 1280>>mark, 720>>mark
				copy(p.Payload[7:], []byte{byte(width), byte(width >> 8), byte(height), byte(height >> 8)})
			}
			_ = track.Write(&sfu.Packet{Header: p.Header, Payload: p.Payload, Arrival: time.Now()})
		}
	})
	<-sent
	return publication
}

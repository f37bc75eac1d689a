package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"lectern/internal/testpeer"
)

// session is one WHIP or WHEP client without a browser.
type session struct {
	pc       *webrtc.PeerConnection
	url      string
	location string
	token    string
	posted   time.Time
}

// connect offers what the PeerConnection has to an endpoint, with a bearer
// token unless that is empty, and returns when it is connected.
func connect(t *testing.T, pc *webrtc.PeerConnection, url, endpoint, token string) *session {
	t.Helper()
	connected := make(chan struct{})
	var once sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(connected) })
		}
	})
	offer := testpeer.Offer(t, pc, nil)
	posted := time.Now()
	resp := request(t, http.MethodPost, url+endpoint, token, offer)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("POST %s: %s\n%s", endpoint, resp.Status, body)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(body)}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-connected:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: no connection", endpoint)
	}
	return &session{pc: pc, url: url, location: resp.Header.Get("Location"), token: token, posted: posted}
}

// request sends SDP, or nothing.
func request(t *testing.T, method, url, token, sdp string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(sdp))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/sdp")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// end deletes the session, as a client does that leaves.
func (s *session) end(t *testing.T) {
	t.Helper()
	resp := request(t, http.MethodDelete, s.url+s.location, s.token, "")
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("DELETE %s: %s", s.location, resp.Status)
	}
	_ = s.pc.Close()
}

// newPC returns a PeerConnection without interceptors: it asks for nothing
// that was lost.
func newPC(t *testing.T) *webrtc.PeerConnection {
	t.Helper()
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(&interceptor.Registry{}), webrtc.WithSettingEngine(settings))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	return pc
}

// counter counts the packets of a viewer, and the gaps in their numbers.
type counter struct {
	packets, lost atomic.Int64
	changed       chan struct{} // has a token when packets have come
}

func (c *counter) read(remote *webrtc.TrackRemote) {
	var last uint16
	for n := 0; ; n++ {
		p, _, err := remote.ReadRTP()
		if err != nil {
			return
		}
		if n > 0 {
			c.lost.Add(int64(p.SequenceNumber - last - 1))
		}
		last = p.SequenceNumber
		c.packets.Add(1)
		select {
		case c.changed <- struct{}{}:
		default:
		}
	}
}

// wait returns when that many packets have come.
func (c *counter) wait(t *testing.T, packets int64) {
	t.Helper()
	for c.packets.Load() < packets {
		select {
		case <-c.changed:
		case <-time.After(20 * time.Second):
			t.Fatalf("%d packets have come, and no more do", c.packets.Load())
		}
	}
}

// A hundred viewers watch one publisher of 1 Mbit/s: nobody misses a packet,
// and when they have left nothing of them stays.
func TestAHundredViewers(t *testing.T) {
	const viewers, rate, seconds = 100, 114, 10 // packets of 1 100 bytes a second
	s := startServer(t)
	video, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "s")
	if err != nil {
		t.Fatal(err)
	}
	pc := newPC(t)
	if _, err := pc.AddTransceiverFromTrack(video, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	publisher := connect(t, pc, s.url, "/whip/load", "")

	stop, stopped := make(chan struct{}), make(chan int)
	go func() { stopped <- send(video, rate, stop) }()
	before := s.usage(t)

	var sessions []*session
	var counters []*counter
	joined := time.Now()
	for range viewers {
		c := &counter{changed: make(chan struct{}, 1)}
		pc := newPC(t)
		pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.read(remote) })
		if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, connect(t, pc, s.url, "/whep/load", ""))
		counters = append(counters, c)
	}
	joins := time.Since(joined)
	for _, c := range counters {
		c.wait(t, rate*seconds)
	}
	during := s.usage(t)
	close(stop)
	sent := <-stopped
	var received, lost int64
	for _, c := range counters {
		received += c.packets.Load()
		lost += c.lost.Load()
	}
	if lost != 0 {
		t.Errorf("%d packets lost of %d", lost, received+lost)
	}
	if !strings.Contains(get(t, s.url+"/api/v1/streams/load"), fmt.Sprintf(`"viewers":%d`, viewers)) {
		t.Errorf("the API does not count the viewers: %s", get(t, s.url+"/api/v1/streams/load"))
	}
	t.Logf("%d packets sent, %d received by %d viewers, %d lost; %.1f ms a join (both ends), %d goroutines and %d KiB a viewer, %.1f µs of the server a packet",
		sent, received, viewers, lost, joins.Seconds()*1000/viewers,
		(during.goroutines-before.goroutines)/viewers, (during.rss-before.rss)/viewers,
		float64((during.cpu-before.cpu).Microseconds())/float64(received))

	for _, session := range sessions {
		session.end(t)
	}
	publisher.end(t)
	deadline := time.Now().Add(10 * time.Second)
	for s.usage(t).goroutines > before.goroutines && time.Now().Before(deadline) {
		<-time.After(100 * time.Millisecond) // nothing tells when a goroutine of another process has ended
	}
	if after := s.usage(t); after.goroutines > before.goroutines {
		t.Errorf("%d goroutines stay, there were %d before", after.goroutines, before.goroutines)
	}
}

// send writes made-up pictures of one packet each, at that rate a second, and
// returns how many it has written.
func send(video *webrtc.TrackLocalStaticRTP, rate int, stop <-chan struct{}) int {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return n
		case <-tick.C:
		}
		payload := make([]byte, 1100)
		copy(payload, []byte{0x10, 0x01})
		if n%rate == 0 {
			copy(payload, []byte{0x10, 0, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0})
		}
		_ = video.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: uint16(n), Timestamp: uint32(n) * 90000 / uint32(rate)}, Payload: payload})
	}
}

package peer

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"lectern/internal/testpeer"
	"lectern/sfu"
)

// newEngine returns an Engine on loopback, with ICE-TCP when tcp says so.
func newEngine(t testing.TB, o Options, tcp bool) *Engine {
	t.Helper()
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	o.UDP = udp
	if tcp {
		if o.TCP, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func newRouter(t testing.TB) *sfu.Router {
	t.Helper()
	r := sfu.NewRouter(sfu.Options{})
	t.Cleanup(r.Close)
	return r
}

// client is the other side of a session: Pion with its defaults.
type client struct {
	t         testing.TB
	pc        *webrtc.PeerConnection
	connected chan struct{}
	closed    chan struct{}
	kind      map[webrtc.RTPCodecType]*received
}

type clientOptions struct {
	settings func(*webrtc.SettingEngine)
	nack     []nack.GeneratorOption      // default: Pion's
	codecs   []webrtc.RTPCodecParameters // default: Pion's
	numbered bool                        // it wants the connection's packets numbered, and reports nothing of them by itself
}

func newClient(t testing.TB, o clientOptions) *client {
	t.Helper()
	media := &webrtc.MediaEngine{}
	if o.codecs == nil {
		if err := media.RegisterDefaultCodecs(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range o.codecs {
		kind, _, _ := strings.Cut(c.MimeType, "/")
		if err := media.RegisterCodec(c, webrtc.NewRTPCodecType(kind)); err != nil {
			t.Fatal(err)
		}
	}
	registry := &interceptor.Registry{}
	if o.nack != nil {
		generator, err := nack.NewGeneratorInterceptor(o.nack...)
		if err != nil {
			t.Fatal(err)
		}
		media.RegisterFeedback(webrtc.RTCPFeedback{Type: "nack"}, webrtc.RTPCodecTypeVideo)
		media.RegisterFeedback(webrtc.RTCPFeedback{Type: "nack", Parameter: "pli"}, webrtc.RTPCodecTypeVideo)
		registry.Add(generator)
		reports, err := report.NewReceiverInterceptor()
		if err != nil {
			t.Fatal(err)
		}
		registry.Add(reports)
		if o.numbered {
			if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uriTransportCC}, webrtc.RTPCodecTypeVideo); err != nil {
				t.Fatal(err)
			}
		}
	} else if err := webrtc.RegisterDefaultInterceptors(media, registry); err != nil {
		t.Fatal(err)
	}
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetIPFilter(func(ip net.IP) bool { return ip.Equal(net.IPv4(127, 0, 0, 1)) })
	settings.SetICETimeouts(time.Second, 2*time.Second, 200*time.Millisecond)
	if o.settings != nil {
		o.settings(&settings)
	}
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, pc: pc, connected: make(chan struct{}), closed: make(chan struct{}), kind: map[webrtc.RTPCodecType]*received{
		webrtc.RTPCodecTypeAudio: newReceived(), webrtc.RTPCodecTypeVideo: newReceived(),
	}}
	var up, down sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		switch s {
		case webrtc.PeerConnectionStateConnected:
			up.Do(func() { close(c.connected) })
		case webrtc.PeerConnectionStateClosed, webrtc.PeerConnectionStateFailed:
			down.Do(func() { close(c.closed) })
		}
	})
	pc.OnTrack(func(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		in := c.kind[remote.Kind()]
		in.ssrc.Store(uint32(remote.SSRC()))
		go func() {
			for {
				packets, _, err := receiver.ReadRTCP()
				if err != nil {
					return
				}
				for _, p := range packets {
					if r, ok := p.(*rtcp.SenderReport); ok {
						in.report.Store(r)
					}
				}
			}
		}()
		for {
			p, _, err := remote.ReadRTP()
			if err != nil {
				return
			}
			in.add(p)
		}
	})
	t.Cleanup(c.leave)
	return c
}

// leave ends the session without a word to the other side's test, and forgets
// what was received, so that a test can see what memory the server keeps.
func (c *client) leave() {
	if c.pc != nil {
		_ = c.pc.GracefulClose()
	}
	c.pc = nil
	for _, in := range c.kind {
		in.forget()
	}
}

// received is what has come of one kind.
type received struct {
	mu      sync.Mutex
	packets []*rtp.Packet
	times   []time.Time // when each came
	changed chan struct{}
	ssrc    atomic.Uint32
	report  atomic.Pointer[rtcp.SenderReport]
}

func newReceived() *received { return &received{changed: make(chan struct{})} }

func (r *received) add(p *rtp.Packet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packets, r.times = append(r.packets, p), append(r.times, time.Now())
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *received) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packets, r.times = nil, nil
}

func (r *received) wait(t testing.TB, n int) []*rtp.Packet {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	for {
		r.mu.Lock()
		packets, changed := r.packets, r.changed
		r.mu.Unlock()
		if len(packets) >= n {
			return packets
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("received %d packets, want %d", len(packets), n)
		}
	}
}

// offer returns a complete offer.
func (c *client) offer() string {
	c.t.Helper()
	return testpeer.Offer(c.t, c.pc, nil)
}

func (c *client) accept(answer string) {
	c.t.Helper()
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		c.t.Fatalf("%v in\n%s", err, answer)
	}
}

func (c *client) waitConnected() {
	c.t.Helper()
	select {
	case <-c.connected:
	case <-time.After(15 * time.Second):
		c.t.Fatal("no connection")
	}
}

// watch makes the client a viewer.
func (c *client) watch(e *Engine, r *sfu.Router, name string) *Peer {
	c.t.Helper()
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if _, err := c.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			c.t.Fatal(err)
		}
	}
	p, err := e.Watch(r, name, Offer{SDP: c.offer()})
	if err != nil {
		c.t.Fatal(err)
	}
	c.accept(p.Answer())
	return p
}

// publish makes the client a publisher of the given tracks.
func (c *client) publish(e *Engine, r *sfu.Router, name, identity string, tracks ...webrtc.TrackLocal) *Peer {
	c.t.Helper()
	c.addTracks(tracks...)
	p, err := e.Publish(r, name, identity, Offer{SDP: c.offer()})
	if err != nil {
		c.t.Fatal(err)
	}
	c.accept(p.Answer())
	return p
}

func (c *client) addTracks(tracks ...webrtc.TrackLocal) []*webrtc.RTPSender {
	c.t.Helper()
	var senders []*webrtc.RTPSender
	for _, track := range tracks {
		transceiver, err := c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			c.t.Fatal(err)
		}
		senders = append(senders, transceiver.Sender())
	}
	return senders
}

func localTrack(t testing.TB, mimeType string) *webrtc.TrackLocalStaticRTP {
	t.Helper()
	kind, _, _ := strings.Cut(mimeType, "/")
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mimeType}, kind, "s")
	if err != nil {
		t.Fatal(err)
	}
	return track
}

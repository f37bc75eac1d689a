package stage

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"lectern/internal/classroom"
	"lectern/internal/testpeer"
	"lectern/sfu"
	"lectern/sfu/peer"
	"lectern/sfu/sfutest"
)

// school is a stage with an engine of its own, and what it has told.
type school struct {
	t       testing.TB
	streams *sfu.Router
	stage   classroom.Stage
	*told
}

func newSchool(t testing.TB) *school {
	t.Helper()
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := peer.New(peer.Options{UDP: udp})
	if err != nil {
		t.Fatal(err)
	}
	s := &school{t: t, streams: sfu.NewRouter(sfu.Options{}), told: newTold()}
	m := &Media{Engine: engine, Streams: s.streams, Log: slog.New(slog.DiscardHandler)}
	if s.stage, err = m.OpenStage(classroom.StageOptions{Room: "math", Seats: 6, Codec: "vp8", Events: s.told}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.stage.Close()
		engine.Close()
		s.streams.Close()
	})
	return s
}

// told keeps what a stage tells, each as a line.
type told struct {
	mu      sync.Mutex
	lines   []string
	changed chan struct{}
}

func newTold() *told { return &told{changed: make(chan struct{})} }

func (e *told) add(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lines = append(e.lines, fmt.Sprintf(format, args...))
	close(e.changed)
	e.changed = make(chan struct{})
}

// wait returns when a line has been told so many times.
func (e *told) wait(t testing.TB, line string, times int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	for {
		e.mu.Lock()
		lines, changed := slices.Clone(e.lines), e.changed
		e.mu.Unlock()
		n := 0
		for _, l := range lines {
			if l == line {
				n++
			}
		}
		if n >= times {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%q was told %d times, want %d; all:\n%q", line, n, times, lines)
		}
	}
}

// times is how often a line has been told.
func (e *told) times(line string) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.lines {
		if l == line {
			n++
		}
	}
	return n
}

func (e *told) never(t testing.TB, line string) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if slices.Contains(e.lines, line) {
		t.Errorf("%q was told", line)
	}
}

func (e *told) Connected(m string, c classroom.Connection)       { e.add("connected %s %s", m, c) }
func (e *told) Lost(m string, c classroom.Connection, err error) { e.add("lost %s %s %v", m, c, err) }
func (e *told) Sending(m string, x classroom.Medium, on bool)    { e.add("sending %s %s %v", m, x, on) }
func (e *told) Live(seat int, epoch uint64)                      { e.add("live %d %d", seat, epoch) }
func (e *told) Stalled(seat int, epoch uint64, on bool)          { e.add("stalled %d %d %v", seat, epoch, on) }
func (e *told) Ended(seat int, epoch uint64, err error) {
	e.add("ended %d %d %s", seat, epoch, err.(*classroom.MediaError).Code)
}
func (e *told) Layer(m string, seat int, layer, why string) {
	e.add("layer %s %d %s %s", m, seat, layer, why)
}
func (e *told) Quality(m, way, score, hint string) { e.add("quality %s %s %s %s", m, way, score, hint) }
func (e *told) Speaking(active []classroom.Level, dominant string) {
	var who []string
	for _, l := range active {
		who = append(who, l.Member)
	}
	e.add("speaking %v %s", who, dominant)
}

// browser is a PeerConnection with Pion's defaults.
type browser struct {
	t         testing.TB
	pc        *webrtc.PeerConnection
	connected chan struct{}
	quiet     [2]atomic.Bool // sends no audio, no video
	mu        sync.Mutex
	packets   map[string][]*rtp.Packet // by mid
	changed   chan struct{}
}

const levelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

func newBrowser(t testing.TB) *browser {
	t.Helper()
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	for uri, kind := range map[string]webrtc.RTPCodecType{levelURI: webrtc.RTPCodecTypeAudio, "urn:ietf:params:rtp-hdrext:sdes:mid": webrtc.RTPCodecTypeVideo} {
		if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind); err != nil {
			t.Fatal(err)
		}
	}
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{})) // no reports, which would go on when media are cut
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, pc: pc, connected: make(chan struct{}), packets: map[string][]*rtp.Packet{}, changed: make(chan struct{})}
	var once sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(b.connected) })
		}
	})
	pc.OnTrack(func(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		mid := receiver.RTPTransceiver().Mid()
		for {
			p, _, err := remote.ReadRTP()
			if err != nil {
				return
			}
			b.mu.Lock()
			b.packets[mid] = append(b.packets[mid], p)
			close(b.changed)
			b.changed = make(chan struct{})
			b.mu.Unlock()
		}
	})
	t.Cleanup(func() { _ = pc.GracefulClose() })
	return b
}

// offer offers one of a member's connections, and waits until it is up.
func (b *browser) offer(s *school, member string, c classroom.Connection, tracks ...classroom.Track) classroom.Answer {
	b.t.Helper()
	offer := testpeer.Offer(b.t, b.pc, nil)
	answer, err := s.stage.Offer(b.t.Context(), classroom.Offer{Member: member, Connection: c, SDP: offer, Tracks: tracks})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.SDP}); err != nil {
		b.t.Fatal(err)
	}
	<-b.connected
	return answer
}

// count is how many packets have come of a section.
func (b *browser) count(mid string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.packets[mid])
}

// more waits for so many packets more of a section.
func (b *browser) more(mid string, n int) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 15*time.Second)
	defer cancel()
	for want := b.count(mid) + n; ; {
		b.mu.Lock()
		now, changed := len(b.packets[mid]), b.changed
		b.mu.Unlock()
		if now >= want {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			b.t.Fatalf("%d packets of section %s, want %d", now, mid, want)
		}
	}
}

// sub makes a viewer of all seats.
func (s *school) sub(member string) (*browser, []classroom.SeatSections) {
	s.t.Helper()
	b := newBrowser(s.t)
	for range 7 {
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			if _, err := b.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	return b, b.offer(s, member, classroom.Sub).Seats
}

// pub makes a publisher of these media, who sends for as long as the test runs.
func (s *school) pub(member string, media ...classroom.Medium) *browser {
	s.t.Helper()
	b := newBrowser(s.t)
	var tracks []classroom.Track
	stop := make(chan struct{})
	var running sync.WaitGroup
	s.t.Cleanup(func() {
		close(stop)
		_ = b.pc.GracefulClose()
		running.Wait()
	})
	for i, medium := range media {
		mimeType := webrtc.MimeTypeVP8
		if kinds[medium] == sfu.Audio {
			mimeType = webrtc.MimeTypeOpus
		}
		local, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mimeType}, string(medium), "s")
		if err != nil {
			s.t.Fatal(err)
		}
		transceiver, err := b.pc.AddTransceiverFromTrack(local, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			s.t.Fatal(err)
		}
		tracks = append(tracks, classroom.Track{MID: fmt.Sprint(i), Medium: medium})
		asked := make(chan struct{}, 1)
		running.Go(func() { testpeer.Feedback(transceiver.Sender(), testpeer.Signal(asked)) })
		running.Go(func() { b.send(local, transceiver.Sender(), asked, stop) })
	}
	b.offer(s, member, classroom.Pub, tracks...)
	return b
}

// cut keeps sound and pictures back, as a cable that is pulled does, or not any more.
func (b *browser) cut(audio, video bool) {
	b.quiet[0].Store(audio)
	b.quiet[1].Store(video)
}

// send sends 50 packets a second, loud ones.
func (b *browser) send(local *webrtc.TrackLocalStaticRTP, sender *webrtc.RTPSender, asked, stop chan struct{}) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := uint16(0); ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		if kind := local.Kind(); kind == webrtc.RTPCodecTypeAudio && b.quiet[0].Load() || kind == webrtc.RTPCodecTypeVideo && b.quiet[1].Load() {
			continue
		}
		if local.Kind() == webrtc.RTPCodecTypeAudio {
			h := rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 960}
			for _, x := range sender.GetParameters().HeaderExtensions {
				if x.URI == levelURI {
					_ = h.SetExtension(uint8(x.ID), []byte{0x80 | 20})
				}
			}
			_ = local.WriteRTP(&rtp.Packet{Header: h, Payload: []byte{0xfc, 0xff, 0xfe}})
			continue
		}
		key := false
		select {
		case <-asked:
			key = true
		default:
		}
		p := sfutest.VP8Packet(n, uint32(n)*1800, key)
		_ = local.WriteRTP(&rtp.Packet{Header: p.Header, Payload: p.Payload})
	}
}

package bench

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Trip is one publisher and one viewer, for as long as it takes to see that
// pictures pass.
type Trip struct {
	// WHIP and WHEP are the two endpoints of one stream, URLs.
	WHIP, WHEP string
	// Token and WatchToken are the bearer tokens of the two; none if empty.
	Token, WatchToken string
	// TCP lets the viewer use ICE over TCP alone (RFC 6544); the publisher has
	// what it gets.
	TCP bool
	// Pictures is how many have to come; 0 is 15, half a second.
	Pictures int
	// Transport makes the HTTP requests; nil is http.DefaultTransport.
	Transport http.RoundTripper
}

// Passage is what a Trip has seen.
type Passage struct {
	// Connected is from the viewer's POST to its connection.
	Connected time.Duration
	// Delay is how old the pictures were when they came, the median.
	Delay time.Duration
	// Pictures is how many have come whole.
	Pictures int
	// Announced are the addresses in the answer to the viewer, ADDRESS:PORT/TRANSPORT.
	Announced []string
	// Used is the server's address by which the pictures came, in the same form.
	Used string
}

const (
	tripFPS     = 30
	tripBitrate = 300_000
	tripWait    = 15 // pictures
)

// Run makes the trip. Both sessions are ended on the server in each case, also
// when ctx has ended. The error wraps those of this package or is a *Refusal.
func (t Trip) Run(ctx context.Context) (Passage, error) {
	c, err := findCodec("vp8")
	if err != nil {
		return Passage{}, err
	}
	client := &http.Client{Timeout: answerTimeout, Transport: t.Transport}
	defer client.CloseIdleConnections()
	began := time.Now()
	p, err := newTraveller(endpoint{t.WHIP, t.Token, client}, c, nil)
	if err != nil {
		return Passage{}, err
	}
	defer p.finish(ctx)
	track, err := webrtc.NewTrackLocalStaticRTP(c.capability, "video", streamName)
	if err != nil {
		return Passage{}, err
	}
	sender, err := p.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return Passage{}, err
	}
	if _, err := p.connect(ctx); err != nil {
		return Passage{}, fmt.Errorf("publish: %w", err)
	}
	sending, stop := context.WithCancel(ctx)
	defer stop()
	wanted := make(chan struct{}, 1)
	p.running.Go(func() { askedForKey(sender.Sender(), wanted) })
	p.running.Go(func() { send(sending, track, c.film(), began, wanted) })
	passage, err := t.watch(ctx, c, client, began)
	if err != nil {
		err = fmt.Errorf("watch: %w", err)
	}
	return passage, err
}

// send publishes pictures until ctx ends.
func send(ctx context.Context, track *webrtc.TrackLocalStaticRTP, f film, began time.Time, wanted <-chan struct{}) {
	key, delta := sizes(tripBitrate, tripFPS, tripFPS)
	tick := time.NewTicker(time.Second / tripFPS)
	defer tick.Stop()
	header := rtp.Header{Version: 2, SequenceNumber: 1}
	for n := 0; ; n++ {
		isKey, size := n%tripFPS == 0, delta
		select {
		case <-ctx.Done():
			return
		case <-wanted:
			isKey = true
		case <-tick.C:
		}
		if isKey {
			size = key
		}
		header.Timestamp += videoClock / tripFPS
		payloads := f.picture(isKey, size, time.Since(began))
		for i, payload := range payloads {
			header.Marker = i == len(payloads)-1
			_ = track.WriteRTP(&rtp.Packet{Header: header, Payload: payload}) // what is lost is seen by the viewer
			header.SequenceNumber++
		}
	}
}

// askedForKey tells that the server wants a key frame, until the connection is closed.
func askedForKey(sender *webrtc.RTPSender, wanted chan<- struct{}) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				select {
				case wanted <- struct{}{}:
				default:
				}
			}
		}
	}
}

// watch joins, and waits for the pictures.
func (t Trip) watch(ctx context.Context, c codec, client *http.Client, began time.Time) (Passage, error) {
	var networks []webrtc.NetworkType
	if t.TCP {
		networks = []webrtc.NetworkType{webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6}
	}
	v, err := newTraveller(endpoint{t.WHEP, t.WatchToken, client}, c, networks)
	if err != nil {
		return Passage{}, err
	}
	defer v.finish(ctx)
	most := t.Pictures
	if most == 0 {
		most = tripWait
	}
	ages := make(chan time.Duration, most) // who has all takes no more
	v.pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		v.mu.Lock()
		defer v.mu.Unlock()
		if !v.ended {
			v.running.Go(func() { v.read(remote, began, ages) })
		}
	})
	if _, err := v.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		return Passage{}, err
	}
	posted := time.Now()
	answer, err := v.connect(ctx)
	passage := Passage{Announced: candidates(answer)}
	if err != nil {
		return passage, err
	}
	passage.Connected = time.Since(posted)
	passage.Used = v.used()
	timeout := time.NewTimer(connectTimeout)
	defer timeout.Stop()
	delays := make([]time.Duration, 0, most)
	for len(delays) < most {
		select {
		case age := <-ages:
			delays = append(delays, age)
		case <-timeout.C:
			return passage, fmt.Errorf("%w: %d of %d pictures within %v, though the connection stands", ErrNothingCame, len(delays), most, connectTimeout)
		case <-ctx.Done():
			return passage, context.Cause(ctx)
		}
	}
	passage.Pictures, passage.Delay = len(delays), spreadOf(delays).P50
	return passage, nil
}

// traveller is a client of Pion's own make: its sockets are of no concern here.
type traveller struct {
	pc        *webrtc.PeerConnection
	endpoint  endpoint
	session   string
	connected chan struct{}
	failed    chan struct{}
	running   sync.WaitGroup

	mu    sync.Mutex
	ended bool
}

func newTraveller(e endpoint, c codec, networks []webrtc.NetworkType) (*traveller, error) {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c.capability, PayloadType: videoPayload}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	s := webrtc.SettingEngine{LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}}
	s.SetIncludeLoopbackCandidate(true)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetIPFilter(func(ip net.IP) bool { return !ip.IsLinkLocalUnicast() })
	if len(networks) > 0 {
		s.SetNetworkTypes(networks)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(&interceptor.Registry{}), webrtc.WithSettingEngine(s))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	t := &traveller{pc: pc, endpoint: e, connected: make(chan struct{}), failed: make(chan struct{})}
	var connected, failed sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		switch s {
		case webrtc.PeerConnectionStateConnected:
			connected.Do(func() { close(t.connected) })
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			failed.Do(func() { close(t.failed) })
		}
	})
	return t, nil
}

// connect offers, and returns the answer when the connection is there.
func (t *traveller) connect(ctx context.Context) (answer string, err error) {
	offer, err := t.pc.CreateOffer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(t.pc)
	if err := t.pc.SetLocalDescription(offer); err != nil {
		return "", err
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if answer, t.session, err = t.endpoint.post(ctx, t.pc.LocalDescription().SDP); err != nil {
		return "", err
	}
	if err := t.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return answer, fmt.Errorf("%s answers with SDP that cannot be used: %w", t.endpoint.url, err)
	}
	timeout := time.NewTimer(connectTimeout)
	defer timeout.Stop()
	select {
	case <-t.connected:
		return answer, nil
	case <-t.failed:
	case <-timeout.C:
	case <-ctx.Done():
		return answer, context.Cause(ctx)
	}
	return answer, fmt.Errorf("%w with %s", ErrNoMedia, t.endpoint.url)
}

// read tells how old each whole picture is, until the connection is closed.
func (t *traveller) read(remote *webrtc.TrackRemote, began time.Time, ages chan<- time.Duration) {
	made := pictures{mimeType: remote.Codec().MimeType}
	for {
		packet, _, err := remote.ReadRTP()
		if err != nil {
			return
		}
		at := time.Since(began)
		p, whole := made.add(packet, at)
		if !whole {
			continue
		}
		if sent, ok := p.stamp(); ok {
			select {
			case ages <- at - sent:
			default:
			}
		}
	}
}

// used is the server's end of the pair of candidates that ICE has chosen.
func (t *traveller) used() string {
	senders, receivers := t.pc.GetSenders(), t.pc.GetReceivers()
	var transport *webrtc.DTLSTransport
	switch {
	case len(receivers) > 0:
		transport = receivers[0].Transport()
	case len(senders) > 0:
		transport = senders[0].Transport()
	}
	if transport == nil {
		return ""
	}
	pair, err := transport.ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil || pair.Remote == nil {
		return ""
	}
	return fmt.Sprintf("%s/%s", net.JoinHostPort(pair.Remote.Address, fmt.Sprint(pair.Remote.Port)), pair.Remote.Protocol)
}

// finish ends the session on the server, also when ctx has ended, and closes.
func (t *traveller) finish(ctx context.Context) {
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if t.session != "" {
		_ = t.endpoint.remove(ending, t.session) // it ends by itself when nothing comes any more
	}
	_ = t.pc.GracefulClose()
	t.mu.Lock()
	t.ended = true
	t.mu.Unlock()
	t.running.Wait()
}

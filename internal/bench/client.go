package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"
)

const (
	videoClock = 90000
	// connectTimeout is from the answer to the connection.
	connectTimeout = 10 * time.Second
	// flightInterval is when a lost DTLS flight is sent again: a client that
	// waits a second would measure its own patience.
	flightInterval = 100 * time.Millisecond
)

// workshop makes clients. What they have in common is made once.
type workshop struct {
	began       time.Time
	local       netip.Addr // of this machine, on the way to the server
	network     *stdnet.Net
	certificate webrtc.Certificate
	logs        logging.LoggerFactory
	together    bool // what left together comes together
	departures  departures
}

func newWorkshop(began time.Time, local netip.Addr, certificate webrtc.Certificate, together bool) (*workshop, error) {
	network, err := stdnet.NewNet()
	if err != nil {
		return nil, fmt.Errorf("look up the interfaces: %w", err)
	}
	return &workshop{
		began: began, local: local, network: network, certificate: certificate,
		logs:     &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled},
		together: together,
	}, nil
}

// mux is Pion's on a socket of one client, of which it knows the one address
// that leads to the server.
type mux struct {
	*ice.UDPMuxDefault
	address *net.UDPAddr
}

// GetListenAddresses is the one address of the client's candidate.
func (m mux) GetListenAddresses() []net.Addr { return []net.Addr{m.address} }

// client is a PeerConnection and its socket, and the session that it has on
// the server.
type client struct {
	pc       *webrtc.PeerConnection
	tap      *tap
	mux      mux
	endpoint endpoint
	session  string

	connected chan struct{}
	failed    chan struct{}
}

// kinds are the media that a client negotiates, and how.
type kinds struct {
	video, audio []webrtc.RTPCodecParameters
	// repairs makes the client send lost packets again, and sender reports: a
	// publisher's part.
	repairs bool
}

// client makes a client without a session. The caller closes it.
func (w *workshop) client(e endpoint, k kinds) (c *client, err error) {
	media := &webrtc.MediaEngine{}
	for kind, list := range map[webrtc.RTPCodecType][]webrtc.RTPCodecParameters{webrtc.RTPCodecTypeVideo: k.video, webrtc.RTPCodecTypeAudio: k.audio} {
		if len(list) == 0 {
			continue
		}
		for _, p := range list {
			if err := media.RegisterCodec(p, kind); err != nil {
				return nil, err
			}
		}
		const mid = "urn:ietf:params:rtp-hdrext:sdes:mid"
		if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: mid}, kind); err != nil {
			return nil, err
		}
	}
	registry := &interceptor.Registry{}
	if k.repairs {
		responder, err := nack.NewResponderInterceptor()
		if err != nil {
			return nil, err
		}
		sender, err := report.NewSenderInterceptor()
		if err != nil {
			return nil, err
		}
		registry.Add(responder)
		registry.Add(sender)
	}
	socket, err := newTap(w.local, w.began, w.together)
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w: is the limit of open files (ulimit -n) too low?", err)
	}
	local, _ := socket.LocalAddr().(*net.UDPAddr)
	c = &client{
		tap: socket, endpoint: e, connected: make(chan struct{}), failed: make(chan struct{}),
		mux: mux{
			ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: socket, Net: w.network, Logger: w.logs.NewLogger("ice")}),
			&net.UDPAddr{IP: w.local.AsSlice(), Port: local.Port},
		},
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(w.settings(c.mux)))
	if c.pc, err = api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{w.certificate}}); err != nil {
		_ = c.mux.Close()
		return nil, err
	}
	c.watchState()
	return c, nil
}

func (w *workshop) settings(m mux) webrtc.SettingEngine {
	s := webrtc.SettingEngine{LoggerFactory: w.logs}
	s.SetICEUDPMux(m)
	s.SetNet(w.network)
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(func(ip net.IP) bool { return ip.Equal(m.address.IP) })
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	if w.local.Is4() {
		s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	} else {
		s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP6})
	}
	// What browsers agree on, in the order in which they like it.
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	s.SetDTLSRetransmissionInterval(flightInterval)
	s.DisableMediaEngineCopy(true) // each client has its own
	return s
}

func (c *client) watchState() {
	var connected, failed sync.Once
	c.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		switch s {
		case webrtc.PeerConnectionStateConnected:
			connected.Do(func() { close(c.connected) })
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			failed.Do(func() { close(c.failed) })
		}
	})
}

// offer makes the offer, with the one candidate.
func (c *client) offer(ctx context.Context) (string, error) {
	offer, err := c.pc.CreateOffer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(offer); err != nil {
		return "", err
	}
	select {
	case <-gathered:
		return c.pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// connect offers, and returns when the connection is there. wanted is the
// codec without which an answer is of no use, if any. The time is that of the
// POST.
func (c *client) connect(ctx context.Context, wanted *codec) (posted time.Time, err error) {
	offer, err := c.offer(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("make an offer: %w", err)
	}
	posted = time.Now()
	answer, session, err := c.endpoint.post(ctx, offer)
	if err != nil {
		return posted, err
	}
	c.session = session
	if wanted != nil && !answers(answer, wanted.capability.MimeType) {
		return posted, fmt.Errorf("%w: %s answers without %s: try another --codec, or a server that takes it", ErrNoCodec, c.endpoint.url, wanted.shown)
	}
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return posted, fmt.Errorf("%s answers with SDP that cannot be used: %w", c.endpoint.url, err)
	}
	timeout := time.NewTimer(connectTimeout)
	defer timeout.Stop()
	nudges := newNudges(answer)
	defer nudges.stop()
	for {
		select {
		case <-c.connected:
			return posted, nil
		case <-nudges.due():
			if candidate, ok := nudges.next(); ok && c.checking() {
				_ = c.pc.AddICECandidate(candidate) // without it, it takes longer
			}
			continue
		case <-c.failed:
		case <-timeout.C:
		case <-ctx.Done():
			return posted, context.Cause(ctx)
		}
		break
	}
	return posted, fmt.Errorf("%w with %s: %s", ErrNoMedia, c.endpoint.url, unanswered(c.mux.address, candidates(answer)))
}

// checking says whether no pair of addresses has been chosen yet.
func (c *client) checking() bool {
	state := c.pc.ICEConnectionState()
	return state == webrtc.ICEConnectionStateNew || state == webrtc.ICEConnectionStateChecking
}

// unanswered says why no connection came about between an address of the
// bench and those that the server announces.
func unanswered(local net.Addr, announced []string) string {
	if len(announced) == 0 {
		// Many servers leave loopback out unless they are told otherwise.
		return fmt.Sprintf("its answer announces no address, and nobody comes to %s from one: is there a setting for the addresses that it announces?", local)
	}
	return fmt.Sprintf("from %s nobody answers at %s: is UDP let through, and does the server announce an address that can be reached from here?",
		local, strings.Join(announced, ", "))
}

// answers says whether a section of an answer that is not refused has a codec.
func answers(sdp, mimeType string) bool {
	kind, name, _ := strings.Cut(mimeType, "/")
	in := false
	for line := range strings.Lines(sdp) {
		line = strings.TrimSpace(line)
		if section, ok := strings.CutPrefix(line, "m="); ok {
			fields := strings.Fields(section)
			in = len(fields) > 1 && fields[0] == kind && fields[1] != "0"
			continue
		}
		value, ok := strings.CutPrefix(line, "a=rtpmap:")
		if !ok || !in {
			continue
		}
		_, encoding, _ := strings.Cut(value, " ")
		encoding, _, _ = strings.Cut(encoding, "/")
		if strings.EqualFold(encoding, name) {
			return true
		}
	}
	return false
}

// candidates are the addresses in an answer, if there are any.
func candidates(sdp string) []string {
	var found []string
	seen := map[string]bool{}
	for line := range strings.Lines(sdp) {
		fields := strings.Fields(line)
		if len(fields) < 6 || !strings.HasPrefix(fields[0], "a=candidate:") {
			continue
		}
		at := net.JoinHostPort(fields[4], fields[5]) + "/" + strings.ToLower(fields[2])
		if !seen[at] {
			seen[at] = true
			found = append(found, at)
		}
	}
	return found
}

// leave ends the session on the server.
func (c *client) leave(ctx context.Context) error {
	if c.session == "" {
		return nil
	}
	return c.endpoint.remove(ctx, c.session)
}

// close ends everything else, and returns when nothing is left.
func (c *client) close() {
	_ = c.pc.GracefulClose()
	_ = c.mux.Close()
}

// errorOf keeps the reason for the end of a context in front of what it caused.
func errorOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && err != nil && !errors.Is(err, cause) {
		return cause
	}
	return err
}

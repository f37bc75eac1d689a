package peer

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v3/pkg/crypto/fingerprint"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"

	"lectern/internal/limit"
	"lectern/internal/udp"
)

// Options are the choices of an Engine. Zero values mean the defaults.
type Options struct {
	// UDP carries the media of all sessions. Close closes it. Required.
	UDP net.PacketConn
	// TCP accepts connections of clients whose network blocks UDP (RFC 6544);
	// nil when there are none. Close closes it.
	TCP net.Listener
	// PublicIPs are announced to all clients, before the addresses of the
	// interfaces and after the one by which a client came.
	PublicIPs []netip.Addr
	// Interfaces are the names of the only interfaces to announce.
	Interfaces []string
	// SetupTimeout bounds the time from the offer to the connection.
	// Default 10 s.
	SetupTimeout time.Duration
	// Timeout ends a session from which nothing has come for so long. At
	// least 6 s; default 15 s.
	Timeout time.Duration
	// MaxPending is how many sessions may be in setup at once. Default 1 000.
	MaxPending int
	// Limits bound what one client may ask for and send.
	Limits Limits
	// Log receives one line a change of state. Default: none.
	Log *slog.Logger
}

const (
	// disconnectAfter is the silence after which ICE calls a session
	// disconnected; the rest of Options.Timeout follows.
	disconnectAfter = 5 * time.Second
	keepAlive       = 2 * time.Second
	// flightInterval is when a lost DTLS flight is sent again. The usual
	// second would be added to the start of each FFmpeg publisher, which
	// loses a ClientHello that comes before it is ready.
	flightInterval = 100 * time.Millisecond
	// tcpBuffer is how much of a viewer's media waits for its TCP connection.
	// When it is full, packets are dropped and nobody waits.
	tcpBuffer  = 1 << 20
	receiveMTU = 1600
)

// Engine makes sessions. Its ports, its certificate and its limits are common
// to all of them.
type Engine struct {
	options     Options
	addresses   addresses
	settings    webrtc.SettingEngine
	network     *stdnet.Net
	certificate webrtc.Certificate
	identity    tls.Certificate // the same, and
	fingerprint string          // its a=fingerprint
	socket      *udp.Conn       // nil when Options.UDP is not of package net
	udp         *udpMux
	tcp         *ice.TCPMuxDefault

	mu      sync.Mutex
	peers   map[*Peer]struct{}
	pending int
	closed  bool

	counts engineCounts
}

// New returns an Engine on the sockets of the options, which are its own from
// then on, also when it fails. The caller closes it.
func New(o Options) (e *Engine, err error) {
	defer func() {
		if err == nil {
			return
		}
		_ = o.UDP.Close()
		if o.TCP != nil {
			_ = o.TCP.Close()
		}
	}()
	o.SetupTimeout = cmp.Or(o.SetupTimeout, 10*time.Second)
	o.Timeout = cmp.Or(o.Timeout, 15*time.Second)
	o.MaxPending = cmp.Or(o.MaxPending, 1000)
	o.Limits = o.Limits.orDefaults()
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if o.Timeout <= disconnectAfter {
		return nil, fmt.Errorf("peer: a timeout of %v is too short, at least %v is needed", o.Timeout, disconnectAfter+time.Second)
	}
	local, ok := o.UDP.LocalAddr().(*net.UDPAddr)
	if !ok {
		return nil, errors.New("peer: Options.UDP is not a UDP socket")
	}
	e = &Engine{options: o, peers: map[*Peer]struct{}{}}
	e.options.Limits.hits = &e.counts.limits
	e.addresses = addresses{udp: local.Port, configured: o.PublicIPs, interfaces: map[string]bool{}}
	e.addresses.bound, _ = netip.AddrFromSlice(local.IP)
	e.addresses.bound = e.addresses.bound.Unmap()
	for _, name := range o.Interfaces {
		e.addresses.interfaces[name] = true
	}
	if err = e.identify(); err != nil {
		return nil, fmt.Errorf("peer: make a certificate: %w", err)
	}
	logs := pionLogs{o.Log}
	if socket, ok := o.UDP.(*net.UDPConn); ok {
		if e.socket, err = udp.New(socket); err != nil {
			return nil, fmt.Errorf("peer: %w", err)
		}
		o.UDP = e.socket
	}
	e.udp = newUDPMux(o.UDP, o.Log)
	if o.TCP != nil {
		if tcp, ok := o.TCP.Addr().(*net.TCPAddr); ok {
			e.addresses.tcp = tcp.Port
		}
		e.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
			Listener:                     tcpListener{o.TCP},
			Logger:                       logs.NewLogger("ice"),
			ReadBufferSize:               64,
			WriteBufferSize:              tcpBuffer,
			FirstStunBindTimeout:         o.SetupTimeout,
			AliveDurationForConnFromStun: o.SetupTimeout,
		})
	}
	e.settings = e.newSettings(logs)
	// One for all: to find out the interfaces costs as much as the rest of a
	// join, and nothing depends on them.
	if e.network, err = stdnet.NewNet(); err != nil {
		e.Close()
		return nil, fmt.Errorf("peer: look up the interfaces: %w", err)
	}
	e.settings.SetNet(e.network)
	return e, nil
}

// Addresses are those at which clients may reach this server, as far as it can
// know: what an answer to a client announces, without the one it came by.
func (e *Engine) Addresses() []netip.Addr { return e.addresses.ordered(netip.Addr{}) }

// Close ends all sessions with ErrClosed and closes the sockets. It may be
// called again.
func (e *Engine) Close() {
	e.mu.Lock()
	e.closed = true
	var peers []*Peer
	for p := range e.peers {
		peers = append(peers, p)
	}
	e.mu.Unlock()
	var ending sync.WaitGroup
	for _, p := range peers {
		ending.Go(func() { p.Close(ErrClosed) })
	}
	ending.Wait()
	_ = e.udp.Close() // the socket is gone either way
	if e.tcp != nil {
		_ = e.tcp.Close()
	}
}

func (e *Engine) newSettings(logs pionLogs) webrtc.SettingEngine {
	s := webrtc.SettingEngine{LoggerFactory: logs}
	s.SetICEUDPMux(e.udp)
	if e.tcp != nil {
		s.SetICETCPMux(e.tcp)
	}
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6})
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(isPlaceholder)
	// A client may name any host it likes as a candidate: no connection is
	// opened to one.
	s.DisableActiveTCP(true)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetICETimeouts(disconnectAfter, e.options.Timeout-disconnectAfter, keepAlive)
	s.SetDTLSRetransmissionInterval(flightInterval)
	s.SetSRTPProtectionProfiles(profiles...)
	s.SetSRTPReplayProtectionWindow(512)
	// ICE has proved the address by then, with a password: a cookie would add
	// a round trip and prove nothing more.
	s.SetDTLSInsecureSkipHelloVerify(true)
	s.SetReceiveMTU(receiveMTU)
	s.DisableMediaEngineCopy(true) // each session has its own
	return s
}

// connection makes a PeerConnection that can negotiate what the offer has.
func (e *Engine) connection(o *offer, s *streams, r *rebinding) (*webrtc.PeerConnection, error) {
	media, err := o.mediaEngine()
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrUnsupported, err)
	}
	settings := e.settings
	s.hits = o.limits.hits
	settings.BufferFactory = s.buffer
	settings.SetICEBindingRequestHandler(r.check)
	if o.limits.several { // each section may have codecs of its own, which Pion negotiates in a copy
		settings.DisableMediaEngineCopy(false)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(&interceptor.Registry{})) // none: reports are ours
	return api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{e.certificate}})
}

// admit counts a session that is being set up.
func (e *Engine) admit() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return ErrClosed
	case e.pending >= e.options.MaxPending:
		e.counts.limits.Add(limit.HalfOpenTotal)
		return ErrBusy
	}
	e.pending++
	return nil
}

func (e *Engine) settled() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pending--
}

func (e *Engine) add(p *Peer) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	e.peers[p] = struct{}{}
	return nil
}

func (e *Engine) remove(p *Peer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.peers, p)
}

// identify makes the certificate whose fingerprint stands in the answers. It
// lasts longer than the process: Pion refuses to go on with one that has
// expired, and its own expire after a month.
func (e *Engine) identify() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "WebRTC"},
		NotBefore:    time.Now().Add(-24 * time.Hour),
		NotAfter:     time.Now().AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	print, err := fingerprint.Fingerprint(certificate, crypto.SHA256)
	if err != nil {
		return err
	}
	e.certificate = webrtc.CertificateFromX509(key, certificate)
	e.identity = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: certificate}
	e.fingerprint = "sha-256 " + strings.ToUpper(print)
	return nil
}

package peer

import (
	"bytes"
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
)

// lan is a network in memory, so that a test can have it in a bubble, where
// time passes only when nothing is left to do: what it shows does not depend on
// the machine.
type lan struct {
	mu      sync.Mutex
	sockets map[int]*socket // by port
	port    int             // of the next one
	running sync.WaitGroup
}

func newLAN() *lan { return &lan{sockets: map[int]*socket{}, port: 5000} }

// socket is a net.PacketConn on a lan.
type socket struct {
	network  *lan
	address  *net.UDPAddr
	outside  *net.UDPAddr       // as which others see it, behind a NAT; guarded by network.mu
	up, down *direct            // of what it sends and gets; nil for a server's
	mux      *ice.UDPMuxDefault // of a client
	queue    chan datagram
	closing  sync.Once
	closed   chan struct{}
}

type datagram struct {
	packet []byte
	from   net.Addr
}

// listen returns a socket with a port of its own. The network is between it
// and the servers.
func (v *lan) listen(server bool) *socket {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := &socket{
		network: v,
		address: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: v.port},
		queue:   make(chan datagram, 4096),
		closed:  make(chan struct{}),
	}
	if !server {
		s.up, s.down = newDirect(), newDirect()
		v.running.Go(s.up.run)
		v.running.Go(s.down.run)
	}
	s.outside = s.address
	v.sockets[s.address.Port] = s
	v.port++
	return s
}

// rebind gives a socket another address, as a NAT does that has forgotten it:
// what is sent to the one before is lost, and the socket is told nothing.
func (s *socket) rebind() {
	v := s.network
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.sockets, s.outside.Port)
	s.outside = &net.UDPAddr{IP: s.address.IP, Port: v.port}
	v.sockets[v.port] = s
	v.port++
}

// close ends what is on the way, and returns when nothing is.
func (v *lan) close() {
	v.mu.Lock()
	sockets := slices.Collect(maps.Values(v.sockets))
	v.mu.Unlock()
	for _, s := range sockets {
		_ = s.Close()
	}
	v.running.Wait()
}

func (s *socket) WriteTo(b []byte, to net.Addr) (int, error) {
	s.network.mu.Lock()
	other, from := s.network.sockets[to.(*net.UDPAddr).Port], s.outside
	s.network.mu.Unlock()
	if other == nil {
		return len(b), nil
	}
	arrive := func(b []byte) {
		select {
		case other.queue <- datagram{b, from}:
		default:
		}
	}
	switch {
	case s.up != nil:
		s.up.send(bytes.Clone(b), arrive)
	case other.down != nil:
		other.down.send(bytes.Clone(b), arrive)
	}
	return len(b), nil
}

func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-s.queue:
		return copy(b, d.packet), d.from, nil
	case <-s.closed:
		return 0, nil, net.ErrClosed
	}
}

func (s *socket) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		s.network.mu.Lock()
		delete(s.network.sockets, s.outside.Port)
		s.network.mu.Unlock()
		if s.up != nil {
			close(s.up.quit)
			close(s.down.quit)
		}
	})
	return nil
}

func (s *socket) LocalAddr() net.Addr { return s.address }

func (s *socket) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (s *socket) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (s *socket) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }

// engine returns an Engine on the network.
func (v *lan) engine(t testing.TB) *Engine {
	t.Helper()
	e, err := New(Options{UDP: v.listen(true)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// client returns a client on the network, with its socket.
func (v *lan) client(t testing.TB, o clientOptions) (*client, *socket) {
	t.Helper()
	s := v.listen(false)
	s.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: s})
	t.Cleanup(func() { _ = s.mux.Close() })
	o.settings = func(settings *webrtc.SettingEngine) {
		settings.SetICEUDPMux(s.mux)
		settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
		settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
		settings.SetICETimeouts(5*time.Second, 30*time.Second, 2*time.Second) // as a browser has them
	}
	return newClient(t, o), s
}

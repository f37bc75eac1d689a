package peer

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// stuckListener gives connections whose other ends can stop reading: what is
// written then waits, as it does when the kernel's buffers are full.
type stuckListener struct {
	net.Listener
	mu    sync.Mutex
	reads chan struct{} // closed while they read
}

func (l *stuckListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return stuckConn{conn, l}, err
}

// stop lets nobody read any more, until the function it returns is called.
func (l *stuckListener) stop() (goOn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	reads := make(chan struct{})
	l.reads = reads
	return sync.OnceFunc(func() { close(reads) })
}

type stuckConn struct {
	net.Conn
	listener *stuckListener
}

func (c stuckConn) Write(b []byte) (int, error) {
	c.listener.mu.Lock()
	reads := c.listener.reads
	c.listener.mu.Unlock()
	<-reads
	return c.Conn.Write(b)
}

// One viewer stops reading, over TCP, where that could hold up who writes: F22.
// The others get each picture before the next one is made, and not later than
// before: what it takes is printed, and only what cannot be chance is an error.
func TestAViewerThatStopsReading(t *testing.T) {
	const pictures, packets, size = 300, 8, 1000 // 2.4 MB: more than waits for a viewer
	sfutest.NoLeaks(t)
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := &stuckListener{Listener: tcp, reads: make(chan struct{})}
	close(listener.reads)
	e, err := New(Options{UDP: udp, TCP: listener})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	r := newRouter(t)
	publication, err := r.Publish(name, sfu.PublishOptions{})
	if err != nil {
		t.Fatal(err)
	}
	track, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
	if err != nil {
		t.Fatal(err)
	}
	stuck := newClient(t, clientOptions{settings: func(s *webrtc.SettingEngine) { s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) }})
	stuck.watch(e, r, name)
	stuck.waitConnected()
	other := newClient(t, clientOptions{})
	other.watch(e, r, name)
	other.waitConnected()
	in := other.kind[webrtc.RTPCodecTypeVideo]

	number := uint16(0)
	picture := func() {
		for i := range packets {
			payload := make([]byte, size)
			copy(payload, sfutest.VP8Packet(number, 0, number < packets).Payload)
			if i > 0 {
				payload[0] &^= 0x10 // no picture begins here (RFC 7741 §4.2)
			}
			p := &sfu.Packet{
				Header:  rtp.Header{Version: 2, SequenceNumber: number, Timestamp: uint32(number/packets) * 3000, Marker: i == packets-1},
				Payload: payload,
				Arrival: time.Now(),
			}
			if err := track.Write(p); err != nil {
				t.Fatal(err)
			}
			number++
		}
	}
	picture()
	in.wait(t, packets)
	got := 1
	slowest := func() time.Duration {
		var took []time.Duration
		for range pictures {
			began := time.Now()
			picture()
			got++
			in.wait(t, got*packets)
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		return took[len(took)*99/100]
	}
	stuck.kind[webrtc.RTPCodecTypeVideo].wait(t, packets)
	before := slowest()
	goOn := listener.stop()
	defer goOn()
	after := slowest()
	t.Logf("99 of 100 pictures of eight packets within %v; %v while another viewer does not read", before, after)
	if after > before+100*time.Millisecond {
		t.Errorf("99 of 100 pictures within %v while another viewer does not read, %v before", after, before)
	}
	if n := len(stuck.kind[webrtc.RTPCodecTypeVideo].wait(t, 1)); n > (pictures+2)*packets {
		t.Errorf("%d packets came to the viewer that does not read", n)
	}
	goOn()
}

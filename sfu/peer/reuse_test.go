package peer

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"lectern/sfu/sfutest"
)

// at does something that takes the next free port of the network, with another
// port.
func (v *lan) at(port int, do func()) {
	swap := func(to int) (from int) {
		v.mu.Lock()
		defer v.mu.Unlock()
		from, v.port = v.port, to
		return from
	}
	next := swap(port)
	do()
	swap(next)
}

// successor returns a client that has the address of one whose socket is
// closed, as a NAT gives a port away again, or a program takes it that was
// started anew.
func (v *lan) successor(t *testing.T, before *socket) (c *client, s *socket) {
	t.Helper()
	_ = before.Close()
	v.at(before.outside.Port, func() { c, s = v.client(t, clientOptions{}) })
	return c, s
}

// A client is gone without a word, and another one comes from its address: it
// connects at once, and stays when the session of the one before has ended.
func TestAnAddressIsUsedAgain(t *testing.T) {
	for _, c := range []struct{ gone, next string }{
		{"viewer", "viewer"}, {"viewer", "publisher"}, {"publisher", "viewer"}, {"publisher", "publisher"},
	} {
		t.Run("a "+c.gone+"'s by a "+c.next, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newLAN()
				t.Cleanup(v.close)
				e, r := v.engine(t), newRouter(t)
				studio(t, r, 0, &layerSpec{bps: 1_000_000, width: 1280})
				join := func(c *client, role string) *Peer {
					if role == "publisher" {
						return c.publish(e, r, "live/"+role, "a", localTrack(t, webrtc.MimeTypeVP8))
					}
					return c.watch(e, r, name)
				}
				old, socket := v.client(t, clientOptions{})
				dead := join(old, c.gone)
				old.waitConnected()
				time.Sleep(3 * time.Second)
				next, own := v.successor(t, socket)
				own.up.set(impairment{delay: way})
				own.down.set(impairment{delay: way})
				began := time.Now()
				alive := join(next, c.next)
				select {
				case <-alive.Connected():
				case <-alive.Done():
				}
				took := time.Since(began)
				t.Logf("connected after %v", took)
				if err := alive.Err(); err != nil || took > time.Second {
					t.Errorf("connected after %v, ended with %v; want a connection within a second", took, err)
				}
				select {
				case <-dead.Done():
				case <-time.After(20 * time.Second):
					t.Error("the session of the one before goes on")
				}
				time.Sleep(20 * time.Second)
				if err := alive.Err(); err != nil {
					t.Errorf("the session ended with %v", err)
				}
			})
		})
	}
}

// A client's NAT gives it the address of one that is gone: F4, as with an address
// that nobody had.
func TestAClientMovesToAnAddressThatIsUsedAgain(t *testing.T) {
	for _, who := range []string{"viewer", "publisher"} {
		t.Run(who, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newLAN()
				t.Cleanup(v.close)
				e, r := v.engine(t), newRouter(t)
				film := publishFilm(t, v, e, r)
				viewer := newSpectator(t, v, e, r)
				video := viewer.client.kind[webrtc.RTPCodecTypeVideo]
				video.wait(t, filmRate*filmPicture)
				gone, socket := v.client(t, clientOptions{})
				dead := gone.watch(e, r, name)
				gone.waitConnected()
				_ = socket.Close()
				time.Sleep(time.Second)
				moves := viewer.socket
				if who == "publisher" {
					moves = film.socket
				}
				began := time.Now()
				v.at(socket.outside.Port, moves.rebind)
				took, ok := viewer.back(10*time.Second, began)
				t.Logf("media after %v", took)
				if !ok || took > 5*time.Second {
					t.Errorf("media after %v, want them within 5 s", took)
				}
				<-dead.Done()
				time.Sleep(5 * time.Second)
				if got := see(video, time.Now().Add(-4*time.Second), time.Now()); got.freezes > 0 {
					t.Errorf("when the session of the one before has ended, %v", got)
				}
			})
		})
	}
}

// The same with sockets of the operating system, where a viewer's reports are
// read past ICE.
func TestASocketIsOpenedAgain(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), newRouter(t)
	studio(t, r, 0, &layerSpec{bps: 1_000_000, width: 1280})
	at := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	const viewers = 3
	for i := range viewers {
		own, err := net.ListenUDP("udp4", at)
		if err != nil {
			t.Fatal(err)
		}
		at = own.LocalAddr().(*net.UDPAddr)
		mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: own})
		viewer := newClient(t, clientOptions{settings: func(s *webrtc.SettingEngine) { s.SetICEUDPMux(mux) }})
		began := time.Now()
		p := viewer.watch(e, r, name)
		viewer.kind[webrtc.RTPCodecTypeVideo].wait(t, 1)
		t.Logf("viewer %d has its first packet after %v", i+1, time.Since(began))
		if err := p.Err(); err != nil {
			t.Error(err)
		}
		_ = own.Close()
	}
	if got := e.Stats().Sessions; got != viewers {
		t.Errorf("%d sessions, want those of the dead viewers, too", got)
	}
}

package peer

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"lectern/internal/sdpfrag"
	"lectern/internal/testpeer"
)

// restart asks for an ICE restart, and takes the answer to it.
func (c *client) restart(p *Peer) {
	c.t.Helper()
	present, err := sdpfrag.Parse(sdpFragment(c.pc.CurrentRemoteDescription().SDP))
	if err != nil {
		c.t.Fatal(err)
	}
	description := c.pc.CurrentRemoteDescription().SDP
	offer := testpeer.Restart(c.t, c.pc)
	text, err := p.Patch(sdpFragment(offer))
	if err != nil {
		c.t.Fatal(err)
	}
	next, err := sdpfrag.Parse(text)
	if err != nil {
		c.t.Fatal(err)
	}
	c.accept(strings.NewReplacer(present.Ufrag, next.Ufrag, present.Pwd, next.Pwd).Replace(description))
}

// back waits until pictures come that were sent after a moment, and returns how
// long after it that was.
func (s *spectator) back(most time.Duration, since time.Time) (time.Duration, bool) {
	video := s.client.kind[webrtc.RTPCodecTypeVideo]
	for time.Since(since) < most {
		video.mu.Lock()
		n := len(video.times)
		came := n > 0 && video.times[n-1].Sub(since) > 2*way
		video.mu.Unlock()
		if came {
			return time.Since(since), true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return most, false
}

// A viewer's address changes: F4. One that knows it restarts ICE, and has its
// media again a second and two round trips later at the most; one that does not,
// behind a NAT that has forgotten it, within the time between two checks.
func TestAViewersAddressChanges(t *testing.T) {
	for _, c := range []struct {
		name   string
		knows  bool
		within time.Duration
	}{
		{"by a restart", true, time.Second + 2*2*way},
		{"behind a NAT", false, 5 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newLAN()
				t.Cleanup(v.close)
				e, r := v.engine(t), newRouter(t)
				studio(t, r, 0, &layerSpec{bps: 1_000_000, width: 1280})
				mobile, other := newSpectator(t, v, e, r), newSpectator(t, v, e, r)
				video := mobile.client.kind[webrtc.RTPCodecTypeVideo]
				video.wait(t, 300)
				for range 3 {
					began := time.Now()
					mobile.socket.rebind()
					if c.knows {
						mobile.client.restart(mobile.peer)
					}
					took, ok := mobile.back(2*c.within, began)
					t.Logf("media after %v", took)
					if !ok || took > c.within {
						t.Errorf("media after %v, want them within %v", took, c.within)
					}
					_ = mobile.client.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: video.ssrc.Load()}}) // as a browser does that cannot go on
					time.Sleep(5 * time.Second)
					mobile.trace(t)
					if got := see(video, time.Now().Add(-2*time.Second), time.Now()); got.pictures < 55 || got.freezes > 0 {
						t.Errorf("5 s later %v", got)
					}
				}
				if err := mobile.peer.Err(); err != nil {
					t.Errorf("the session ended with %v", err)
				}
				if got := see(other.client.kind[webrtc.RTPCodecTypeVideo], time.Now().Add(-10*time.Second), time.Now()); got.freezes > 0 || got.left > 0 {
					t.Errorf("the other viewer saw %v", got)
				}
			})
		})
	}
}

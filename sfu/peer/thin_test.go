package peer

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// layerSpec is one layer of a made-up publisher.
type layerSpec struct {
	rid    string
	bps    int
	width  int
	wanted atomic.Bool // a key frame
	asked  atomic.Int64
}

// studio publishes layers of VP8 at 30 pictures a second, with a key frame when
// one is wanted and every gop pictures, and sound of 50 packets a second, until
// the test ends.
func studio(t *testing.T, r *sfu.Router, gop int, layers ...*layerSpec) {
	t.Helper()
	studioAt(t, r, name, gop, layers...)
}

func studioAt(t *testing.T, r *sfu.Router, name string, gop int, layers ...*layerSpec) {
	t.Helper()
	byTrack := map[*sfu.Track]*layerSpec{}
	p, err := r.Publish(name, sfu.PublishOptions{RequestKeyFrame: func(track *sfu.Track) {
		byTrack[track].wanted.Store(true)
		byTrack[track].asked.Add(1)
	}})
	if err != nil {
		t.Fatal(err)
	}
	add := func(info sfu.TrackInfo) *sfu.Track {
		track, err := p.AddTrack(info)
		if err != nil {
			t.Fatal(err)
		}
		return track
	}
	sound := add(sfu.TrackInfo{Kind: sfu.Audio, Codec: sfutest.Opus})
	var tracks []*sfu.Track
	for _, l := range layers {
		track := add(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8, RID: l.rid})
		byTrack[track] = l
		tracks = append(tracks, track)
	}
	stop, stopped := make(chan struct{}), make(chan struct{}, 2)
	t.Cleanup(func() { close(stop); <-stopped; <-stopped; p.Close(nil) })
	go func() {
		defer func() { stopped <- struct{}{} }()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for i := uint16(0); ; i++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			o := sfutest.OpusPacket(i, uint32(i)*960)
			o.Payload = make([]byte, 80)
			_ = sound.Write(o)
		}
	}()
	go func() {
		defer func() { stopped <- struct{}{} }()
		tick := time.NewTicker(time.Second / filmRate)
		defer tick.Stop()
		numbers := make([]uint16, len(layers))
		for picture := 0; ; picture++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			for i, l := range layers {
				key := l.wanted.Swap(false) || picture == 0 || gop > 0 && picture%gop == 0
				size := l.bps / 8 / filmRate
				if key {
					size *= 3
				}
				packets := (size + 1099) / 1100
				for n := range packets {
					payload := make([]byte, size/packets)
					if n == 0 {
						copy(payload, []byte{0x10, 0x01})
						if key {
							copy(payload, []byte{0x10, 0x00, 0, 0, 0x9d, 0x01, 0x2a, byte(l.width), byte(l.width >> 8), 100, 0})
						}
					}
					payload[len(payload)-1] = byte(i)
					numbers[i]++
					_ = tracks[i].Write(&sfu.Packet{
						Header:  rtp.Header{Version: 2, SequenceNumber: numbers[i], Timestamp: uint32(picture) * 90000 / filmRate, Marker: n == packets-1},
						Payload: payload,
						Arrival: time.Now(),
					})
				}
			}
		}
	}()
}

// spectator is a viewer on a network that can be made narrow.
type spectator struct {
	client *client
	socket *socket
	peer   *Peer
}

func newSpectator(t *testing.T, v *lan, e *Engine, r *sfu.Router) *spectator {
	t.Helper()
	c, socket := v.client(t, clientOptions{})
	s := &spectator{client: c, socket: socket}
	s.peer = c.watch(e, r, name)
	socket.down.set(impairment{delay: way})
	socket.up.set(impairment{delay: way})
	return s
}

func (s *spectator) layer() string {
	return s.peer.media.(*watcher).senders[1].subscription.Load().Layer()
}

// narrow makes the network so wide from now on.
func (s *spectator) narrow(bps float64) {
	s.socket.down.set(impairment{delay: way, rate: bps, queue: 300 * time.Millisecond})
}

// until waits for a layer and returns how long that took, of at most a time.
func (s *spectator) until(most time.Duration, want func(string) bool) (time.Duration, bool) {
	began := time.Now()
	for time.Since(began) < most {
		if want(s.layer()) {
			return time.Since(began), true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return most, false
}

// soundLost returns the part of the packets of sound that was lost in a time.
func (s *spectator) soundLost(from, until time.Time) float64 {
	in := s.client.kind[webrtc.RTPCodecTypeAudio]
	in.mu.Lock()
	defer in.mu.Unlock()
	var first, last uint16
	came := 0
	for i, p := range in.packets {
		if in.times[i].Before(from) || in.times[i].After(until) {
			continue
		}
		if came == 0 {
			first = p.SequenceNumber
		}
		came++
		last = p.SequenceNumber
	}
	expected := int(last-first) + 1
	return 1 - float64(came)/float64(expected)
}

func (s *spectator) trace(t *testing.T) {
	t.Helper()
	lost, passed := s.socket.down.losses()
	x := &s.peer.media.(*watcher).path
	x.mu.Lock()
	defer x.mu.Unlock()
	e := &x.estimate
	t.Logf("%.1f s: layer %q, limit %.0f, acked %.0f, queue %v, noise %v, lost %d of %d, probe %.0f, wanted %d", float64(time.Now().UnixMilli()%100_000)/1000, s.layer(), e.limit, e.acked, e.queue, e.noise,
		lost, passed, x.probe.target, x.picture.Wanted())
}

func threeSpecs() []*layerSpec {
	return []*layerSpec{{rid: "q", bps: 150_000, width: 320}, {rid: "h", bps: 600_000, width: 640}, {rid: "f", bps: 2_500_000, width: 1280}}
}

// From 5 to 0.5 Mbit/s and back, with three layers: F12.
func TestANetworkThatBecomesNarrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newLAN()
		t.Cleanup(v.close)
		e, r := v.engine(t), newRouter(t)
		studio(t, r, 0, threeSpecs()...)
		thin, other := newSpectator(t, v, e, r), newSpectator(t, v, e, r)
		video := thin.client.kind[webrtc.RTPCodecTypeVideo]
		video.wait(t, 100)
		thin.narrow(5_000_000)
		time.Sleep(10 * time.Second)
		if got := thin.layer(); got != "f" {
			t.Errorf("layer %q at 5 Mbit/s", got)
		}
		thin.narrow(500_000)
		began := time.Now()
		lower, ok := thin.until(10*time.Second, func(rid string) bool { return rid != "f" })
		if !ok || lower > 2*time.Second {
			t.Errorf("a lower layer after %v, want it within 2 s", lower)
		}
		time.Sleep(time.Until(began.Add(4 * time.Second)))
		changes, before := 0, thin.layer()
		steady := time.Now()
		for range 26 * 10 {
			time.Sleep(100 * time.Millisecond)
			if testing.Verbose() && time.Since(steady)%(2*time.Second) < 100*time.Millisecond {
				thin.trace(t)
			}
			if now := thin.layer(); now != before {
				changes, before = changes+1, now
			}
		}
		ended := time.Now()
		seen := see(video, steady, ended)
		lost := thin.soundLost(began, ended)
		t.Logf("a lower layer after %v; then %v, %d changes; %.2f %% of the sound lost", lower, seen, changes, lost*100)
		if changes > 1 || before != "q" {
			t.Errorf("%d changes on a steady network, layer %q", changes, before)
		}
		if seen.freezes > 0 {
			t.Errorf("%v", seen)
		}
		if lost > 0.01 {
			t.Errorf("%.2f %% of the sound lost, want at most 1", lost*100)
		}
		thin.narrow(5_000_000)
		up, ok := thin.until(30*time.Second, func(rid string) bool { return rid == "f" })
		t.Logf("back after %v", up)
		if !ok || up > 15*time.Second {
			t.Errorf("the best layer after %v, want it within 15 s", up)
		}
		if testing.Verbose() {
			thin.trace(t)
		}
		if got := see(other.client.kind[webrtc.RTPCodecTypeVideo], began, time.Now()); got.freezes > 0 {
			t.Errorf("the other viewer saw %v", got)
		}
	})
}

// One layer of 2.5 Mbit/s for a viewer who gets 1 Mbit/s: F13.
func TestOneLayerIsTooMuch(t *testing.T) {
	for _, gop := range []int{0, 60} {
		t.Run(fmt.Sprint("key frames every ", gop), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newLAN()
				t.Cleanup(v.close)
				e, r := v.engine(t), newRouter(t)
				only := &layerSpec{bps: 2_500_000, width: 1280}
				studio(t, r, gop, only)
				thin, other := newSpectator(t, v, e, r), newSpectator(t, v, e, r)
				video := thin.client.kind[webrtc.RTPCodecTypeVideo]
				video.wait(t, 100)
				thin.narrow(1_000_000)
				time.Sleep(4 * time.Second)
				thin.trace(t)
				asked, began := only.asked.Load(), time.Now()
				for range 15 {
					time.Sleep(2 * time.Second)
					if testing.Verbose() {
						thin.trace(t)
					}
				}
				ended := time.Now()
				seen, lost := see(video, began, ended), thin.soundLost(began, ended)
				t.Logf("%v; %.2f %% of the sound lost; %d key frames asked for", seen, lost*100, only.asked.Load()-asked)
				if lost > 0.01 {
					t.Errorf("%.2f %% of the sound lost, want at most 1", lost*100)
				}
				if seen.pictures < 120 || seen.left > 6 {
					t.Errorf("%v, want whole pictures, 120 at least", seen)
				}
				if got := see(other.client.kind[webrtc.RTPCodecTypeVideo], began, ended); got.freezes > 0 || got.left > 0 {
					t.Errorf("the other viewer saw %v", got)
				}
				thin.narrow(5_000_000)
				time.Sleep(15 * time.Second)
				again := time.Now()
				time.Sleep(5 * time.Second)
				if got := see(video, again, time.Now()); got.freezes > 0 || got.pictures < 140 {
					t.Errorf("15 s after the network was wide again: %v", got)
				}
				thin.trace(t)
			})
		})
	}
}

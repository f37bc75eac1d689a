package peer

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"lectern/internal/testpeer"
	"lectern/sfu"
)

// The film has 30 pictures a second of four packets of 1000 bytes, 1 Mbit/s
// together, and a key frame of twelve every two seconds.
const (
	filmRate    = 30
	filmGOP     = 60
	filmPicture = 4
	filmKey     = 12
)

// film is a publisher whose network may be bad.
type film struct {
	socket  *socket
	peer    *Peer
	bytes   atomic.Int64 // of what it has sent for the first time
	packets atomic.Int64
	plis    atomic.Int64
}

// publishFilm publishes until the test ends.
func publishFilm(t *testing.T, v *lan, e *Engine, r *sfu.Router) *film {
	t.Helper()
	c, socket := v.client(t, clientOptions{})
	f := &film{socket: socket}
	track := localTrack(t, webrtc.MimeTypeVP8)
	sender := c.addTracks(track)[0]
	var err error
	if f.peer, err = e.Publish(r, name, "a", Offer{SDP: c.offer()}); err != nil {
		t.Fatal(err)
	}
	c.accept(f.peer.Answer())
	c.waitConnected()
	wanted := make(chan struct{}, 1) // a key frame
	signal := testpeer.Signal(wanted)
	go testpeer.Feedback(sender, func() { f.plis.Add(1); signal() })
	stop, stopped := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-stopped })
	go func() {
		defer close(stopped)
		f.play(track, stop, wanted)
	}()
	return f
}

func (f *film) play(track *webrtc.TrackLocalStaticRTP, stop, wanted chan struct{}) {
	tick := time.NewTicker(time.Second / filmRate)
	defer tick.Stop()
	number := uint16(65000)
	for picture, sinceKey := 0, filmGOP; ; picture, sinceKey = picture+1, sinceKey+1 {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		select {
		case <-wanted:
			sinceKey = filmGOP
		default:
		}
		packets := filmPicture
		if sinceKey >= filmGOP {
			packets, sinceKey = filmKey, 0
		}
		for i := range packets {
			payload := make([]byte, 1000)
			if i == 0 {
				copy(payload, []byte{0x10, 0x01})
				if sinceKey == 0 {
					copy(payload, []byte{0x10, 0x00, 0, 0, 0x9d, 0x01, 0x2a, 640 & 0xff, 640 >> 8, 360 & 0xff, 360 >> 8})
				}
			}
			_ = track.WriteRTP(&rtp.Packet{
				Header:  rtp.Header{Version: 2, SequenceNumber: number, Timestamp: uint32(picture) * 90000 / filmRate, Marker: i == packets-1},
				Payload: payload,
			})
			number++
			f.packets.Add(1)
			f.bytes.Add(1000 + 12)
		}
	}
}

// seen is how a viewer saw a film.
type seen struct {
	pictures int           // that a decoder could show
	left     int           // that it could not, because something was missing
	freezes  int           // as W3C's webrtc-stats counts them
	frozen   time.Duration // in all
	late     time.Duration // what 99 of 100 pictures came within, after the time that is theirs
}

// playout is for how long a viewer keeps pictures back, so that repairs can come
// in time: about what a browser does when the round trip takes 50 ms and packets
// are lost.
const playout = 150 * time.Millisecond

// see goes through what a viewer got of pictures up to a moment: each is shown
// when it is its time, it is whole, and all before it were; or from a key frame
// on.
func see(in *received, from, until time.Time) seen {
	in.mu.Lock()
	packets, times := slices.Clone(in.packets), slices.Clone(in.times)
	in.mu.Unlock()
	type piece struct {
		p  *rtp.Packet
		at time.Time
	}
	pieces := map[int]piece{}
	first, last := 0, 0
	for i, p := range packets {
		n := int(int16(p.SequenceNumber - packets[0].SequenceNumber))
		for n < last-32768 { // longer films than this would wrap once more
			n += 65536
		}
		if _, ok := pieces[n]; !ok {
			pieces[n] = piece{p, times[i]}
		}
		first, last = min(first, n), max(last, n)
	}
	var s seen
	var shown, zero time.Time
	var gaps, lateness []time.Duration
	whole, broken := true, false // up to the present packet of the picture; until a key frame
	var at time.Time             // when the present picture is whole
	begins := true
	for n := first; n <= last; n++ {
		p, ok := pieces[n]
		if !ok {
			whole = false
			begins = false
			continue
		}
		if p.at.After(until) {
			break
		}
		if first := p.p.Payload[0]&0x10 != 0; first && !begins { // the end of the one before was lost
			broken, whole, begins, at = true, true, true, time.Time{}
		}
		if begins {
			begins = false
			if p.p.Payload[0]&0x10 != 0 && p.p.Payload[1]&1 == 0 {
				broken = false
			}
		}
		if p.at.After(at) {
			at = p.at
		}
		if !p.p.Marker {
			continue
		}
		if !whole {
			broken = true
		}
		switch {
		case broken && p.at.After(from):
			s.left++
		case !broken && at.After(from):
			its := time.Duration(p.p.Timestamp-packets[0].Timestamp) * time.Second / 90000
			if zero.IsZero() {
				zero = at.Add(-its)
			}
			lateness = append(lateness, at.Sub(zero.Add(its)))
			if planned := zero.Add(its + playout); at.Before(planned) {
				at = planned
			}
			if at.Before(shown) {
				at = shown
			}
			if s.pictures > 0 {
				gaps = append(gaps, at.Sub(shown))
			}
			shown = at
			s.pictures++
		}
		whole, begins, at = true, true, time.Time{}
	}
	if !shown.IsZero() {
		gaps = append(gaps, until.Add(playout).Sub(shown)-time.Second/filmRate)
	}
	const usual = time.Second / filmRate
	for _, gap := range gaps {
		if gap > max(3*usual, usual+150*time.Millisecond) {
			s.freezes++
			s.frozen += gap
		}
	}
	if len(lateness) > 0 {
		slices.Sort(lateness)
		s.late = lateness[len(lateness)*99/100] - lateness[0]
	}
	return s
}

func (s seen) String() string {
	return fmt.Sprintf("%d pictures, %d left out, %d freezes (%v), 99 of 100 within %v", s.pictures, s.left, s.freezes,
		s.frozen.Round(10*time.Millisecond), s.late.Round(time.Millisecond))
}

const (
	// stretch is how long a bad network lasts.
	stretch = 30 * time.Second
	// way is how long packets take from one end to the other: half a round trip.
	way = 25 * time.Millisecond
)

// promise is what may happen on a bad network.
type promise struct {
	name     string
	impair   impairment
	freezes  int     // a minute
	bytes    float64 // times those of a good network
	needless float64 // requests a packet
	plis     int     // a minute
}

// networks are those that both ways are tried on.
var networks = []promise{
	{"1 % lost", impairment{delay: way, loss: 0.01}, 0, 1.05, 0, 1},
	{"5 % lost", impairment{delay: way, loss: 0.05}, 1, 1.3, 0, 3},
	{"10 % lost", impairment{delay: way, loss: 0.10}, 3, 1.6, 0, 10},
	{"20 % lost", impairment{delay: way, loss: 0.20}, 10, 2.2, 0, 30},
	{"bursts", impairment{delay: way, burst: 0.005}, 3, 1.3, 0, 10},
	{"outage", impairment{delay: way, outage: 300 * time.Millisecond}, 6, 1.3, 0, 10},
	{"jitter of 30 ms", impairment{delay: way, jitter: 30 * time.Millisecond, ordered: true}, 0, 1.05, 0.02, 1},
	{"jitter of 100 ms", impairment{delay: way, jitter: 100 * time.Millisecond, ordered: true}, 1, 1.05, 0.02, 1},
	{"disorder of 5 ms", impairment{delay: way, jitter: 5 * time.Millisecond}, 0, 1.05, 0.02, 1},
	{"disorder of 30 ms", impairment{delay: way, jitter: 30 * time.Millisecond}, 0, 1.05, 0.02, 1},
	{"disorder of 100 ms", impairment{delay: way, jitter: 100 * time.Millisecond}, 1, 1.05, 0.02, 1},
}

// trial is a film over a network that becomes bad for a while.
type trial struct {
	promise
	film   *film
	bad    *direct   // way of the network
	viewer *received // over it, or behind it
	others *received // who must not notice, nil for none
}

// counts of a film.
type counts struct{ bytes, packets, plis, needless int64 }

func (f *film) counts() counts {
	c := counts{bytes: f.bytes.Load(), packets: f.packets.Load(), plis: f.plis.Load()}
	in := f.peer.media.(*publisher)
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, s := range in.streams {
		c.needless += int64(s.losses.needless)
	}
	return c
}

// run makes the network bad and good again, and holds what was seen against
// the promise.
func (x *trial) run(t *testing.T) {
	x.bad.set(x.impair)
	began, before := time.Now(), x.film.counts()
	time.Sleep(stretch)
	ended, after := time.Now(), x.film.counts()
	share := float64(x.bad.sent()) / float64(after.bytes-before.bytes)
	x.bad.set(impairment{delay: way})
	time.Sleep(time.Second)

	got := see(x.viewer, began, ended)
	needless := float64(after.needless-before.needless) / float64(after.packets-before.packets)
	plis := int(after.plis - before.plis)
	t.Logf("%v; %.2f times the bytes, %.4f needless requests a packet, %d key frames asked for", got, share, needless, plis)
	perMinute := func(n int) int { return int(math.Ceil(float64(n) * stretch.Minutes())) }
	if got.freezes > perMinute(x.freezes) {
		t.Errorf("%d freezes, want at most %d", got.freezes, perMinute(x.freezes))
	}
	if least := int(stretch.Seconds() * filmRate * 0.85); got.pictures < least {
		t.Errorf("%d pictures, want at least %d", got.pictures, least)
	}
	const others = 0.04 // headers, STUN and reports
	if share > x.bytes+others {
		t.Errorf("%.2f times the bytes, want at most %.2f", share, x.bytes)
	}
	if needless > x.needless {
		t.Errorf("%.4f needless requests a packet, want at most %.2f", needless, x.needless)
	}
	if plis > perMinute(x.plis) {
		t.Errorf("%d key frames asked for, want at most %d", plis, perMinute(x.plis))
	}
	if x.others != nil {
		if other := see(x.others, began, ended); other.freezes > 0 {
			t.Errorf("another viewer saw %v", other)
		}
	}
	if err := x.film.peer.Err(); err != nil {
		t.Errorf("the publisher's session has ended: %v", err)
	}
}

// onEachNetwork runs a trial on each of the networks, in a bubble.
func onEachNetwork(t *testing.T, set func(t *testing.T, v *lan, x *trial)) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := newLAN()
				t.Cleanup(v.close)
				x := &trial{promise: n}
				set(t, v, x)
				x.viewer.wait(t, 2*filmRate*filmPicture)
				x.run(t)
			})
		})
	}
}

// What is lost between a publisher and us is repaired before it reaches a
// viewer.
func TestABadNetworkOfAPublisher(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, v *lan, x *trial) {
		e, r := v.engine(t), newRouter(t)
		x.film = publishFilm(t, v, e, r)
		x.bad = x.film.socket.up
		x.bad.set(impairment{delay: way})
		x.film.socket.down.set(impairment{delay: way})
		viewer, _ := v.client(t, clientOptions{})
		viewer.watch(e, r, name)
		x.viewer = viewer.kind[webrtc.RTPCodecTypeVideo]
	})
}

// What is lost between us and a viewer is sent again, as far as that helps;
// the viewers beside it do not notice.
func TestABadNetworkOfAViewer(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, v *lan, x *trial) {
		e, r := v.engine(t), newRouter(t)
		x.film = publishFilm(t, v, e, r)
		// What a browser does: it asks every 20 ms. Without RTX, because Pion does
		// not notice that what it asks for has come in that way.
		viewer, socket := v.client(t, clientOptions{
			codecs: []webrtc.RTPCodecParameters{{
				RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000},
				PayloadType:        96,
			}},
			nack: []nack.GeneratorOption{nack.GeneratorInterval(20 * time.Millisecond), nack.GeneratorMaxNacksPerPacket(10)},
		})
		if _, err := viewer.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
		p, err := e.Watch(r, name, Offer{SDP: viewer.offer()})
		if err != nil {
			t.Fatal(err)
		}
		viewer.accept(p.Answer())
		viewer.askForKeyFrames(t)
		x.bad = socket.down
		x.bad.set(impairment{delay: way})
		socket.up.set(impairment{delay: way})
		other, _ := v.client(t, clientOptions{})
		other.watch(e, r, name)
		x.bytes = max(x.bytes, 1.25) // its own doing, but bounded by us
		x.viewer, x.others = viewer.kind[webrtc.RTPCodecTypeVideo], other.kind[webrtc.RTPCodecTypeVideo]
		x.others.wait(t, filmRate*filmPicture)
	})
}

// askForKeyFrames asks for a key frame, twice a second at the most, while a
// packet has been missing for longer than a browser waits.
func (c *client) askForKeyFrames(t *testing.T) {
	in := c.kind[webrtc.RTPCodecTypeVideo]
	stop, stopped := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-stopped })
	go func() {
		defer close(stopped)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		asked := time.Now()
		for {
			select {
			case <-stop:
				return
			case at := <-tick.C:
				if at.Sub(asked) < 500*time.Millisecond {
					continue
				}
				if got := see(in, asked, at.Add(-200*time.Millisecond)); got.left > 0 {
					asked = at
					_ = c.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: in.ssrc.Load()}})
				}
			}
		}
	}()
}

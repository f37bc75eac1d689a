package peer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"lectern/internal/testpeer"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// seats are the names of the seats of a room: one for what is shared, six for
// people.
var seats = []string{"room/0", "room/1", "room/2", "room/3", "room/4", "room/5", "room/6"}

// onStage is a publisher of a number of cameras and microphones, who sends
// pictures with a key frame when he is asked for one. What his packets carry
// ends with his mark and the index of the camera.
type onStage struct {
	*client
	tracks *Tracks
	mark   byte
}

func newOnStage(t testing.TB, e *Engine, mark byte, pairs int) *onStage {
	t.Helper()
	return newOnStageAt(t, e, mark, pairs, 1)
}

// newOnStageAt sends only one in so many packets.
func newOnStageAt(t testing.TB, e *Engine, mark byte, pairs, part int) *onStage {
	t.Helper()
	c := newClient(t, clientOptions{})
	var sound, pictures []*webrtc.TrackLocalStaticRTP
	var senders []*webrtc.RTPSender
	for range pairs {
		audio, video := localTrack(t, webrtc.MimeTypeOpus), localTrack(t, webrtc.MimeTypeVP8)
		sound, pictures = append(sound, audio), append(pictures, video)
		senders = append(senders, c.addTracks(audio, video)[1])
	}
	tracks, err := e.PublishTracks([]string{webrtc.MimeTypeOpus, webrtc.MimeTypeVP8}, Offer{SDP: c.offer()})
	if err != nil {
		t.Fatal(err)
	}
	c.accept(tracks.Answer())
	c.waitConnected()
	s := &onStage{client: c, tracks: tracks, mark: mark}
	for i := range pairs {
		s.play(sound[i], pictures[i], senders[i], byte(i), part)
	}
	return s
}

// play sends 50 pictures and packets of sound a second, or a part of them, until
// the client is closed.
func (s *onStage) play(audio, video *webrtc.TrackLocalStaticRTP, sender *webrtc.RTPSender, index byte, part int) {
	asked := make(chan struct{}, 1)
	var running sync.WaitGroup
	running.Go(func() { testpeer.Feedback(sender, testpeer.Signal(asked)) })
	stop := make(chan struct{})
	running.Go(func() {
		tick := time.NewTicker(time.Duration(part) * 20 * time.Millisecond)
		defer tick.Stop()
		for n := uint16(0); ; n++ {
			select {
			case <-stop:
				return
			case <-s.closed:
				return
			case <-tick.C:
			}
			key := false
			select {
			case <-asked:
				key = true
			default:
			}
			p := sfutest.VP8Packet(n, uint32(n)*1800, key)
			_ = video.WriteRTP(&rtp.Packet{Header: p.Header, Payload: append(slices.Clone(p.Payload), s.mark, index)})
			_ = audio.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 960}, Payload: []byte{0xfc, s.mark, index}})
		}
	})
	s.t.Cleanup(func() {
		close(stop)
		s.leave()
		running.Wait()
	})
}

// take puts a pair of sections on a seat, behind open gates.
func (s *onStage) take(t testing.TB, r *sfu.Router, seat string, pair int) *sfu.Publication {
	t.Helper()
	p, err := r.Publish(seat, sfu.PublishOptions{Identity: "stage", Protocol: "room", RequestKeyFrame: s.tracks.RequestKeyFrame})
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range s.pair(pair) {
		s.tracks.Direct(section.MID, p)
		s.tracks.Open(section.MID, true)
	}
	return p
}

func (s *onStage) pair(n int) []Section { return s.tracks.Sections()[2*n : 2*n+2] }

// audience is a viewer of seats. What came is kept by the section's name.
type audience struct {
	*client
	seats *Seats
	mids  map[string]*received
}

func newAudience(t testing.TB, e *Engine, r *sfu.Router, count int) *audience {
	t.Helper()
	return attend(t, newClient(t, clientOptions{}), e, r, count)
}

// attend makes a client a viewer of so many seats.
func attend(t testing.TB, c *client, e *Engine, r *sfu.Router, count int) *audience {
	t.Helper()
	a := &audience{client: c, mids: map[string]*received{}}
	for range count {
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			if _, err := a.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 2 * count {
		a.mids[fmt.Sprint(i)] = newReceived()
	}
	a.pc.OnTrack(func(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		in := a.mids[receiver.RTPTransceiver().Mid()]
		for {
			p, _, err := remote.ReadRTP()
			if err != nil {
				return
			}
			in.ssrc.CompareAndSwap(0, p.SSRC)
			in.add(p)
		}
	})
	var err error
	if a.seats, err = e.WatchSeats(r, seats, []string{webrtc.MimeTypeOpus, webrtc.MimeTypeVP8, webrtc.MimeTypeH264}, Offer{SDP: a.offer()}); err != nil {
		t.Fatal(err)
	}
	a.accept(a.seats.Answer())
	return a
}

// video returns what has come of a seat's pictures.
func (a *audience) video(seat int) *received {
	_, mid := a.seats.Sections(seat)
	return a.mids[mid]
}

func (a *audience) audio(seat int) *received {
	mid, _ := a.seats.Sections(seat)
	return a.mids[mid]
}

// see waits for a key frame with a mark among the packets after the first n,
// and returns how many there are then.
func (r *received) see(t testing.TB, n int, mark byte) int {
	t.Helper()
	for {
		packets := r.wait(t, n+1)
		for i, p := range packets[n:] {
			if isKey(p) && p.Payload[len(p.Payload)-2] == mark {
				return n + i + 1
			}
		}
		n = len(packets)
	}
}

func isKey(p *rtp.Packet) bool {
	return p.Payload[0]&0x10 != 0 && p.Payload[len(vp8Prefix(p.Payload))]&1 == 0
}

// vp8Prefix is the payload descriptor (RFC 7741 §4.2).
func vp8Prefix(b []byte) []byte {
	at := locateVP8(b)
	switch {
	case b[0]&0x80 == 0:
		return b[:1]
	case at.base > 0:
		return b[:at.base+1]
	case at.wide:
		return b[:at.id+2]
	}
	return b[:at.id+1]
}

// Two people take turns on a seat fifty times. Twenty viewers see each of them
// with a key frame, and are never asked for anything: the SSRC stays, numbers
// have no gap, and nothing of the one comes after the other has begun.
func TestASeatChangesHandsWithoutAWordToTheViewers(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), sfu.NewRouter(sfu.Options{Grace: sfu.Forever})
	t.Cleanup(r.Close)
	t.Cleanup(e.Close)
	const viewers, promotions, seat = 20, 50, 3
	var all []*audience
	for range viewers {
		all = append(all, newAudience(t, e, r, len(seats)))
	}
	for _, a := range all {
		a.waitConnected()
	}
	people := []*onStage{newOnStage(t, e, 'A', 1), newOnStage(t, e, 'B', 1)}
	counts := make([]int, viewers)
	began := time.Now()
	for i := range promotions {
		someone := people[i%2]
		p := someone.take(t, r, seats[seat], 0)
		for v, a := range all {
			counts[v] = a.video(seat).see(t, counts[v], someone.mark)
		}
		if i < promotions-1 {
			for _, section := range someone.pair(0) {
				someone.tracks.Direct(section.MID, nil)
			}
			p.Close(nil)
		}
	}
	t.Logf("%d promotions with %d viewers: %v each", promotions, viewers, (time.Since(began) / promotions).Round(time.Millisecond))
	for v, a := range all {
		packets := a.video(seat).wait(t, 1)
		turns := ""
		for i, p := range packets {
			if i > 0 && p.SequenceNumber != packets[i-1].SequenceNumber+1 {
				t.Errorf("viewer %d: number %d after %d", v, p.SequenceNumber, packets[i-1].SequenceNumber)
			}
			if i > 0 && int32(p.Timestamp-packets[i-1].Timestamp) <= 0 {
				t.Errorf("viewer %d: timestamp %d after %d", v, p.Timestamp, packets[i-1].Timestamp)
			}
			if p.SSRC != packets[0].SSRC {
				t.Errorf("viewer %d: SSRC %d after %d", v, p.SSRC, packets[0].SSRC)
			}
			mark := string(p.Payload[len(p.Payload)-2])
			if !strings.HasSuffix(turns, mark) {
				if turns += mark; !isKey(p) {
					t.Errorf("viewer %d: turn %d begins without a key frame", v, len(turns))
				}
			}
		}
		if want := strings.Repeat("AB", promotions/2); turns != want {
			t.Errorf("viewer %d has seen %s, want %s", v, turns, want)
		}
		if n := len(a.audio(seat).wait(t, 1)); n < promotions {
			t.Errorf("viewer %d got %d packets of sound", v, n)
		}
		for other := range seats {
			if other != seat && len(a.video(other).snapshot()) > 0 {
				t.Errorf("viewer %d got pictures of seat %d", v, other)
			}
		}
		if state := a.pc.SignalingState(); state != webrtc.SignalingStateStable {
			t.Errorf("viewer %d: %v", v, state)
		}
	}
}

func (r *received) snapshot() []*rtp.Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.packets)
}

// Nothing passes a closed gate, and a viewer who comes meanwhile is not shown
// what was before. A gate that opens brings a key frame.
func TestNothingPassesAClosedGate(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), sfu.NewRouter(sfu.Options{Grace: sfu.Forever})
	t.Cleanup(r.Close)
	t.Cleanup(e.Close)
	viewer := newAudience(t, e, r, len(seats))
	viewer.waitConnected()
	someone := newOnStage(t, e, 'A', 1)
	someone.take(t, r, seats[1], 0)
	viewer.video(1).see(t, 0, 'A')
	viewer.audio(1).wait(t, 3)

	for range 3 {
		for _, section := range someone.pair(0) {
			someone.tracks.Open(section.MID, false)
		}
		mid := someone.pair(0)[1].MID
		arrive := func(more uint64) {
			for from, _ := someone.tracks.Arrived(mid); ; time.Sleep(time.Millisecond) { // the client's packets are what is waited for
				if n, _ := someone.tracks.Arrived(mid); n >= from+more {
					return
				}
			}
		}
		arrive(5) // what had passed before has come
		pictures, sound := len(viewer.video(1).snapshot()), len(viewer.audio(1).snapshot())
		late := newAudience(t, e, r, len(seats))
		late.waitConnected()
		arrive(25)
		if n := len(viewer.video(1).snapshot()) - pictures; n != 0 {
			t.Errorf("%d packets of the picture have passed", n)
		}
		if n := len(viewer.audio(1).snapshot()) - sound; n != 0 {
			t.Errorf("%d packets of the sound have passed", n)
		}
		if n := len(late.video(1).snapshot()) + len(late.audio(1).snapshot()); n != 0 {
			t.Errorf("who came late got %d packets", n)
		}
		for _, section := range someone.pair(0) {
			someone.tracks.Open(section.MID, true)
		}
		viewer.video(1).see(t, pictures, 'A')
		late.video(1).see(t, 0, 'A')
		if first := late.video(1).snapshot()[0]; !isKey(first) {
			t.Error("who came late begins without a key frame")
		}
		viewer.audio(1).wait(t, sound+3)
		late.leave()
	}
	packets := viewer.video(1).snapshot()
	for i, p := range packets[1:] {
		if p.SequenceNumber != packets[i].SequenceNumber+1 {
			t.Errorf("number %d after %d", p.SequenceNumber, packets[i].SequenceNumber)
		}
	}
}

// Sections with the same payload types go where each is directed.
func TestSectionsOfOneKindGoTheirOwnWays(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), sfu.NewRouter(sfu.Options{Grace: sfu.Forever})
	t.Cleanup(r.Close)
	t.Cleanup(e.Close)
	viewer := newAudience(t, e, r, len(seats))
	viewer.waitConnected()
	someone := newOnStage(t, e, 'A', 2)
	someone.take(t, r, seats[4], 0)
	someone.take(t, r, seats[0], 1)
	for seat, index := range map[int]byte{4: 0, 0: 1} {
		viewer.video(seat).see(t, 0, 'A')
		for _, in := range []*received{viewer.video(seat), viewer.audio(seat)} {
			for _, p := range in.wait(t, 20) {
				if got := p.Payload[len(p.Payload)-1]; got != index {
					t.Fatalf("seat %d got a packet of pair %d, want %d", seat, got, index)
				}
			}
		}
	}
}

func TestWhatNobodyLooksAtIsNotSent(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), sfu.NewRouter(sfu.Options{Grace: sfu.Forever})
	t.Cleanup(r.Close)
	t.Cleanup(e.Close)
	viewer := newAudience(t, e, r, len(seats))
	viewer.seats.Prefer(2, SeatWish{NoVideo: true})
	viewer.waitConnected()
	someone := newOnStage(t, e, 'A', 1)
	someone.take(t, r, seats[2], 0)
	viewer.audio(2).wait(t, 25)
	if n := len(viewer.video(2).snapshot()); n != 0 {
		t.Errorf("%d packets of a picture that is not wanted", n)
	}
	viewer.seats.Prefer(2, SeatWish{NoAudio: true})
	n := viewer.video(2).see(t, 0, 'A')
	sound := len(viewer.audio(2).snapshot())
	viewer.video(2).wait(t, n+25)
	if more := len(viewer.audio(2).snapshot()) - sound; more > 5 { // those on their way
		t.Errorf("%d packets of sound that is not wanted", more)
	}
}

func TestARoomRefusesWhatItCannotShow(t *testing.T) {
	e, r := newEngine(t, Options{}, false), newRouter(t)
	c := newClient(t, clientOptions{})
	c.addTracks(localTrack(t, webrtc.MimeTypeVP8))
	_, err := e.PublishTracks([]string{webrtc.MimeTypeOpus, webrtc.MimeTypeH265}, Offer{SDP: strings.ReplaceAll(c.offer(), "H265", "X265")})
	if !errors.Is(err, ErrNoCommonCodec) || !strings.Contains(err.Error(), "video/H265") {
		t.Errorf("a codec that the room has not: %v", err)
	}
	viewer := newClient(t, clientOptions{})
	for range 3 {
		if _, err := viewer.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.WatchSeats(r, seats[:2], nil, Offer{SDP: viewer.offer()}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("more sections than seats: %v", err)
	}
}

// A seat in a codec that a viewer has not offered stays dark, and the others go
// on. It is seen again when the next occupant's codec is his.
func TestAnUnknownCodecIsOneDarkSeat(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), sfu.NewRouter(sfu.Options{Grace: sfu.Forever})
	t.Cleanup(r.Close)
	t.Cleanup(e.Close)
	viewer := newAudience(t, e, r, len(seats))
	viewer.waitConnected()
	someone := newOnStage(t, e, 'A', 1)
	someone.take(t, r, seats[1], 0)
	viewer.video(1).see(t, 0, 'A')

	p, err := r.Publish(seats[2], sfu.PublishOptions{Identity: "stage"})
	if err != nil {
		t.Fatal(err)
	}
	unknown, err := p.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfu.Codec{MimeType: "video/H265", ClockRate: 90000}})
	if err != nil {
		t.Fatal(err)
	}
	const idr = 19 << 1 // RFC 7798 §1.1.4
	for n := range uint16(10) {
		if err := unknown.Write(&sfu.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Marker: true}, Payload: []byte{idr, 1, 0x80, 0}, Arrival: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	viewer.video(1).wait(t, len(viewer.video(1).snapshot())+20)
	if n := len(viewer.video(2).snapshot()); n != 0 {
		t.Errorf("%d packets of a codec that was not offered", n)
	}
	if !viewer.seats.Dark(2) || viewer.seats.Dark(1) {
		t.Error("the wrong seat is dark")
	}
	for _, section := range someone.pair(0) {
		someone.tracks.Direct(section.MID, nil)
	}
	someone.take(t, r, seats[2], 0)
	viewer.video(2).see(t, 0, 'A')
	if viewer.seats.Dark(2) {
		t.Error("the seat is still dark")
	}
}

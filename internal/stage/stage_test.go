package stage

import (
	"errors"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"lectern/internal/classroom"
	"lectern/sfu"
	"lectern/sfu/peer"
	"lectern/sfu/sfutest"
)

func person(id string, epoch uint64) classroom.Occupant {
	return classroom.Occupant{Member: id, Audio: classroom.Mic, Video: classroom.Camera, Epoch: epoch}
}

func (s *school) open(id string, media ...classroom.Medium) {
	for _, medium := range media {
		s.stage.Gate(id, medium, true)
	}
}

// The life of a class: somebody is invited, is seen and heard, shares a screen,
// is muted, steps down, and another one has the seat.
func TestAClass(t *testing.T) {
	sfutest.NoLeaks(t)
	s := newSchool(t)
	viewer, seats := s.sub("student")
	s.wait(t, "connected student sub", 1)
	if len(seats) != 7 {
		t.Fatalf("%d seats, want 7", len(seats))
	}

	s.open("teacher", classroom.Mic, classroom.Camera) // known before there is a connection
	s.stage.Assign(1, person("teacher", 1))
	s.pub("teacher", classroom.Mic, classroom.Camera, classroom.Screen, classroom.ScreenSound)
	s.wait(t, "connected teacher pub", 1)
	s.wait(t, "live 1 1", 1)
	s.wait(t, "sending teacher camera true", 1)
	s.wait(t, "speaking [teacher] ", 1)
	s.wait(t, "speaking [teacher] teacher", 1)
	viewer.more(seats[1].Audio, 5)
	viewer.more(seats[1].Video, 5)
	s.wait(t, "layer student 1 h wanted", 1)

	s.stage.Assign(0, classroom.Occupant{Member: "teacher", Audio: classroom.ScreenSound, Video: classroom.Screen, Epoch: 2})
	s.open("teacher", classroom.Screen, classroom.ScreenSound)
	s.wait(t, "live 0 2", 1)
	viewer.more(seats[0].Video, 5)
	viewer.more(seats[1].Video, 5)

	s.stage.Gate("teacher", classroom.Mic, false)
	s.wait(t, "speaking [] ", 1)
	viewer.more(seats[1].Video, 5)
	n := viewer.count(seats[1].Audio)
	viewer.more(seats[1].Video, 20)
	if more := viewer.count(seats[1].Audio) - n; more > 0 {
		t.Errorf("%d packets of somebody who is muted", more)
	}

	s.stage.Assign(1, classroom.Occupant{})
	viewer.more(seats[0].Video, 5)
	n = viewer.count(seats[1].Video)
	viewer.more(seats[0].Video, 20)
	if more := viewer.count(seats[1].Video) - n; more > 0 {
		t.Errorf("%d packets of an empty seat", more)
	}

	s.open("pupil", classroom.Mic)
	s.pub("pupil", classroom.Mic, classroom.Camera)
	s.wait(t, "connected pupil pub", 1) // before he has a seat
	s.stage.Assign(1, person("pupil", 3))
	s.wait(t, "live 1 3", 1) // by his voice: his camera is closed
	s.open("pupil", classroom.Camera)
	s.wait(t, "live 1 3", 2)
	viewer.more(seats[1].Video, 5)

	s.stage.Leave("pupil")
	s.stage.Leave("teacher")
	s.stage.Close()
	for _, line := range []string{"lost pupil pub closed", "lost teacher pub closed", "lost student sub closed"} {
		s.never(t, line)
	}
}

// Who connects again keeps his seat, and the old connection goes on until then.
func TestAConnectionIsReplaced(t *testing.T) {
	sfutest.NoLeaks(t)
	s := newSchool(t)
	viewer, seats := s.sub("student")
	s.stage.Assign(2, person("a", 1))
	s.open("a", classroom.Mic, classroom.Camera)
	s.pub("a", classroom.Mic, classroom.Camera)
	s.wait(t, "live 2 1", 1)
	s.pub("a", classroom.Mic, classroom.Camera)
	s.wait(t, "connected a pub", 2)
	s.wait(t, "live 2 1", 2)
	viewer.more(seats[2].Video, 10)
	s.stage.Close()
	s.never(t, "lost a pub closed")
}

func TestASeatStallsWithItsConnection(t *testing.T) {
	sfutest.NoLeaks(t)
	s := newSchool(t)
	viewer, seats := s.sub("student")
	s.stage.Assign(1, person("a", 7))
	s.open("a", classroom.Mic, classroom.Camera)
	b := s.pub("a", classroom.Mic, classroom.Camera)
	s.wait(t, "live 1 7", 1)
	s.wait(t, "sending a camera true", 1)

	s.wait(t, "sending a mic true", 1)
	b.cut(true, false) // the sound alone
	s.wait(t, "sending a mic false", 1)
	b.cut(false, false)
	s.wait(t, "sending a mic true", 2)
	b.cut(false, true) // the pictures alone
	s.wait(t, "sending a camera false", 1)
	b.cut(true, true)
	s.wait(t, "stalled 1 7 true", 1)
	b.cut(false, false)
	s.wait(t, "stalled 1 7 false", 1)
	s.wait(t, "sending a camera true", 2)
	s.stage.Request(1)
	viewer.more(seats[1].Video, 10)

	s.stage.Gate("a", classroom.Mic, false) // who is muted and sends nothing is still there
	s.stage.Gate("a", classroom.Camera, false)
	b.cut(false, true)
	s.wait(t, "sending a camera false", 2)
	if n := s.times("stalled 1 7 true"); n != 1 {
		t.Errorf("stalled %d times, want once", n)
	}
}

func TestWhoGoesIsLost(t *testing.T) {
	sfutest.NoLeaks(t)
	s := newSchool(t)
	b := s.pub("a", classroom.Mic)
	s.wait(t, "connected a pub", 1)
	if err := b.pc.Close(); err != nil {
		t.Fatal(err)
	}
	s.wait(t, "lost a pub closed by the other side", 1)
}

func TestAnOfferSaysWhatItsSectionsAre(t *testing.T) {
	for _, c := range []struct {
		name   string
		tracks []classroom.Track
		code   string
	}{
		{"nothing", nil, "sdp_rejected"},
		{"of the wrong kind", []classroom.Track{{MID: "0", Medium: classroom.Camera}}, "sdp_rejected"},
		{"unknown", []classroom.Track{{MID: "0", Medium: "hologram"}}, "sdp_rejected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sections := []peer.Section{{MID: "0", Kind: sfu.Audio}}
			if _, err := named(sections, c.tracks); err == nil {
				t.Error("accepted")
			}
		})
	}
	twice := []peer.Section{{MID: "0", Kind: sfu.Audio}, {MID: "1", Kind: sfu.Audio}}
	if _, err := named(twice, []classroom.Track{{MID: "0", Medium: classroom.Mic}, {MID: "1", Medium: classroom.Mic}}); err == nil {
		t.Error("two microphones were accepted")
	}
}

// A live stream is brought to a seat, in its own codec, and ends with either.
func TestAStreamIsBroughtToASeat(t *testing.T) {
	sfutest.NoLeaks(t)
	s := newSchool(t)
	viewer, seats := s.sub("student")
	s.stage.Assign(3, classroom.Occupant{Stream: "live/obs", Epoch: 1})
	s.wait(t, "ended 3 1 not_found", 1)

	p, err := s.streams.Publish("live/obs", sfu.PublishOptions{Identity: "obs", Protocol: "rtmp"})
	if err != nil {
		t.Fatal(err)
	}
	track, err := p.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
	if err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := uint16(0); ; n++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			_ = track.Write(sfutest.VP8Packet(n, uint32(n)*1800, n%100 == 0))
		}
	}()
	for info, _ := s.streams.Info("live/obs"); info.State != sfu.StateLive; info, _ = s.streams.Info("live/obs") {
		time.Sleep(time.Millisecond) // the first packet is what is waited for
	}
	s.stage.Assign(3, classroom.Occupant{Stream: "live/obs", Epoch: 2})
	s.wait(t, "live 3 2", 1)
	viewer.more(seats[3].Video, 20)
	s.stage.Assign(3, classroom.Occupant{})
	close(stop)
	<-stopped
	p.Close(nil)

	p, err = s.streams.Publish("live/av1", sfu.PublishOptions{Identity: "obs", Protocol: "rtmp"})
	if err != nil {
		t.Fatal(err)
	}
	if track, err = p.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfu.Codec{MimeType: "video/VP9", ClockRate: 90000}}); err != nil {
		t.Fatal(err)
	}
	key := sfutest.VP8Packet(1, 0, true)
	key.Payload = []byte{0x8c, 0x80, 0x01, 0, 0, 0} // VP9: a whole picture that refers to none
	_ = track.Write(key)
	s.stage.Assign(3, classroom.Occupant{Stream: "live/av1", Epoch: 4})
	s.wait(t, "ended 3 4 codec_unsupported", 1)
	p.Close(nil)
}

// A browser whose network has changed offers the same connection again: what
// it has goes on, and nobody is told anything.
func TestARestartKeepsTheConnection(t *testing.T) {
	sfutest.NoLeaks(t)
	s := newSchool(t)
	viewer, seats := s.sub("student")
	s.stage.Assign(2, person("a", 1))
	s.open("a", classroom.Mic, classroom.Camera)
	s.pub("a", classroom.Mic, classroom.Camera)
	viewer.more(seats[2].Video, 10)
	offer, err := viewer.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(viewer.pc)
	if err := viewer.pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	answer, err := s.stage.Offer(t.Context(), classroom.Offer{Member: "student", Connection: classroom.Sub, SDP: viewer.pc.LocalDescription().SDP})
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.Seats) != len(seats) {
		t.Errorf("%d seats, want %d", len(answer.Seats), len(seats))
	}
	if err := viewer.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.SDP}); err != nil {
		t.Fatal(err)
	}
	before := viewer.pc.SCTP().Transport().ICETransport()
	viewer.more(seats[2].Video, 30)
	if after := viewer.pc.SCTP().Transport().ICETransport(); after != before {
		t.Error("there is another transport")
	}
	s.stage.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range []string{"connected student sub", "connected a pub"} {
		n := 0
		for _, l := range s.lines {
			if l == line {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q was told %d times, want 1", line, n)
		}
	}
}

// Who makes connection after connection is told to wait, and nobody else.
func TestConnectionsAreBoundedInNumber(t *testing.T) {
	sfutest.NoLeaks(t)
	s := newSchool(t)
	var err error
	for range offersBurst + 2 {
		_, err = s.stage.Offer(t.Context(), classroom.Offer{Member: "a", Connection: classroom.Sub, SDP: "v=0"})
	}
	if e, ok := errors.AsType[*classroom.MediaError](err); !ok || e.Code != "unavailable" || !errors.Is(err, errOften) {
		t.Errorf("too many offers: %v", err)
	}
	_, err = s.stage.Offer(t.Context(), classroom.Offer{Member: "b", Connection: classroom.Sub, SDP: "v=0"})
	if e, ok := errors.AsType[*classroom.MediaError](err); !ok || e.Code != "sdp_rejected" {
		t.Errorf("somebody else's offer: %v", err)
	}
}

package sfu_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

const seatName = "room/seat1"

// relayed is a source, a relay to another router, and what comes out there.
type relayed struct {
	publication  *sfu.Publication
	video, audio *sfu.Track
	relay        *sfu.Relay
	rec          *sfutest.Recorder
	room         *sfu.Router
	asked        *int
}

func newRelayed(t *testing.T, takes func(sfu.Codec) bool) *relayed {
	t.Helper()
	streams := newRouter(t)
	room := sfu.NewRouter(sfu.Options{Grace: sfu.Forever})
	t.Cleanup(room.Close)
	x := &relayed{room: room, rec: sfutest.NewRecorder(), asked: new(int)}
	x.publication = publish(t, streams, sfu.PublishOptions{Identity: "obs", RequestKeyFrame: func(*sfu.Track) { *x.asked++ }})
	x.video, x.audio = addTrack(t, x.publication, sfu.Video, sfutest.VP8), addTrack(t, x.publication, sfu.Audio, sfutest.Opus)
	write(t, x.video, sfutest.VP8Packet(1, 0, true), sfutest.VP8Packet(2, 3000, false))
	v, err := room.Join(seatName)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	if _, err := v.Subscribe(sfu.Video, x.rec); err != nil {
		t.Fatal(err)
	}
	if x.relay, err = sfu.NewRelay(streams, name, room, seatName, sfu.PublishOptions{Identity: "stage"}, takes); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.relay.Close)
	synctest.Wait()
	return x
}

func TestARelayBeginsWithThePastAndGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newRelayed(t, nil)
		if got := x.rec.Packets(); len(got) == 0 || !got[0].KeyFrame() {
			t.Fatalf("%d packets at once, the first has to be a key frame", len(got))
		}
		n := len(x.rec.Packets())
		for i := range uint16(5) {
			time.Sleep(20 * time.Millisecond)
			write(t, x.video, sfutest.VP8Packet(3+i, 6000+uint32(i)*3000, false))
			write(t, x.audio, sfutest.OpusPacket(i, uint32(i)*960))
			synctest.Wait()
		}
		got := x.rec.Packets()
		if len(got) != n+5 {
			t.Fatalf("%d packets more, want 5", len(got)-n)
		}
		for i, p := range got[1:] {
			if p.SequenceNumber != got[i].SequenceNumber+1 {
				t.Errorf("number %d after %d", p.SequenceNumber, got[i].SequenceNumber)
			}
		}
		if &got[n].Payload[0] != &x.rec.Packets()[n].Payload[0] {
			t.Error("the payload was copied")
		}
	})
}

func TestARelayAsksItsSourceForKeyFrames(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newRelayed(t, nil)
		time.Sleep(2 * time.Second)
		before := *x.asked
		for _, track := range x.relay.Publication().Tracks() {
			track.RequestKeyFrame(time.Now())
		}
		if *x.asked != before+1 {
			t.Errorf("asked %d times, want once", *x.asked-before)
		}
	})
}

func TestARelayEndsWithEither(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(x *relayed)
		want error
	}{
		{"the stream", func(x *relayed) { x.publication.Close(nil); time.Sleep(time.Minute) }, sfu.ErrEnded},
		{"the room", func(x *relayed) { x.room.Close() }, sfu.ErrClosed},
		{"its owner", func(x *relayed) { x.relay.Close() }, sfu.ErrClosed},
		{"somebody in its place", func(x *relayed) {
			p, _ := x.room.Publish(seatName, sfu.PublishOptions{Identity: "stage"})
			track, _ := p.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
			_ = track.Write(sfutest.VP8Packet(1, 0, true))
		}, sfu.ErrReplaced},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				x := newRelayed(t, nil)
				c.end(x)
				<-x.relay.Done()
				if err := x.relay.Err(); !errors.Is(err, c.want) {
					t.Errorf("ended with %v, want %v", err, c.want)
				}
			})
		})
	}
}

func TestARelayRefusesACodecInWords(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newRelayed(t, func(c sfu.Codec) bool { return c.MimeType == "video/H264" })
		<-x.relay.Done()
		if err := x.relay.Err(); !errors.Is(err, sfu.ErrCodec) || !strings.Contains(err.Error(), "video is video/VP8") {
			t.Errorf("ended with %v", err)
		}
		if n := len(x.rec.Packets()); n != 0 {
			t.Errorf("%d packets came through", n)
		}
	})
}

func TestViewersWaitForeverWhereTheyMay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := sfu.NewRouter(sfu.Options{Grace: sfu.Forever})
		t.Cleanup(r.Close)
		p := publish(t, r, sfu.PublishOptions{Identity: "a"})
		rec := sfutest.NewRecorder()
		v, _ := watch(t, r, sfu.Video, rec)
		track := addTrack(t, p, sfu.Video, sfutest.VP8)
		write(t, track, sfutest.VP8Packet(1, 0, true))
		p.Close(nil)
		time.Sleep(24 * time.Hour)
		if err := v.Err(); err != nil {
			t.Errorf("the viewer has ended: %v", err)
		}
		v.Close()
		if _, ok := r.Info(name); ok {
			t.Error("a source is kept that nobody needs")
		}
	})
}

// After an interruption a viewer goes on with a key frame and sees no gap, and
// one who comes meanwhile is not shown the past.
func TestAnInterruptionHidesThePast(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		p := publish(t, r, sfu.PublishOptions{Identity: "a"})
		track := addTrack(t, p, sfu.Video, sfutest.VP8)
		before, during := sfutest.NewRecorder(), sfutest.NewRecorder()
		watch(t, r, sfu.Video, before)
		for i := range uint16(10) {
			write(t, track, sfutest.VP8Packet(65530+i, uint32(i)*3000, i == 0))
			time.Sleep(20 * time.Millisecond)
		}
		synctest.Wait()
		track.Interrupt()
		watch(t, r, sfu.Video, during)
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(during.Packets()); n != 0 {
			t.Errorf("who came meanwhile was shown %d packets", n)
		}
		write(t, track, sfutest.VP8Packet(500, 400_000, false), sfutest.VP8Packet(501, 403_000, true), sfutest.VP8Packet(502, 406_000, false))
		synctest.Wait()
		if n := len(before.Packets()); n != 12 {
			t.Fatalf("%d packets, want 10 before and 2 after", n)
		}
		got := before.Packets()
		for i, p := range got[1:] {
			if p.SequenceNumber != got[i].SequenceNumber+1 {
				t.Errorf("number %d after %d", p.SequenceNumber, got[i].SequenceNumber)
			}
		}
		if late := during.Packets(); len(late) != 2 || !late[0].KeyFrame() {
			t.Errorf("who came meanwhile got %d packets", len(late))
		}
	})
}

package sfu_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

const name = "live/cam1"

func publish(t *testing.T, r *sfu.Router, o sfu.PublishOptions) *sfu.Publication {
	t.Helper()
	p, err := r.Publish(name, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(nil) })
	return p
}

func addTrack(t *testing.T, p *sfu.Publication, kind sfu.Kind, codec sfu.Codec) *sfu.Track {
	t.Helper()
	track, err := p.AddTrack(sfu.TrackInfo{Kind: kind, Codec: codec})
	if err != nil {
		t.Fatal(err)
	}
	return track
}

func watch(t *testing.T, r *sfu.Router, kind sfu.Kind, sink sfu.Sink) (*sfu.Viewer, *sfu.Subscription) {
	t.Helper()
	v, err := r.Join(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	sub, err := v.Subscribe(kind, sink)
	if err != nil {
		t.Fatal(err)
	}
	return v, sub
}

func newRouter(t *testing.T) *sfu.Router {
	t.Helper()
	r := sfu.NewRouter(sfu.Options{})
	t.Cleanup(r.Close)
	return r
}

func write(t *testing.T, track *sfu.Track, packets ...*sfu.Packet) {
	t.Helper()
	for _, p := range packets {
		if err := track.Write(p); err != nil {
			t.Fatal(err)
		}
	}
}

// bubble runs a test in fake time, in which all that can happen has happened
// when synctest.Wait returns.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func TestVideoStartsWithAKeyFrame(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		asked := 0
		p := publish(t, r, sfu.PublishOptions{RequestKeyFrame: func(*sfu.Track) { asked++ }})
		track := addTrack(t, p, sfu.Video, sfutest.VP8)
		write(t, track, sfutest.VP8Packet(1, 0, false))

		rec := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Video, rec)
		for i := range uint16(3) {
			write(t, track, sfutest.VP8Packet(2+i, 3000, false))
		}
		synctest.Wait()
		if got := len(rec.Packets()); got != 0 {
			t.Errorf("%d packets before the key frame, want 0", got)
		}
		if asked != 1 {
			t.Errorf("asked for a key frame %d times, want once", asked)
		}
		write(t, track, sfutest.VP8Packet(5, 6000, true), sfutest.VP8Packet(6, 9000, false))
		synctest.Wait()
		if got := len(rec.Packets()); got != 2 {
			t.Errorf("%d packets from the key frame on, want 2", got)
		}
		if got := sub.Stats().Dropped[sfu.DropNoKeyFrame]; got != 3 {
			t.Errorf("dropped before the key frame = %d, want 3", got)
		}
	})
}

func TestAPublisherThatComesBackGoesOn(t *testing.T) {
	for _, gap := range []time.Duration{0, 5 * time.Second, 29 * time.Second} {
		t.Run(gap.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := newRouter(t)
				rec := sfutest.NewRecorder()
				v, _ := watch(t, r, sfu.Video, rec)

				first := publish(t, r, sfu.PublishOptions{Identity: "a"})
				track := addTrack(t, first, sfu.Video, sfutest.VP8)
				write(t, track, sfutest.VP8Packet(65535, 0xffffffff, true), sfutest.VP8Packet(0, 2999, false))
				synctest.Wait()
				first.Close(nil)
				time.Sleep(gap)

				second := publish(t, r, sfu.PublishOptions{Identity: "a"})
				track = addTrack(t, second, sfu.Video, sfutest.VP8)
				write(t, track, sfutest.VP8Packet(500, 77, false), sfutest.VP8Packet(501, 3077, true), sfutest.VP8Packet(502, 6077, false))
				synctest.Wait()

				got := rec.Packets()
				if len(got) != 4 {
					t.Fatalf("%d packets, want 4", len(got))
				}
				for i := 1; i < len(got); i++ {
					if got[i].SequenceNumber != got[0].SequenceNumber+uint16(i) {
						t.Errorf("packet %d has number %d after %d", i, got[i].SequenceNumber, got[i-1].SequenceNumber)
					}
				}
				jump := got[2].Timestamp - got[1].Timestamp
				if want := uint32(gap.Seconds() * 90000); jump != max(want, 1) {
					t.Errorf("the timestamp jumps by %d, want %d", jump, want)
				}
				if err := v.Err(); err != nil {
					t.Errorf("the viewer has ended: %v", err)
				}
			})
		})
	}
}

func TestTheNewSessionReplacesTheOldWhenItsMediaFlow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		old := publish(t, r, sfu.PublishOptions{Identity: "a"})
		oldTrack := addTrack(t, old, sfu.Audio, sfutest.Opus)
		write(t, oldTrack, sfutest.OpusPacket(1, 0))

		if _, err := r.Publish(name, sfu.PublishOptions{Identity: "b"}); !errors.Is(err, sfu.ErrTaken) {
			t.Errorf("another identity: %v, want ErrTaken", err)
		}
		fresh := publish(t, r, sfu.PublishOptions{Identity: "a"})
		freshTrack := addTrack(t, fresh, sfu.Audio, sfutest.Opus)
		write(t, oldTrack, sfutest.OpusPacket(2, 960))
		if old.Err() != nil {
			t.Errorf("the old session ended before the new one's media: %v", old.Err())
		}
		write(t, freshTrack, sfutest.OpusPacket(9, 0))
		if err := oldTrack.Write(sfutest.OpusPacket(3, 1920)); !errors.Is(err, sfu.ErrReplaced) {
			t.Errorf("writing to the old session: %v, want ErrReplaced", err)
		}
		<-old.Done()
	})
}

func TestViewersWaitForTheGrace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		events := r.Observe(16)
		defer events.Close()
		rec := sfutest.NewRecorder()
		v, _ := watch(t, r, sfu.Audio, rec)
		time.Sleep(time.Hour) // nobody has published yet: no end of waiting
		if err := v.Err(); err != nil {
			t.Fatalf("a viewer that came first has ended: %v", err)
		}
		p := publish(t, r, sfu.PublishOptions{})
		write(t, addTrack(t, p, sfu.Audio, sfutest.Opus), sfutest.OpusPacket(1, 0))
		p.Close(nil)
		time.Sleep(29 * time.Second)
		if err := v.Err(); err != nil {
			t.Fatalf("ended after 29 s: %v", err)
		}
		time.Sleep(2 * time.Second)
		if err := v.Err(); !errors.Is(err, sfu.ErrEnded) {
			t.Errorf("after 31 s: %v, want ErrEnded", err)
		}
		v.Close()
		if list := r.List(); len(list) != 0 {
			t.Errorf("sources left: %v", list)
		}
		var got []sfu.EventType
		for len(events.Events()) > 0 {
			got = append(got, (<-events.Events()).Type)
		}
		want := []sfu.EventType{sfu.EventViewers, sfu.EventLive, sfu.EventWaiting, sfu.EventEnded, sfu.EventViewers}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("events = %v, want %v", got, want)
		}
	})
}

func TestNoGraceAtAll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := sfu.NewRouter(sfu.Options{Grace: -1})
		defer r.Close()
		v, _ := watch(t, r, sfu.Audio, sfutest.NewRecorder())
		p := publish(t, r, sfu.PublishOptions{})
		write(t, addTrack(t, p, sfu.Audio, sfutest.Opus), sfutest.OpusPacket(1, 0))
		p.Close(nil)
		<-v.Done()
		if !errors.Is(v.Err(), sfu.ErrEnded) {
			t.Errorf("ended with %v, want ErrEnded", v.Err())
		}
	})
}

func TestNACKAfterWraparound(t *testing.T) {
	for _, start := range []uint16{0, 1, 127, 32767, 32768, 65520, 65535} {
		t.Run(fmt.Sprint(start), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := newRouter(t)
				track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Audio, sfutest.Opus)
				rec := sfutest.NewRecorder()
				_, sub := watch(t, r, sfu.Audio, rec)
				for i := range uint16(40) {
					write(t, track, sfutest.OpusPacket(start+i, uint32(i)))
				}
				synctest.Wait()
				sent := rec.Packets()
				sub.Resend(sent[3].SequenceNumber, 1<<0|1<<15) // and the 1st and 16th after it
				sub.Resend(sent[39].SequenceNumber+1, 0)       // not sent yet
				synctest.Wait()
				wantAgain(t, rec, sent, 3, 4, 19)
				if got := sub.Stats(); got.Resent != 3 || got.Dropped[sfu.DropResendLost] != 1 {
					t.Errorf("stats = %+v", got)
				}
			})
		})
	}
}

// wantAgain says which of the packets that were sent have come once more, in
// this order.
func wantAgain(t *testing.T, rec *sfutest.Recorder, sent []sfu.Forwarded, want ...int) {
	t.Helper()
	again := rec.Packets()[len(sent):]
	if len(again) != len(want) {
		t.Fatalf("%d packets again, want %d", len(again), len(want))
	}
	for i, at := range want {
		if again[i] != sent[at] {
			t.Errorf("packet %d again is %v, want %v", at, again[i], sent[at])
		}
	}
}

func TestResendLimits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Audio, sfutest.Opus)
		rec := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Audio, rec)
		sub.SetRTT(50 * time.Millisecond)
		write(t, track, sfutest.OpusPacket(1, 0))
		synctest.Wait()
		number := rec.Packets()[0].SequenceNumber
		for _, step := range []struct {
			pause time.Duration
			want  uint64
		}{{0, 1}, {0, 1}, {49 * time.Millisecond, 1}, {time.Millisecond, 2}, {50 * time.Millisecond, 3}, {time.Second, 4}, {time.Second, 4}} {
			time.Sleep(step.pause)
			sub.Resend(number, 0)
			synctest.Wait()
			if got := sub.Stats().Resent; got != step.want {
				t.Errorf("%v later: sent again %d times in all, want %d", step.pause, got, step.want)
			}
		}
	})
}

// A repair is lost as easily as what it repairs.
func TestOnALossyNetworkRepairsGoTwice(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Audio, sfutest.Opus)
		rec := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Audio, rec)
		for i := range uint16(3) {
			write(t, track, sfutest.OpusPacket(i, uint32(i)*960))
		}
		synctest.Wait()
		sent := rec.Packets()
		sub.SetLossy(true)
		sub.Resend(sent[0].SequenceNumber, 1<<1) // the first and the third
		synctest.Wait()
		sub.SetLossy(false)
		sub.Resend(sent[1].SequenceNumber, 0)
		synctest.Wait()
		wantAgain(t, rec, sent, 0, 2, 0, 2, 1)
		if got := sub.Stats().Resent; got != 5 {
			t.Errorf("%d packets counted as sent again, want 5", got)
		}
	})
}

func TestAFloodOfNACKsCostsAQuarter(t *testing.T) {
	for _, lossy := range []bool{false, true} {
		t.Run(fmt.Sprintf("lossy %t", lossy), func(t *testing.T) { testFloodOfNACKs(t, lossy) })
	}
}

func testFloodOfNACKs(t *testing.T, lossy bool) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
		rec := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Video, rec)
		sub.SetLossy(lossy)
		forwarded := 0
		for i := range uint16(2000) {
			p := sfutest.VP8Packet(i, uint32(i)*3000, i == 0)
			p.Payload = append(p.Payload, make([]byte, 1089)...)
			write(t, track, p)
			synctest.Wait()
			last := rec.Packets()[len(rec.Packets())-1]
			forwarded += len(p.Payload)
			for back := range uint16(5) {
				sub.Resend(last.SequenceNumber-17*back-16, 0xffff)
				synctest.Wait()
			}
		}
		var bytes int
		for _, p := range rec.Packets() {
			bytes += len(p.Payload)
		}
		if extra := bytes - forwarded; extra > forwarded/4+64<<10 {
			t.Errorf("%d bytes again for %d forwarded, want at most a quarter and 64 KiB", extra, forwarded)
		}
	})
}

func TestKeyFrameRequestsAreMerged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		asked := 0
		p := publish(t, r, sfu.PublishOptions{RequestKeyFrame: func(*sfu.Track) { asked++ }})
		track := addTrack(t, p, sfu.Video, sfutest.VP8)
		write(t, track, sfutest.VP8Packet(0, 0, true))
		var all []*sfu.Subscription
		for range 1000 {
			_, sub := watch(t, r, sfu.Video, sfutest.NewRecorder())
			sub.RequestKeyFrame()
			all = append(all, sub)
		}
		if asked != 1 {
			t.Errorf("1000 viewers asked %d times at once, want 1", asked)
		}
		for i := range uint16(300) { // 10 s in which none comes
			time.Sleep(time.Second / 30)
			write(t, track, sfutest.VP8Packet(1+i, uint32(i)*3000, false))
			if i%3 == 0 { // and all ask ten times a second
				for _, sub := range all {
					sub.RequestKeyFrame()
				}
			}
		}
		if asked < 9 || asked > 11 {
			t.Errorf("asked %d times in 10 s, want about 10", asked)
		}
		before := asked
		write(t, track, sfutest.VP8Packet(301, 1e6, true))
		synctest.Wait()
		time.Sleep(3 * time.Second)
		write(t, track, sfutest.VP8Packet(302, 1e6, false))
		synctest.Wait()
		if asked != before {
			t.Error("asked again after the key frame had come")
		}
	})
}

func TestPaddingIsHidden(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
		rec := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Video, rec)
		padding := sfutest.VP8Packet(11, 0, false)
		padding.Payload = nil
		write(t, track, sfutest.VP8Packet(10, 0, true), padding, sfutest.VP8Packet(12, 3000, false))
		synctest.Wait()
		got := rec.Packets()
		if len(got) != 2 || got[1].SequenceNumber != got[0].SequenceNumber+1 {
			t.Errorf("numbers around padding: %v", got)
		}
		if n := sub.Stats().Dropped[sfu.DropPadding]; n != 1 {
			t.Errorf("dropped as padding = %d, want 1", n)
		}
	})
}

func TestAJumpOfTheNumbersIsNotLoss(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Audio, sfutest.Opus)
		rec := sfutest.NewRecorder()
		watch(t, r, sfu.Audio, rec)
		for _, number := range []uint16{10, 20000, 20001, 5, 6} {
			write(t, track, sfutest.OpusPacket(number, 0))
		}
		synctest.Wait()
		got := rec.Packets()
		if len(got) != 5 {
			t.Fatalf("%d packets, want 5", len(got))
		}
		for i, p := range got {
			if p.SequenceNumber != got[0].SequenceNumber+uint16(i) {
				t.Errorf("packet %d has number %d after %d", i, p.SequenceNumber, got[i-1].SequenceNumber)
			}
		}
		if lost := track.Stats().Lost; lost != 0 {
			t.Errorf("lost = %d, want 0", lost)
		}
	})
}

func TestLossAndDuplicates(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Audio, sfutest.Opus)
		rec := sfutest.NewRecorder()
		watch(t, r, sfu.Audio, rec)
		for _, number := range []uint16{65534, 1, 65535, 1, 65535} {
			write(t, track, sfutest.OpusPacket(number, 0))
		}
		synctest.Wait()
		got := rec.Packets()
		if len(got) != 3 {
			t.Fatalf("%d packets, want 3", len(got))
		}
		for i, ahead := range []uint16{0, 3, 1} {
			if got[i].SequenceNumber != got[0].SequenceNumber+ahead {
				t.Errorf("packet %d is %d after the first, want %d", i, got[i].SequenceNumber-got[0].SequenceNumber, ahead)
			}
		}
		if lost := track.Stats().Lost; lost != 1 {
			t.Errorf("lost = %d, want 1: 0 did not come", lost)
		}
	})
}

func TestASinkThatFailsEndsItsViewerAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Audio, sfutest.Opus)
		bad, good := sfutest.NewRecorder(), sfutest.NewRecorder()
		broken := errors.New("broken")
		bad.Fail(broken)
		v, _ := watch(t, r, sfu.Audio, bad)
		watch(t, r, sfu.Audio, good)
		write(t, track, sfutest.OpusPacket(1, 0), sfutest.OpusPacket(2, 960))
		<-v.Done()
		if !errors.Is(v.Err(), broken) {
			t.Errorf("the viewer ended with %v", v.Err())
		}
		synctest.Wait()
		if got := len(good.Packets()); got != 2 {
			t.Errorf("the other viewer got %d packets, want 2", got)
		}
	})
}

func TestASinkThatPanicsEndsItsViewerAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Audio, sfutest.Opus)
		good := sfutest.NewRecorder()
		v, _ := watch(t, r, sfu.Audio, sfu.SinkFunc(func([]sfu.Forwarded) error { panic("lost my head") }))
		watch(t, r, sfu.Audio, good)
		write(t, track, sfutest.OpusPacket(1, 0), sfutest.OpusPacket(2, 960))
		<-v.Done()
		if cause, ok := errors.AsType[*sfu.PanicError](v.Err()); !ok || cause.Value != "lost my head" || len(cause.Stack) == 0 {
			t.Errorf("the viewer ended with %v", v.Err())
		}
		synctest.Wait()
		if got := len(good.Packets()); got != 2 {
			t.Errorf("the other viewer got %d packets, want 2", got)
		}
	})
}

func TestTracksOfAPublicationKeepOneClock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		p := publish(t, r, sfu.PublishOptions{})
		audio := addTrack(t, p, sfu.Audio, sfutest.Opus)
		video := addTrack(t, p, sfu.Video, sfutest.VP8)
		if _, ok := audio.TimestampAt(time.Now()); ok {
			t.Error("a track without packets knows the time")
		}
		theirs := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC) // the publisher's clock is wrong
		now := time.Now()
		audio.Sync(theirs, 48000, now)
		time.Sleep(2 * time.Second)                                       // the second report took its time:
		video.Sync(theirs.Add(time.Second), 0xffffffff-89999, time.Now()) // it was sent a second ago
		at := now.Add(3 * time.Second)
		if got, _ := audio.TimestampAt(at); got != 48000*4 {
			t.Errorf("audio = %d, want %d", got, 48000*4)
		}
		if got, _ := video.TimestampAt(at); got != 90000 {
			t.Errorf("video = %d, want %d", got, 90000)
		}
	})
}

func TestTheLargestLayerThatSendsIsChosen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		p := publish(t, r, sfu.PublishOptions{})
		var layers []*sfu.Track
		for _, rid := range []string{"q", "f"} {
			track, err := p.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8, RID: rid})
			if err != nil {
				t.Fatal(err)
			}
			layers = append(layers, track)
		}
		packet := func(n uint16, width byte, key bool) *sfu.Packet {
			p := sfutest.VP8Packet(n, uint32(n)*3000, key)
			if key {
				p.Payload[7], p.Payload[8] = width, 0
			}
			return p
		}
		rec := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Video, rec)
		expect := func(what string, n int, rid string) {
			t.Helper()
			synctest.Wait()
			got := rec.Packets()
			if len(got) != n || got[n-1].Track().RID != rid || got[n-1].SequenceNumber != got[0].SequenceNumber+uint16(n-1) {
				t.Errorf("%s: %d packets, the last of layer %q; want %d, %q, without a gap", what, len(got), got[len(got)-1].Track().RID, n, rid)
			}
		}
		write(t, layers[0], packet(1, 100, true))
		expect("only the small one sends", 1, "q")
		write(t, layers[1], packet(1, 200, true))
		expect("the large one comes", 2, "f")
		write(t, layers[0], packet(2, 100, false))
		sub.SetLayer("q")
		write(t, layers[1], packet(2, 200, false))
		expect("asked for the small one, no key frame yet", 3, "f")
		write(t, layers[0], packet(3, 100, true))
		write(t, layers[1], packet(3, 200, false))
		expect("the small one", 4, "q")
		sub.SetLayer("")
		write(t, layers[1], packet(4, 200, true))
		expect("the best again", 5, "f")
		time.Sleep(3 * time.Second)
		write(t, layers[0], packet(4, 100, true))
		expect("the large one has stopped", 6, "q")
	})
}

func TestManyViewersGetEverything(t *testing.T) {
	sfutest.NoLeaks(t)
	r := newRouter(t)
	track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
	var recorders []*sfutest.Recorder
	for range 300 {
		rec := sfutest.NewRecorder()
		watch(t, r, sfu.Video, rec)
		recorders = append(recorders, rec)
	}
	for i := range uint16(1000) {
		write(t, track, sfutest.VP8Packet(i+65000, uint32(i)*3000, i == 0))
	}
	for n, rec := range recorders {
		packets := rec.Wait(t, 1000)
		for i, p := range packets {
			if p.SequenceNumber != packets[0].SequenceNumber+uint16(i) {
				t.Fatalf("viewer %d: packet %d has number %d", n, i, p.SequenceNumber)
			}
		}
	}
}

func TestComingAndGoingWhilePacketsFlow(t *testing.T) {
	sfutest.NoLeaks(t)
	r := newRouter(t)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for n := uint16(0); ; n++ {
			p, err := r.Publish(name, sfu.PublishOptions{Identity: "a"})
			if err != nil {
				t.Error(err)
				return
			}
			track, err := p.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
			if err != nil {
				t.Error(err)
				return
			}
			for i := range uint16(50) {
				_ = track.Write(sfutest.VP8Packet(i, uint32(i), i%10 == 0))
			}
			select {
			case <-stop:
				p.Close(nil)
				return
			default:
			}
			if n%2 == 0 {
				p.Close(nil)
			}
		}
	}()
	for range 300 {
		rec := sfutest.NewRecorder()
		v, err := r.Join(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Subscribe(sfu.Video, rec); err != nil {
			t.Fatal(err)
		}
		rec.Wait(t, 5)
		v.Close()
		after := len(rec.Packets())
		if got := len(rec.Packets()); got != after {
			t.Fatal("the sink was called after Close")
		}
	}
	close(stop)
	<-stopped
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		"cam1": "live/cam1", "live/cam1": "live/cam1", "a/b/c/d": "a/b/c/d", "A_b-9": "live/A_b-9",
		"": "", "/": "", "a/": "", "/a": "", "a//b": "", "..": "", "a/../b": "", "a/b/c/d/e": "", "a b": "", "ä": "", "a%2fb": "", "a\x00": "", "a\n": "",
		"0123456789012345678901234567890123456789012345678901234567890123":  "live/0123456789012345678901234567890123456789012345678901234567890123",
		"01234567890123456789012345678901234567890123456789012345678901234": "",
	} {
		got, err := sfu.ParseName(in)
		if got != want || (err != nil) != (want == "") || err != nil && !errors.Is(err, sfu.ErrName) {
			t.Errorf("ParseName(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestAnObserverThatDoesNotReadIsClosed(t *testing.T) {
	r := newRouter(t)
	o := r.Observe(2)
	for range 3 {
		v, err := r.Join(name)
		if err != nil {
			t.Fatal(err)
		}
		v.Close()
	}
	n := 0
	for range o.Events() {
		n++
	}
	if n != 2 {
		t.Errorf("%d events before the end, want 2", n)
	}
	o.Close()
}

func TestCodecsThatCannotBeForwarded(t *testing.T) {
	p := publish(t, newRouter(t), sfu.PublishOptions{})
	if _, err := p.AddTrack(sfu.TrackInfo{Kind: sfu.Audio, Codec: sfu.Codec{MimeType: "audio/PCMU", ClockRate: 8000}}); !errors.Is(err, sfu.ErrCodec) {
		t.Errorf("AddTrack(PCMU) = %v, want ErrCodec", err)
	}
}

func TestRecorderIsASink(t *testing.T) {
	sfutest.TestSink(t, func(*testing.T, sfu.Kind) sfu.Sink { return sfutest.NewRecorder() })
}

func TestQueueIsASink(t *testing.T) {
	sfutest.TestSink(t, func(t *testing.T, _ sfu.Kind) sfu.Sink {
		q := sfu.NewQueue(sfutest.NewRecorder(), 256)
		t.Cleanup(q.Close)
		return q
	})
}

func TestTheLastPacketsOfAPublicationReachItsViewers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		rec := sfutest.NewRecorder()
		watch(t, r, sfu.Audio, rec)
		publication := publish(t, r, sfu.PublishOptions{})
		track := addTrack(t, publication, sfu.Audio, sfutest.Opus)
		for i := range 50 {
			write(t, track, sfutest.OpusPacket(uint16(i), uint32(i)*960))
			if i == 0 {
				synctest.Wait() // the viewers' worker knows the publication, and sleeps
			}
		}
		publication.Close(nil)
		synctest.Wait()
		if got := len(rec.Packets()); got != 50 {
			t.Errorf("%d packets have come, want 50", got)
		}
	})
}

package sfu_test

import (
	"errors"
	"math"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

func TestAQueuedSinkThatPanicsEndsItsQueueAlone(t *testing.T) {
	q := sfu.NewQueue(sfu.SinkFunc(func([]sfu.Forwarded) error { panic("bad sink") }), 8)
	burst := []sfu.Forwarded{{Packet: sfutest.OpusPacket(1, 1)}}
	if err := q.WriteRTP(burst); err != nil {
		t.Fatal(err)
	}
	for q.WriteRTP(burst) == nil {
		runtime.Gosched()
	}
	if _, ok := errors.AsType[*sfu.PanicError](q.WriteRTP(burst)); !ok {
		t.Errorf("the queue ended with %v", q.WriteRTP(burst))
	}
	q.Close()
}

func TestASecondCloseWaitsToo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := sfu.NewRouter(sfu.Options{})
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Audio, sfutest.Opus)
		release := make(chan struct{})
		var inside atomic.Bool
		v, _ := watch(t, r, sfu.Audio, sfu.SinkFunc(func([]sfu.Forwarded) error {
			inside.Store(true)
			<-release
			inside.Store(false)
			return nil
		}))
		write(t, track, sfutest.OpusPacket(1, 1))
		synctest.Wait()
		go v.Close()
		closed := make(chan struct{})
		go func() {
			r.Close()
			if inside.Load() {
				t.Error("Close has returned while the sink is in a call")
			}
			close(closed)
		}()
		synctest.Wait()
		close(release)
		<-closed
	})
}

func TestACallbackMayAskTheRouter(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		asked := make(chan struct{}, 1)
		p := publish(t, r, sfu.PublishOptions{RequestKeyFrame: func(*sfu.Track) {
			r.Info(name)
			asked <- struct{}{}
		}})
		track := addTrack(t, p, sfu.Video, sfutest.VP8)
		write(t, track, sfutest.VP8Packet(1, 0, false))
		watch(t, r, sfu.Video, sfutest.NewRecorder())
		<-asked
	})
}

// Whatever numbers a publisher sends, no more of its packets are kept than the
// latest.
func TestTheCacheKeepsTheLatestOnly(t *testing.T) {
	track := addTrack(t, publish(t, newRouter(t), sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	before := heap()
	var slab sfu.Slab
	payload := make([]byte, 1090)
	var number uint16
	send := func(step uint16) {
		number += step
		if err := track.Write(slab.Packet(&rtp.Header{Version: 2, SequenceNumber: number}, payload, time.Now())); err != nil {
			t.Fatal(err)
		}
	}
	for slot := uint16(1); slot < 2048; slot++ { // one in sixty falls into a slot of its own
		send(slot)
		send(2048 - slot)
		for range 58 {
			send(2048)
		}
	}
	if grown := heap() - before; grown > 20 {
		t.Errorf("the publisher holds %.0f MiB", grown)
	}
	runtime.KeepAlive(track)
}

func TestAChosenLayerThatPauses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		p := publish(t, r, sfu.PublishOptions{})
		var layers []*sfu.Track
		for _, rid := range []string{"l", "h"} {
			track, err := p.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8, RID: rid})
			if err != nil {
				t.Fatal(err)
			}
			layers = append(layers, track)
		}
		rec := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Video, rec)
		sub.SetLayer("h")
		for i := range uint16(300) {
			write(t, layers[0], sfutest.VP8Packet(i, uint32(i)*3000, i%10 == 0))
			if i < 60 {
				write(t, layers[1], sfutest.VP8Packet(i, uint32(i)*3000, i%10 == 0))
			}
			time.Sleep(33 * time.Millisecond)
		}
		synctest.Wait()
		got := rec.Packets()
		if last := got[len(got)-1]; last.Track() != layers[0] || last.Packet.Header.SequenceNumber != 299 {
			t.Errorf("the last packet is %d of layer %q", last.Packet.Header.SequenceNumber, last.Track().RID)
		}
	})
}

func TestAnotherTrackTakesThePlace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		p := publish(t, r, sfu.PublishOptions{})
		first, second := addTrack(t, p, sfu.Video, sfutest.VP8), addTrack(t, p, sfu.Video, sfutest.VP8)
		rec := sfutest.NewRecorder()
		watch(t, r, sfu.Video, rec)
		write(t, first, sfutest.VP8Packet(1, 0, true))
		synctest.Wait()
		first.Retire()
		write(t, second, sfutest.VP8Packet(1, 0, true), sfutest.VP8Packet(2, 0, false))
		synctest.Wait()
		second.Retire()
		first.Restore()
		write(t, first, sfutest.VP8Packet(2, 0, true))
		synctest.Wait()
		got := rec.Packets()
		if len(got) != 4 {
			t.Fatalf("%d packets, want 4", len(got))
		}
		for i, want := range []*sfu.Track{first, second, second, first} {
			if got[i].Track() != want || got[i].SequenceNumber != got[0].SequenceNumber+uint16(i) {
				t.Errorf("packet %d has number %d, or is of the other track", i, got[i].SequenceNumber)
			}
		}
		if info, _ := r.Info(name); len(info.Tracks) != 1 {
			t.Errorf("%d tracks are listed, want 1", len(info.Tracks))
		}
	})
}

func TestAPublishersClockIsSet(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		p := publish(t, r, sfu.PublishOptions{})
		video, audio := addTrack(t, p, sfu.Video, sfutest.VP8), addTrack(t, p, sfu.Audio, sfutest.Opus)
		start := time.Now()
		ticks := func(rate float64) uint32 { return uint32(time.Since(start).Seconds() * rate) }
		skew := func() float64 {
			v, _ := video.TimestampAt(time.Now())
			a, _ := audio.TimestampAt(time.Now())
			return float64(int32(v-ticks(90000)))/90000 - float64(int32(a-ticks(48000)))/48000
		}
		send := func() {
			write(t, video, sfutest.VP8Packet(uint16(ticks(30)), ticks(90000), true))
			write(t, audio, sfutest.OpusPacket(uint16(ticks(50)), ticks(48000)))
		}
		send()
		boot := time.Unix(0, 0) // it has no battery
		video.Sync(boot, ticks(90000), time.Now())
		audio.Sync(boot, ticks(48000), time.Now())
		for step := range 3 {
			time.Sleep(time.Second)
			send()
			switch step {
			case 1: // NTP has set the clock
				video.Sync(time.Now(), ticks(90000), time.Now())
			case 2:
				audio.Sync(time.Now(), ticks(48000), time.Now())
			}
			if s := skew(); math.Abs(s) > 0.01 {
				t.Errorf("step %d: video is %.3f s before audio", step, s)
			}
		}
	})
}

func TestAStrayPacketDisturbsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Audio, sfutest.Opus)
		rec := sfutest.NewRecorder()
		watch(t, r, sfu.Audio, rec)
		for _, number := range []uint16{10, 11, 40000, 12, 13} {
			write(t, track, sfutest.OpusPacket(number, 0))
		}
		synctest.Wait()
		got := rec.Packets()
		if len(got) != 4 || got[3].SequenceNumber != got[0].SequenceNumber+3 {
			t.Errorf("%d packets around a stray one, want 4 in a row", len(got))
		}
		if lost := track.Stats().Lost; lost != 0 {
			t.Errorf("lost = %d, want 0", lost)
		}
	})
}

func TestEachDropHasAReason(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
		rec := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Video, rec)
		write(t, track, sfutest.VP8Packet(1, 0, true))
		for i := range uint16(10) { // the numbers jump, and no key frame comes
			write(t, track, sfutest.VP8Packet(10000+i, 3000, false))
		}
		synctest.Wait()
		if got := sub.Stats().Dropped[sfu.DropNoKeyFrame]; got != 10 {
			t.Errorf("dropped without a key frame = %d, want 10", got)
		}
	})
}

func TestNothingHappensAfterClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := sfu.NewRouter(sfu.Options{})
		p := publish(t, r, sfu.PublishOptions{})
		write(t, addTrack(t, p, sfu.Audio, sfutest.Opus), sfutest.OpusPacket(1, 1))
		p.Close(nil)
		r.Close()
		events := r.Observe(16)
		time.Sleep(time.Minute)
		events.Close()
		for e := range events.Events() {
			t.Errorf("after Close: %v", e)
		}
	})
}

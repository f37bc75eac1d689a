package testcard

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

const name = "live/demo"

// demo runs a Source until stop is called, which closes the router too.
func demo(t *testing.T, r *sfu.Router) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- NewSource(Options{Router: r, Stream: name}).Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		r.Close()
	}
}

// watch records a kind of media.
func watch(t *testing.T, r *sfu.Router, kind sfu.Kind) (*sfutest.Recorder, *sfu.Viewer) {
	t.Helper()
	v, err := r.Join(name)
	if err != nil {
		t.Fatal(err)
	}
	rec := sfutest.NewRecorder()
	if _, err := v.Subscribe(kind, rec); err != nil {
		t.Fatal(err)
	}
	return rec, v
}

func keyFrames(packets []sfu.Forwarded) (times []time.Duration) {
	for _, p := range packets {
		if p.KeyFrame() {
			times = append(times, p.Arrival.Sub(packets[0].Arrival).Round(10*time.Millisecond))
		}
	}
	return times
}

func TestPicturesAndSoundKeepTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := sfu.NewRouter(sfu.Options{})
		video, _ := watch(t, r, sfu.Video)
		audio, _ := watch(t, r, sfu.Audio)
		stop := demo(t, r)
		defer stop()
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()

		pictures, sound := video.Packets(), audio.Packets()
		markers := 0
		for i, p := range pictures {
			if p.Header.Marker {
				markers++
			}
			if at := p.Arrival; p.Header.Timestamp != videoGrid.timestamp(videoGrid.after(at.Add(-time.Millisecond))) {
				t.Errorf("packet %d has the timestamp %d at %v", i, p.Header.Timestamp, at)
			}
			if len(p.Payload) > 1200 {
				t.Errorf("packet %d has %d bytes", i, len(p.Payload))
			}
		}
		if markers != 300 {
			t.Errorf("%d pictures in 10 s, want 300", markers)
		}
		if len(sound) != 500 {
			t.Errorf("%d packets of sound in 10 s, want 500", len(sound))
		}
		if got, want := sound[499].Header.Timestamp-sound[0].Header.Timestamp, uint32(499*960); got != want {
			t.Errorf("the timestamps of sound advance by %d, want %d", got, want)
		}
		if gaps := keyFrames(pictures); len(gaps) < 5 || gaps[len(gaps)-1]-gaps[len(gaps)-2] != 2*time.Second {
			t.Errorf("key frames at %v, want one every 2 s", gaps)
		}
	})
}

// The tone begins when the lamps do, and both are on one clock.
func TestSoundAndPictureAreOfOneMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := sfu.NewRouter(sfu.Options{})
		video, _ := watch(t, r, sfu.Video)
		audio, _ := watch(t, r, sfu.Audio)
		stop := demo(t, r)
		defer stop()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		now := time.Now()
		for _, rec := range []*sfutest.Recorder{video, audio} {
			p := rec.Packets()[len(rec.Packets())-1]
			timestamp, ok := p.Track().TimestampAt(now)
			if g := (grid{30, int64(p.Track().Codec.ClockRate)}); !ok || timestamp != g.timestamp(g.after(now)-1) {
				t.Errorf("%s: %v has the timestamp %d, %v, want %d", p.Track().Kind, now, timestamp, ok, g.timestamp(g.after(now)-1))
			}
		}
		for _, p := range audio.Packets() {
			loud := slices.Equal(p.Payload, tone[:tonePacket])
			if full := p.Arrival.Nanosecond() < int(time.Millisecond); loud != full {
				t.Errorf("the tone begins: %v, at %v", loud, p.Arrival)
			}
		}
	})
}

func TestAKeyFrameComesWhenAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := sfu.NewRouter(sfu.Options{})
		stop := demo(t, r)
		defer stop()
		time.Sleep(2*time.Second + 500*time.Millisecond)
		video, _ := watch(t, r, sfu.Video)
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		packets := video.Packets()
		if len(packets) == 0 {
			t.Fatal("nothing came for 100 ms")
		}
		packets[0].Track().RequestKeyFrame(time.Now().Add(time.Second)) // past the merging of requests
		asked := time.Now()
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		came := slices.ContainsFunc(video.Packets(), func(p sfu.Forwarded) bool { return p.KeyFrame() && !p.Arrival.Before(asked) })
		if !came {
			t.Error("no key frame in 50 ms")
		}
	})
}

func TestTheDemoComesBackAfterAnotherPublisher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := sfu.NewRouter(sfu.Options{})
		other, err := r.Publish(name, sfu.PublishOptions{Identity: "somebody"})
		if err != nil {
			t.Fatal(err)
		}
		video, _ := watch(t, r, sfu.Video)
		stop := demo(t, r)
		defer stop()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if n := len(video.Packets()); n > 0 {
			t.Errorf("%d packets while another publisher has the name", n)
		}
		other.Close(nil)
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if len(video.Packets()) == 0 {
			t.Error("the demo has not come back")
		}
		if _, err := r.Publish(name, sfu.PublishOptions{Identity: "somebody"}); !errors.Is(err, sfu.ErrTaken) {
			t.Errorf("publishing to the demo's name: %v, want ErrTaken", err)
		}
		again, err := r.Publish(name, sfu.PublishOptions{Identity: Identity})
		if err != nil {
			t.Fatal(err)
		}
		track, err := again.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
		if err != nil {
			t.Fatal(err)
		}
		if err := track.Write(sfutest.VP8Packet(0, 0, true)); err != nil { // which ends the demo
			t.Fatal(err)
		}
		before := len(video.Packets())
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if again.Err() == nil || len(video.Packets()) < before+30 {
			t.Errorf("%d packets in 2 s after the demo was replaced", len(video.Packets())-before)
		}
	})
}

// sleeper is a log that stops the world for a while, the first time.
type sleeper struct {
	slog.Handler
	pause time.Duration
	lines []string
}

func (s *sleeper) Enabled(context.Context, slog.Level) bool { return true }
func (s *sleeper) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s *sleeper) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool { line += " " + a.Value.String(); return true })
	s.lines = append(s.lines, line)
	time.Sleep(s.pause)
	s.pause = 0
	return nil
}

func TestTheDemoBeginsAnewAfterTheMachineSlept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := sfu.NewRouter(sfu.Options{})
		video, _ := watch(t, r, sfu.Video)
		log := &sleeper{pause: time.Minute}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- NewSource(Options{Router: r, Stream: name, Log: slog.New(log)}).Run(ctx) }()
		time.Sleep(time.Minute + 3*time.Second)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		r.Close()
		if want := []string{"demo started", "demo interrupted " + errClockStep.Error(), "demo started"}; !slices.Equal(log.lines, want) {
			t.Errorf("log %q, want %q", log.lines, want)
		}
		if n := len(video.Packets()); n < 50 || n > 80 {
			t.Errorf("%d packets in the 2 s after, want no burst of a minute", n)
		}
	})
}

func TestTheDemoEndsWithTheRouter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := sfu.NewRouter(sfu.Options{})
		ended := make(chan error, 1)
		go func() { ended <- NewSource(Options{Router: r, Stream: name}).Run(t.Context()) }()
		time.Sleep(time.Second)
		r.Close()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

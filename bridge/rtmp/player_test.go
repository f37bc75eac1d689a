package rtmp

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern/bridge/rtmp/wire"
	"lectern/internal/testmedia"
	"lectern/internal/testtool"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

var codecH264 = sfu.Codec{MimeType: "video/H264", ClockRate: 90000}

// cam1 publishes a picture as live/cam1, until the test ends.
func cam1(t *testing.T, router *sfu.Router, codec sfu.Codec) *sfu.Track {
	t.Helper()
	publication, err := router.Publish("live/cam1", sfu.PublishOptions{Identity: "x"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { publication.Close(nil) })
	track, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: codec})
	if err != nil {
		t.Fatal(err)
	}
	return track
}

// film publishes H.264 and Opus in real time until the test ends, with a
// publisher that has shown its clock.
func film(t *testing.T, router *sfu.Router, stream string) {
	t.Helper()
	publication, err := router.Publish(stream, sfu.PublishOptions{Identity: "film", Protocol: "whip"})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: codecH264})
	if err != nil {
		t.Fatal(err)
	}
	sound, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Audio, Codec: sfutest.Opus})
	if err != nil {
		t.Fatal(err)
	}
	quit, ended := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() {
		close(quit)
		<-ended
		publication.Close(nil)
	})
	frames, packets := testmedia.Video(t, "video/H264", 30*60, 30, 30), testmedia.Opus(t, 50*60)
	go func() {
		defer close(ended)
		var slab sfu.Slab
		began := time.Now()
		picture.Sync(began, frames[0].Packets[0].Timestamp, began)
		sound.Sync(began, packets[0].Timestamp, began)
		f, s := 0, 0
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for f < len(frames) && s < len(packets) {
			now := time.Now()
			for ; f < len(frames) && time.Duration(f)*time.Second/30 <= now.Sub(began); f++ {
				for _, p := range frames[f].Packets {
					if picture.Write(slab.Packet(&p.Header, p.Payload, now)) != nil {
						return
					}
				}
			}
			for ; s < len(packets) && time.Duration(s)*20*time.Millisecond <= now.Sub(began); s++ {
				if sound.Write(slab.Packet(&packets[s].Header, packets[s].Payload, now)) != nil {
					return
				}
			}
			select {
			case <-tick.C:
			case <-quit:
				return
			}
		}
	}()
}

// playing returns the address of a server with a film on live/film.
func playing(t *testing.T) (at string, router *sfu.Router) {
	t.Helper()
	sfutest.NoLeaks(t)
	router = sfu.NewRouter(sfu.Options{})
	t.Cleanup(router.Close)
	at = run(t, New(Options{Router: router, Access: &access{}}))
	film(t, router, "live/film")
	return at, router
}

func TestFFprobePlays(t *testing.T) {
	at, _ := playing(t)
	out, err := program(t, "ffprobe", "-v", "error", "-rw_timeout", "10000000", "-show_entries",
		"packet=codec_type,pts_time,flags:stream=codec_name,width,height,sample_rate,channels", "-of", "compact=p=1:nk=0",
		"-read_intervals", "%+3", "rtmp://"+at+"/live/film")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"codec_name=h264", "codec_name=aac|sample_rate=48000|channels=2", "codec_type=video|pts_time=0.000000|flags=K"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%.2000s", want, out)
		}
	}
	if pictures, sounds := strings.Count(out, "codec_type=video"), strings.Count(out, "codec_type=audio"); pictures < 60 || sounds < 80 {
		t.Errorf("%d pictures and %d frames of sound in 3 s", pictures, sounds)
	}
	last := -1.0
	for _, m := range regexp.MustCompile(`codec_type=video\|pts_time=([0-9.]+)`).FindAllStringSubmatch(out, -1) {
		var at float64
		fmt.Sscan(m[1], &at)
		if at <= last {
			t.Errorf("a picture at %v after one at %v", at, last)
		}
		last = at
	}
}

// What ffmpeg decodes has no error in it.
func TestFFmpegDecodesWhatItPlays(t *testing.T) {
	at, _ := playing(t)
	out, err := program(t, "ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "warning", "-stats", "-rw_timeout", "10000000",
		"-i", "rtmp://"+at+"/live/film", "-t", "3", "-f", "null", "-")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(out, "error") || strings.Contains(out, "corrupt") || strings.Contains(out, "concealing") {
		t.Errorf("decoding:\n%s", out)
	}
}

func TestRTMPDumpPlays(t *testing.T) {
	at, _ := playing(t)
	file := t.TempDir() + "/film.flv"
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second) // it does not stop by itself
	defer cancel()
	if out, err := exec.CommandContext(ctx, "rtmpdump", "-q", "-v", "-r", "rtmp://"+at+"/live/film", "-o", file).CombinedOutput(); ctx.Err() == nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := program(t, "ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_name,nb_read_packets", "-of", "compact=p=0", file)
	if err != nil || !strings.Contains(out, "h264") || !strings.Contains(out, "aac") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestPlayersOfOtherCodecsHearWhy(t *testing.T) {
	sfutest.NoLeaks(t)
	router := sfu.NewRouter(sfu.Options{})
	t.Cleanup(router.Close)
	at := run(t, New(Options{Router: router, Access: &access{}}))
	track := cam1(t, router, sfutest.VP8)
	if err := track.Write(sfutest.VP8Packet(1, 0, true)); err != nil {
		t.Fatal(err)
	}
	p := ask(t, at, "play", "live", "cam1")
	for {
		code, text := p.expect(t, "onStatus")
		if code == "NetStream.Play.Failed" {
			if !strings.Contains(text, "VP8") || !isSentence(text) {
				t.Errorf("got %q", text)
			}
			break
		}
	}
	p.expectEnd(t)
}

func TestPlayersHearOfTheEnd(t *testing.T) {
	sfutest.NoLeaks(t)
	router := sfu.NewRouter(sfu.Options{Grace: -1})
	t.Cleanup(router.Close)
	who := &access{}
	at := run(t, New(Options{Router: router, Access: who}))
	publication, err := router.Publish("live/cam1", sfu.PublishOptions{Identity: "x"})
	if err != nil {
		t.Fatal(err)
	}
	track, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Audio, Codec: sfutest.Opus})
	if err != nil {
		t.Fatal(err)
	}
	if err := track.Write(sfutest.OpusPacket(1, 0)); err != nil {
		t.Fatal(err)
	}
	p := ask(t, at, "play", "live", "cam1")
	if code, _ := p.expect(t, "onStatus"); code != "NetStream.Play.Reset" {
		t.Errorf("first %s", code)
	}
	if code, _ := p.expect(t, "onStatus"); code != "NetStream.Play.Start" {
		t.Errorf("then %s", code)
	}
	waitViewers(t, router, "live/cam1")
	publication.Close(nil)
	if code, _ := p.expect(t, "onStatus"); code != "NetStream.Play.UnpublishNotify" {
		t.Errorf("at the end %s", code)
	}
	p.expectEnd(t)
}

// waitViewers waits until a stream has one.
func waitViewers(t *testing.T, r *sfu.Router, stream string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		if info, ok := r.Info(stream); ok && info.Viewers > 0 {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal("nobody watches")
		case <-time.After(time.Millisecond):
		}
	}
}

// A flash and a beep that were pushed together are played together.
func TestPlayedFlashAndBeepAreTogether(t *testing.T) {
	testtool.Path(t, "ffmpeg")
	sfutest.NoLeaks(t)
	router := sfu.NewRouter(sfu.Options{})
	t.Cleanup(router.Close)
	at := run(t, New(Options{Router: router, Access: &access{}}))
	const seconds = "7"
	pushed := make(chan error, 1)
	go func() {
		out, err := program(t, "ffmpeg", "-loglevel", "error", "-nostdin", "-re",
			"-f", "lavfi", "-i", "color=black:s=320x180:r=30:d="+seconds+",drawbox=color=white:t=fill:enable='lt(mod(t,1),0.2)'",
			"-f", "lavfi", "-i", "aevalsrc='0.8*sin(880*2*PI*t)*lt(mod(t,1),0.2)':s=48000:d="+seconds,
			"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "60", "-c:a", "aac", "-f", "flv", "rtmp://"+at+"/live/flash")
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, out)
		}
		pushed <- err
	}()
	waitLive(t, router, "live/flash")
	out, err := program(t, "ffmpeg", "-hide_banner", "-nostdin", "-rw_timeout", "10000000", "-i", "rtmp://"+at+"/live/flash", "-t", "5",
		"-vf", "blackdetect=d=0.3:pix_th=0.5", "-af", "silencedetect=n=-30dB:d=0.3", "-f", "null", "-")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := <-pushed; err != nil {
		t.Fatal(err)
	}
	flashes, beeps := moments(out, `black_end:([0-9.]+)`), moments(out, `silence_end: ([0-9.]+)`)
	compared := 0
	for _, flash := range flashes {
		for _, beep := range beeps {
			// The end of the recording ends a black of 0.3 s as a flash does, and
			// is at least 0.5 s behind the last beep.
			if apart := beep - flash; apart > -0.4 && apart < 0.4 {
				compared++
				t.Logf("flash at %.3f, beep %+.0f ms", flash, apart*1000)
				if apart < -0.040 || apart > 0.040 {
					t.Errorf("flash at %.3f, beep at %.3f", flash, beep)
				}
			}
		}
	}
	if compared < 2 {
		t.Errorf("flashes at %v, beeps at %v\n%s", flashes, beeps, out)
	}
}

// moments are the numbers that a pattern finds.
func moments(out, pattern string) (found []float64) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(out, -1) {
		var at float64
		if _, err := fmt.Sscan(m[1], &at); err == nil {
			found = append(found, at)
		}
	}
	return found
}

// waitLive waits until a stream has a publisher whose media flow.
func waitLive(t *testing.T, r *sfu.Router, stream string) {
	t.Helper()
	observer := r.Observe(100)
	defer observer.Close()
	patience := time.After(20 * time.Second)
	for {
		if info, ok := r.Info(stream); ok && info.State == sfu.StateLive {
			return
		}
		select {
		case <-observer.Events():
		case <-patience:
			t.Fatal("nobody publishes")
		}
	}
}

// slowWriter takes a message when it is told to, and keeps what it took.
type slowWriter struct {
	take  chan struct{} // closed: take all
	taken chan wire.Message
}

func (w *slowWriter) Write(messages ...wire.Message) error {
	for _, m := range messages {
		<-w.take
		w.taken <- wire.Message{Type: m.Type, Timestamp: m.Timestamp, Body: bytes.Clone(m.Body)}
	}
	return nil
}

// A client that falls behind goes on with a key frame, and gets nothing that
// it could not decode.
func TestSlowPlayersGoOnWithAKeyFrame(t *testing.T) {
	sfutest.NoLeaks(t)
	router := sfu.NewRouter(sfu.Options{})
	t.Cleanup(router.Close)
	track := cam1(t, router, codecH264)
	w := &slowWriter{take: make(chan struct{}), taken: make(chan wire.Message, 10000)}
	p, err := newPlayer(router, "live/cam1", w)
	if err != nil {
		t.Fatal(err)
	}
	const gop = 90
	frames := testmedia.Video(t, "video/H264", 2*pictureQueue+400, 30, gop)
	began := time.Now()
	track.Sync(began, frames[0].Packets[0].Timestamp, began)
	release := sync.OnceFunc(func() { close(w.take) })
	t.Cleanup(func() {
		release()
		p.close(nil)
	})
	written := 0
	for i, f := range frames {
		for _, packet := range f.Packets {
			var slab sfu.Slab
			if err := track.Write(slab.Packet(&packet.Header, packet.Payload, began.Add(time.Duration(i)*time.Second/30))); err != nil {
				t.Fatal(err)
			}
			written++
		}
		switch i {
		case 0: // it has come: from here on there is no past to catch up with
			for range 3 { // metadata, configuration and picture
				w.take <- struct{}{}
			}
		case 2 * pictureQueue: // by now it is full
			waitFor(t, func() bool { return p.queues[sfu.Video].Dropped() > 0 })
			release()
			waitFor(t, func() bool { return len(w.taken) > pictureQueue/2 })
		}
	}
	next, units := 0, 0
	for next < len(frames) {
		select {
		case m := <-w.taken:
			if m.Type != wire.Video || m.Body[1] != 1 { // AVC NAL units (FLV Annex E.4.3.1)
				continue
			}
			i := int(m.Timestamp+17) * 30 / 1000
			if key := m.Body[0]>>4 == 1; key != (i%gop == 0) || i != next && !key {
				t.Fatalf("picture %d, key %t, when %d is to come", i, key, next)
			}
			next = i + 1
			units++
		case <-time.After(10 * time.Second):
			t.Fatalf("picture %d has not come", next)
		}
	}
	if dropped := p.queues[sfu.Video].Dropped(); dropped == 0 || units >= len(frames) {
		t.Errorf("%d packets of %d were dropped, %d units of %d came", dropped, written, units, len(frames))
	}
}

// waitFor waits until something holds.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	patience := time.After(10 * time.Second)
	for !holds() {
		select {
		case <-patience:
			t.Fatal("it does not happen")
		case <-time.After(time.Millisecond):
		}
	}
}

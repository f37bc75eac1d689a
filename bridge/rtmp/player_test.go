package rtmp

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"lectern/internal/testmedia"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// film publishes H.264 and Opus in real time until the test ends, with a
// publisher that has shown its clock.
func film(t *testing.T, router *sfu.Router, stream string) {
	t.Helper()
	publication, err := router.Publish(stream, sfu.PublishOptions{Identity: "film", Protocol: "whip"})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfu.Codec{MimeType: "video/H264", ClockRate: 90000}})
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
	if _, err := exec.LookPath("rtmpdump"); err != nil {
		t.Skip(err)
	}
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
	publication, err := router.Publish("live/cam1", sfu.PublishOptions{Identity: "x"})
	if err != nil {
		t.Fatal(err)
	}
	defer publication.Close(nil)
	track, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
	if err != nil {
		t.Fatal(err)
	}
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

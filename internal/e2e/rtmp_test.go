package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// streamInfo is what the API says of a stream.
type streamInfo struct {
	State     string
	Viewers   int
	Tracks    []struct{ Kind, Codec string }
	Publisher struct {
		Protocol, Encoder string
		Video             *struct {
			Codec, Profile, Level string
			Width, Height         int
			FPS                   float64
			KeyFrameInterval      float64 `json:"key_frame_interval"`
			BFrames               int     `json:"b_frames"`
			BFramePolicy          string  `json:"b_frame_policy"`
			Dropped               int
		}
		Audio *struct {
			Codec, Output, Transcoder string
			SampleRate                int `json:"sample_rate"`
			Channels                  int
		}
		Problems []struct {
			Code, Text, Fix string
			Grave           bool
		}
	}
}

// info waits until what the API says of a stream is as it should be.
func (s *server) info(t *testing.T, stream, what string, ok func(streamInfo) bool) streamInfo {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	var body string
	for {
		resp, err := http.Get(s.url + "/api/v1/streams/" + stream)
		if err != nil {
			t.Fatal(err)
		}
		var buf bytes.Buffer
		_, _ = buf.ReadFrom(resp.Body)
		resp.Body.Close()
		body = buf.String()
		var info streamInfo
		if resp.StatusCode == http.StatusOK {
			if err := json.Unmarshal(buf.Bytes(), &info); err != nil {
				t.Fatal(err)
			}
			if ok(info) {
				return info
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s: the API says\n%s", what, body)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// listen opens the watch page of a stream that nobody publishes yet.
func listen(t *testing.T, ctx context.Context, page browser.Page, url string) {
	t.Helper()
	if err := page.Goto(ctx, url); err != nil {
		t.Fatal(err)
	}
	wait(t, ctx, page, "the page to wait", func(w watched) bool { return w.State == "waiting" })
}

// pitch is the strongest frequency in the sound that the watch page receives,
// in Hz, and 0 when it is silent.
func pitch(t *testing.T, ctx context.Context, page browser.Page) float64 {
	t.Helper()
	var hz float64
	err := page.Eval(ctx, `await (async () => {
		const audio = new AudioContext()
		await audio.resume()
		const analyser = audio.createAnalyser()
		analyser.fftSize = 16384
		analyser.smoothingTimeConstant = 0
		audio.createMediaStreamSource(document.querySelector('video').srcObject).connect(analyser)
		const bins = new Float32Array(analyser.frequencyBinCount)
		let hz = 0
		for (let i = 0; i < 20 && hz === 0; i++) {
			await new Promise((done) => setTimeout(done, 500))
			analyser.getFloatFrequencyData(bins)
			const top = bins.indexOf(Math.max(...bins))
			if (bins[top] > -60) hz = top * audio.sampleRate / analyser.fftSize
		}
		await audio.close()
		return hz
	})()`, &hz)
	if err != nil {
		t.Fatal(err)
	}
	return hz
}

// pushed is a clip, and what is to become of it.
type pushed struct {
	clip
	settings []string
	// kept is the least share of the pictures that are shown: with B pictures
	// left out, the others; with ffmpeg in between, all but what it holds when
	// the stream ends.
	kept     float64
	bFrames  int
	policy   string
	problems []string
}

// A browser that waits sees and hears what a real encoder pushes, from the
// first picture on.
func TestRTMP(t *testing.T) {
	h264, withAAC, b := x264(0, "none", 60), aac(2), []string{"b_frames"}
	defaults := []string{"-c:v", "libx264", "-pix_fmt", "yuv420p"}
	for _, c := range []pushed{
		{clip: clip{"AAC 44.1 kHz stereo", 12, h264, withAAC, 44100}, kept: 1},
		{clip: clip{"AAC 48 kHz mono", 12, h264, aac(1), 48000}, kept: 1},
		{clip: clip{"MP3", 12, h264, []string{"-c:a", "libmp3lame", "-ac", "2"}, 44100}, kept: 1},
		{clip: clip{"key frames 10 s apart", 22, x264(0, "none", 300), withAAC, 48000}, kept: 1, problems: []string{"key_frame_interval"}},
		{clip: clip{"2 B pictures", 12, x264(2, "none", 60), withAAC, 48000}, kept: 1. / 3, bFrames: 2, policy: "drop", problems: b},
		{clip: clip{"3 B pictures in a pyramid", 12, x264(3, "normal", 60), withAAC, 48000}, kept: 1. / 4, bFrames: 3, policy: "drop", problems: b},
		{clip: clip{"3 B pictures encoded again", 12, x264(3, "normal", 60), withAAC, 48000}, settings: []string{"--rtmp.b_frames", "transcode"}, kept: 0.95, bFrames: 3, policy: "transcode", problems: b},
		{clip: clip{"x264's defaults", 12, defaults, withAAC, 48000}, kept: 0.95, bFrames: 3, policy: "transcode", problems: b},
		{clip: clip{"5.1 channels", 12, h264, aac(6), 48000}, kept: 1},
		{clip: clip{"no sound", 12, h264, nil, 0}, kept: 1},
		{clip: clip{"no picture", 12, nil, withAAC, 44100}, problems: []string{"no_video"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for try := 1; ; try++ {
				freezes := c.pushAndWatch(t)
				if freezes == 0 {
					return
				}
				if try == 3 {
					t.Fatalf("%d freezes", freezes)
				}
				// An encoder and a browser on a busy machine freeze without our
				// help: what the server does to the picture, it does each time.
				t.Logf("%d freezes: once more", freezes)
			}
		})
	}
}

// pushAndWatch pushes the clip to a server of its own, compares what a browser
// sees and hears, and returns how often the picture froze.
func (c pushed) pushAndWatch(t *testing.T) (freezes int) {
	ctx := testContext(t, 2*time.Minute)
	s := startServer(t, c.settings...)
	viewer := browser.Chromium(t)
	listen(t, ctx, viewer, s.url+"/watch/clip")
	started := time.Now()
	ffmpeg := c.push(t, s.rtmpURL("clip"))
	var first time.Duration
	if c.video != nil {
		wait(t, ctx, viewer, "the first picture", func(w watched) bool { return w.FramesDecoded > 0 })
		first = time.Since(started)
	}
	heard := 0.0
	if c.audio != nil {
		wait(t, ctx, viewer, "sound", func(w watched) bool { return w.AudioEnergy > 0.001 })
		if heard = pitch(t, ctx, viewer); math.Abs(heard-440) > 4 {
			t.Errorf("a tone of %.0f Hz is heard, want 440", heard)
		}
	}
	info := s.info(t, "clip", "what is found out", func(i streamInfo) bool {
		for _, want := range c.problems {
			if !hasProblem(i, want) {
				return false
			}
		}
		return (c.video == nil || i.Publisher.Video != nil && i.Publisher.Video.FPS > 0) && (c.audio == nil || i.Publisher.Audio != nil)
	})
	if out := ffmpeg.wait(t, time.Minute); ffmpeg.err != nil {
		t.Errorf("ffmpeg: %v\n%s", ffmpeg.err, out)
	}
	s.info(t, "clip", "the end", func(i streamInfo) bool { return i.State == "waiting" })
	end := wait(t, ctx, viewer, "the page to notice", func(w watched) bool { return w.State == "waiting" || w.State == "stalled" })
	if err := viewer.Close(); err != nil {
		t.Error(err)
	}

	sent := 0
	if c.video != nil {
		sent = c.seconds * 30
	}
	t.Logf("%d pictures sent, %d decoded, first after %v (ffmpeg's start in it), %.0f Hz heard, %d freezes", sent, end.FramesDecoded, first.Round(time.Millisecond), heard, end.FreezeCount)
	if want := int(float64(sent)*c.kept) - 3; end.FramesDecoded < want {
		t.Errorf("%d pictures decoded, want %d or more", end.FramesDecoded, want)
	}
	if end.Sessions != 1 {
		t.Errorf("%d sessions, want 1", end.Sessions)
	}
	if len(info.Publisher.Problems) != len(c.problems) {
		t.Errorf("problems %+v, want %q", info.Publisher.Problems, c.problems)
	}
	if v := info.Publisher.Video; v != nil && (v.BFrames != c.bFrames || v.BFramePolicy != c.policy || v.Profile != "High" || v.Width != 640 || math.Abs(v.FPS-30) > 1.5) {
		t.Errorf("picture: %+v", *v)
	}
	if c.audio != nil && info.Publisher.Audio.Output != "Opus" {
		t.Errorf("sound: %+v", *info.Publisher.Audio)
	}
	if lines := viewer.Console(); len(lines) > 0 {
		t.Errorf("console: %q", lines)
	}
	return end.FreezeCount
}

// Where B pictures are not accepted, the encoder is told, and what to do.
func TestRTMPWithBPicturesIsRefusedWhereThatIsThePolicy(t *testing.T) {
	s := startServer(t, "--rtmp.b_frames", "reject")
	c := clip{seconds: 20, video: x264(2, "none", 60)}
	ffmpeg := c.push(t, s.rtmpURL("clip"))
	ffmpeg.wait(t, 15*time.Second)
	if ffmpeg.err == nil {
		t.Error("ffmpeg does not notice")
	}
	if log := s.log.String(); !strings.Contains(log, "B-frames are not accepted here") || !strings.Contains(log, "-bf 0") {
		t.Error("the log does not say why")
	}
}

func hasProblem(i streamInfo, code string) bool {
	for _, p := range i.Publisher.Problems {
		if p.Code == code {
			return p.Text != "" && p.Fix != ""
		}
	}
	return false
}

// The lines that people copy from articles work as they stand: no key, no
// audio codec, B pictures, long groups of pictures, the web port, and the
// second one faster than real time.
func TestTheLinesThatPeopleCopy(t *testing.T) {
	sample := filepath.Join(t.TempDir(), "sample.mp4")
	made := clip{seconds: 15, video: []string{"-c:v", "libx264", "-preset", "ultrafast"}, audio: aac(2), sampleRate: 44100}
	args := strings.Split(strings.ReplaceAll(strings.Join(made.input(), "\x00"), "-re\x00", ""), "\x00")
	if out, err := exec.Command("ffmpeg", append(args, sample)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, args := range map[string][]string{
		"in real time": {"-re", "-i", sample, "-c:v", "h264", "-f", "flv"},
		"all at once":  {"-i", sample, "-c:v", "libx264", "-f", "flv"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := testContext(t, time.Minute)
			s := startServer(t)
			viewer := browser.Chromium(t)
			listen(t, ctx, viewer, s.url+"/watch/stream1")
			ffmpeg := encode(t, "ffmpeg", append(args, s.rtmpURL("stream1"))...)
			w := wait(t, ctx, viewer, "pictures and sound", func(w watched) bool { return w.FramesDecoded > 50 && w.AudioSamples > 10000 })
			if out := ffmpeg.wait(t, 40*time.Second); ffmpeg.err != nil {
				t.Errorf("ffmpeg: %v\n%s", ffmpeg.err, out)
			}
			if w.Sessions != 1 {
				t.Errorf("%d sessions, want 1", w.Sessions)
			}
		})
	}
}

// An encoder is killed and started again three times: the viewer keeps its
// connection, and the picture and the sound go on.
func TestTheEncoderIsKilledAndStartedAgain(t *testing.T) {
	ctx := testContext(t, 3*time.Minute)
	s := startServer(t)
	viewer := browser.Chromium(t)
	c := clip{seconds: 120, video: x264(0, "none", 60), audio: aac(2), sampleRate: 44100}
	encoder := c.push(t, s.rtmpURL("cam"))
	before := watch(t, ctx, viewer, s.url+"/watch/cam")
	for n := range 3 {
		encoder.kill()
		w := wait(t, ctx, viewer, "the page to say so", func(w watched) bool { return w.State == "waiting" || w.State == "stalled" })
		encoder = c.push(t, s.rtmpURL("cam"))
		again := time.Now()
		after := wait(t, ctx, viewer, "the picture to go on", func(now watched) bool {
			return now.State == "playing" && now.FramesDecoded > w.FramesDecoded+30 && now.AudioSamples > w.AudioSamples
		})
		t.Logf("kill %d: thirty pictures %v after ffmpeg was started", n+1, time.Since(again).Round(10*time.Millisecond))
		if after.PCID != before.PCID || after.Sessions != 1 {
			t.Errorf("the viewer has connected again: before %+v, after %+v", before, after)
		}
	}
	if hz := pitch(t, ctx, viewer); math.Abs(hz-440) > 4 {
		t.Errorf("a tone of %.0f Hz is heard, want 440", hz)
	}
}

// A second encoder, which is not built on ffmpeg's libraries, publishes; and
// ffprobe and rtmpdump play what it and what a browser sends.
func TestOtherEncodersAndPlayers(t *testing.T) {
	ctx := testContext(t, 3*time.Minute)
	s := startServer(t)
	viewer := browser.Chromium(t)
	encode(t, "gst-launch-1.0", strings.Fields(fmt.Sprintf(
		`-q flvmux name=mux streamable=true ! rtmp2sink location=%s `+
			`videotestsrc is-live=true ! video/x-raw,format=I420,width=640,height=360,framerate=30/1 ! x264enc tune=zerolatency bitrate=1500 key-int-max=60 ! h264parse ! mux. `+
			`audiotestsrc is-live=true freq=440 ! audioconvert ! voaacenc bitrate=128000 ! aacparse ! mux.`, s.rtmpURL("gst")))...)
	watch(t, ctx, viewer, s.url+"/watch/gst")
	wait(t, ctx, viewer, "sound", func(w watched) bool { return w.AudioEnergy > 0.001 })
	if hz := pitch(t, ctx, viewer); math.Abs(hz-440) > 4 {
		t.Errorf("GStreamer: a tone of %.0f Hz is heard, want 440", hz)
	}

	publisher := browser.Chromium(t)
	publish(t, ctx, publisher, s.url+"/publish/web?source=clock&auto=1&codec=video/H264")
	for _, name := range []string{"gst", "web"} {
		t.Run("ffprobe "+name, func(t *testing.T) {
			probe := encode(t, "ffprobe", "-v", "error", "-read_intervals", "%+3", "-count_packets", "-show_entries", "stream=codec_name,nb_read_packets", "-of", "compact=p=0:nk=1", s.rtmpURL(name))
			out := probe.wait(t, 30*time.Second)
			var video, audio int
			for line := range strings.SplitSeq(out, "\n") {
				_, _ = fmt.Sscanf(line, "h264|%d", &video)
				_, _ = fmt.Sscanf(line, "aac|%d", &audio)
			}
			t.Logf("three seconds: %d pictures, %d frames of sound", video, audio)
			if video < 30 || audio < 60 {
				t.Errorf("ffprobe sees\n%s", out)
			}
		})
		t.Run("ffplay "+name, func(t *testing.T) {
			play := encode(t, "env", "SDL_VIDEODRIVER=dummy", "SDL_AUDIODRIVER=dummy", "ffplay", "-v", "warning", "-stats", s.rtmpURL(name))
			<-time.After(5 * time.Second) // of a live stream it knows no end
			_ = play.cmd.Process.Signal(os.Interrupt)
			out := play.wait(t, 30*time.Second)
			if strings.Contains(strings.ToLower(out), "error") {
				t.Errorf("ffplay says\n%s", out)
			}
			skew, at := 0.0, strings.LastIndex(out, "A-V:")
			if at < 0 {
				t.Fatalf("ffplay plays no sound with the picture:\n%s", out)
			}
			_, _ = fmt.Sscanf(out[at:], "A-V:%f", &skew)
			t.Logf("ffplay: %.3f s between sound and picture", skew)
			if math.Abs(skew) > 0.2 {
				t.Errorf("%.3f s between sound and picture", skew)
			}
		})
		t.Run("rtmpdump "+name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "dump.flv")
			dump := encode(t, "rtmpdump", "-v", "-r", s.rtmpURL(name), "-o", file)
			<-time.After(4 * time.Second) // of a live stream it knows no end
			_ = dump.cmd.Process.Signal(os.Interrupt)
			dump.wait(t, 30*time.Second)
			out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries", "stream=codec_name,nb_read_frames", "-of", "csv=p=0", file).CombinedOutput()
			var frames int
			_, _ = fmt.Sscanf(string(out), "h264,%d", &frames)
			if err != nil || frames < 30 {
				t.Errorf("ffprobe of what rtmpdump wrote: %v\n%s\nrtmpdump: %s", err, out, dump.out)
			}
		})
	}
}

// A stream that is sound alone is heard; and when its encoder comes back with a
// picture, that is seen in the same session.
func TestSoundAloneIsHeardAndAPictureMayFollow(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	s := startServer(t)
	viewer := browser.Chromium(t)
	listen(t, ctx, viewer, s.url+"/watch/radio")
	radio := clip{seconds: 60, audio: aac(2), sampleRate: 44100}
	encoder := radio.push(t, s.rtmpURL("radio"))
	wait(t, ctx, viewer, "sound", func(w watched) bool { return w.AudioEnergy > 0.001 && w.State == "playing" })
	if hz := pitch(t, ctx, viewer); math.Abs(hz-440) > 4 {
		t.Errorf("a tone of %.0f Hz is heard, want 440", hz)
	}
	encoder.kill()
	radio.video = x264(0, "none", 60)
	radio.push(t, s.rtmpURL("radio"))
	w := wait(t, ctx, viewer, "the picture", func(w watched) bool { return w.FramesDecoded > 30 })
	var shown struct{ Width, At float64 }
	if err := viewer.Eval(ctx, `await (async () => {
		const video = document.querySelector('video')
		await new Promise((done) => video.requestVideoFrameCallback(done))
		return { Width: video.videoWidth, At: video.currentTime }
	})()`, &shown); err != nil || shown.Width != 640 {
		t.Errorf("the element shows %+v, %v", shown, err)
	}
	if hz := pitch(t, ctx, viewer); math.Abs(hz-440) > 4 {
		t.Errorf("with the picture a tone of %.0f Hz is heard, want 440", hz)
	}
	if w.Sessions != 1 {
		t.Errorf("%d sessions, want 1", w.Sessions)
	}
}

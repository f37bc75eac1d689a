package rtmp

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"lectern/internal/auth"
	"lectern/internal/testtool"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// program runs one of Debian's until it ends, a minute at the most.
func program(t *testing.T, name string, args ...string) (output string, err error) {
	t.Helper()
	testtool.Path(t, name)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	c := exec.CommandContext(ctx, name, args...)
	c.Stdout, c.Stderr = &out, &out
	err = c.Run()
	return out.String(), err
}

// ffmpegPush publishes a second of picture and sound, faster than real time.
func ffmpegPush(t *testing.T, url string, more ...string) (output string, err error) {
	args := []string{"-hide_banner", "-loglevel", "error", "-nostdin",
		"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30:duration=1", "-f", "lavfi", "-i", "sine=duration=1",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-c:a", "aac"}
	return program(t, "ffmpeg", append(append(args, more...), "-f", "flv", url)...)
}

// counted is how many messages of a kind have come.
func (f *fakeIngest) counted(prefix string) (n int) {
	for {
		select {
		case what := <-f.came:
			if strings.HasPrefix(what, prefix) {
				n++
			}
		default:
			return n
		}
	}
}

func TestFFmpegPublishes(t *testing.T) {
	l := newLab(t)
	for url, stream := range map[string]string{
		"/live/cam1":                "live/cam1",
		"/live/cam1?k=secret&b=2":   "live/cam1",
		"/live/room/cam1?token=abc": "live/room/cam1",
		"/cam1":                     "live/cam1",
	} {
		if out, err := ffmpegPush(t, "rtmp://"+l.at+url); err != nil {
			t.Fatalf("%s: %v\n%s", url, err, out)
		}
		in := l.publisher(t)
		in.waitEnd(t)
		if in.stream != stream || !strings.Contains(in.encoder, "Lavf") {
			t.Errorf("%s: published %q by %q", url, in.stream, in.encoder)
		}
		// 30 pictures, the configuration and the end of the sequence.
		if n := in.counted("video"); n != 32 {
			t.Errorf("%s: %d video messages, want 32", url, n)
		}
	}
	asked, _ := l.access.requests()
	if asked[len(asked)-1].Agent == "" {
		t.Errorf("asked %+v", asked)
	}
}

// A timestamp that starts high is an extended one, in each chunk of ffmpeg's.
func TestFFmpegStartsHigh(t *testing.T) {
	l := newLab(t)
	if out, err := ffmpegPush(t, "rtmp://"+l.at+"/live/cam1", "-output_ts_offset", "20000"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	in := l.publisher(t)
	in.waitEnd(t)
	if n := in.counted("video"); n != 32 {
		t.Errorf("%d video messages, want 32", n)
	}
}

func TestFFmpegSaysWhyItWasRefused(t *testing.T) {
	l := newLab(t)
	l.access.decides(func(auth.Request) (auth.Grant, error) { return auth.Grant{}, auth.ErrNoToken })
	for url, want := range map[string]string{
		"/live/cam1":      "A token is needed",
		"/live/my.camera": "Malformed stream name",
		"/live/":          "the stream key is empty",
	} {
		out, err := ffmpegPush(t, "rtmp://"+l.at+url)
		if err == nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v\n%swant %q", url, err, out, want)
		}
		t.Log(strings.TrimSpace(out))
	}
	l.server.Drain()
	out, _ := ffmpegPush(t, "rtmp://"+l.at+"/live/cam1")
	if !strings.Contains(out, "shutting down") {
		t.Errorf("while draining:\n%s", out)
	}
	t.Log(strings.TrimSpace(out))
}

func TestGStreamerPublishes(t *testing.T) {
	l := newLab(t)
	for _, sink := range []string{"rtmp2sink", "rtmpsink"} {
		if _, err := program(t, "gst-inspect-1.0", "--exists", sink); err != nil {
			t.Logf("%s is not installed", sink)
			continue
		}
		out, err := program(t, "gst-launch-1.0", "-q", "videotestsrc", "num-buffers=30", "!", "video/x-raw,width=320,height=180,framerate=30/1",
			"!", "x264enc", "tune=zerolatency", "!", "flvmux", "streamable=true", "!", sink, "location=rtmp://"+l.at+"/live/cam1")
		if err != nil {
			t.Fatalf("%s: %v\n%s", sink, err, out)
		}
		in := l.publisher(t)
		in.waitEnd(t)
		if n := in.counted("video"); n < 30 {
			t.Errorf("%s by %q: %d video messages, want 30 and a configuration", sink, in.encoder, n)
		}
	}
}

// The whole way: what ffmpeg sends is what a viewer gets.
func TestFFmpegReachesViewers(t *testing.T) {
	sfutest.NoLeaks(t)
	router := sfu.NewRouter(sfu.Options{})
	t.Cleanup(router.Close)
	at := run(t, New(Options{Router: router, Access: &access{}}))
	viewer, err := router.Join("live/cam1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(viewer.Close)
	picture, sound := sfutest.NewRecorder(), sfutest.NewRecorder()
	for kind, r := range map[sfu.Kind]*sfutest.Recorder{sfu.Video: picture, sfu.Audio: sound} {
		if _, err := viewer.Subscribe(kind, r); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := ffmpegPush(t, "rtmp://"+at+"/live/cam1", "-bf", "0"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	sound.Wait(t, 45) // of 20 ms each
	pictures := map[uint32]bool{}
	for n := 30; len(pictures) < 30; n++ { // which have a packet or more
		for _, p := range picture.Wait(t, n) {
			pictures[p.Timestamp] = true
		}
	}
}

package e2e

import (
	"bufio"
	"fmt"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// live encodes the test clock as it runs, and pushes it, until the test ends.
// No key frame can be asked for: they come every gop seconds.
func live(t *testing.T, url string, gop int) *film {
	t.Helper()
	f := &film{begins: time.Now().Add(2 * time.Second).Truncate(time.Second)}
	ffmpeg := exec.Command("ffmpeg", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "gray", "-s", fmt.Sprintf("%dx%d", filmWidth, filmHeight), "-r", fmt.Sprint(filmRate), "-i", "-",
		"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-pix_fmt", "yuv420p",
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", fmt.Sprint(gop*filmRate), "-sc_threshold", "0", "-b:v", "2M", "-maxrate", "2M", "-bufsize", "1M",
		"-c:a", "aac", "-f", "flv", url)
	said := &log{}
	ffmpeg.Stderr = said
	ffmpeg.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := ffmpeg.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := ffmpeg.Start(); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		defer in.Close()
		w := bufio.NewWriterSize(in, filmWidth*filmHeight)
		for i := 0; ; i++ {
			at := f.begins.Add(time.Duration(i) * time.Second / filmRate)
			select {
			case <-time.After(time.Until(at)):
			case <-stop:
				return
			}
			if _, err := w.Write(picture(i, at)); err != nil || w.Flush() != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		_ = ffmpeg.Process.Kill()
		<-stopped
		_ = ffmpeg.Wait()
		if t.Failed() {
			t.Logf("ffmpeg said:\n%s", said)
		}
	})
	return f
}

// An RTMP encoder cannot be asked for key frames, and its viewers see a live
// picture at once all the same; with what the server's own share of the delay
// and of the processors is.
func TestInstantStartOverRTMP(t *testing.T) {
	ctx := testContext(t, 3*time.Minute)
	s := startServer(t)
	f := live(t, s.rtmpURL("film"), 10)
	s.info(t, "film", "the encoder", func(i streamInfo) bool { return i.State == "live" })
	<-time.After(time.Until(f.begins.Add(2 * time.Second)))

	before, began := s.usage(t), time.Now()
	<-time.After(10 * time.Second) // a measurement takes its time
	used := s.usage(t).cpu - before.cpu
	t.Logf("one stream, sound transcoded, nobody watching: %.1f %% of a core", 100*used.Seconds()/time.Since(began).Seconds())

	t.Run("20 viewers", func(t *testing.T) { twentyViewers(t, s) })
	t.Run("Chromium", func(t *testing.T) { joinAndLook(t, ctx, s, f, browser.Chromium(t)) })
}

// An encoder that comes back with another size of picture, in another profile,
// needs no new connection of its viewers.
func TestTheResolutionChanges(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	s := startServer(t)
	viewer := browser.Chromium(t)
	c := clip{seconds: 60, video: x264(0, "none", 60), audio: aac(2), sampleRate: 48000}
	small := c.push(t, s.rtmpURL("cam"))
	before := watch(t, ctx, viewer, s.url+"/watch/cam")
	small.kill()
	c.video = append([]string{"-vf", "scale=1280:720", "-profile:v", "main"}, c.video...)
	c.push(t, s.rtmpURL("cam"))
	after := wait(t, ctx, viewer, "the larger picture", func(w watched) bool {
		return w.Width == 1280 && w.Height == 720 && w.FramesDecoded > before.FramesDecoded+30
	})
	if before.Width != 640 || after.PCID != before.PCID || after.Sessions != 1 {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

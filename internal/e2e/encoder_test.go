package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// encoder is a program that pushes media to the server.
type encoder struct {
	cmd    *exec.Cmd
	out    *log
	exited chan struct{}
	err    error // of its end, after exited
}

// encode starts ffmpeg, or another program, and kills it with the test.
func encode(t *testing.T, program string, args ...string) *encoder {
	t.Helper()
	e := &encoder{cmd: exec.Command(program, args...), out: &log{}, exited: make(chan struct{})}
	e.cmd.Stdout, e.cmd.Stderr = e.out, e.out
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		e.err = e.cmd.Wait()
		close(e.exited)
	}()
	t.Cleanup(func() {
		e.kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", program, e.out)
		}
	})
	return e
}

// kill ends it without a goodbye.
func (e *encoder) kill() {
	select {
	case <-e.exited:
	default:
		_ = e.cmd.Process.Kill()
		<-e.exited
	}
}

// wait returns when it has come to its own end, with what it said.
func (e *encoder) wait(t *testing.T, within time.Duration) string {
	t.Helper()
	select {
	case <-e.exited:
	case <-time.After(within):
		t.Fatalf("%s goes on after %v:\n%s", e.cmd.Path, within, e.out)
	}
	return e.out.String()
}

// clip is what ffmpeg pushes: a test picture of 30 a second and a tone of 440 Hz.
type clip struct {
	name       string
	seconds    int
	video      []string // the encoder's options; nil for no picture
	audio      []string // nil for no sound
	sampleRate int
}

// x264 are the options of an encoder for live streams, with so many B pictures
// in a row and a key frame every gop pictures.
func x264(bFrames int, pyramid string, gop int) []string {
	return []string{
		"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v", "1500k", "-maxrate", "1500k", "-bufsize", "1500k",
		"-g", fmt.Sprint(gop), "-keyint_min", fmt.Sprint(gop), "-sc_threshold", "0",
		"-bf", fmt.Sprint(bFrames), "-x264-params", "b-pyramid=" + pyramid + ":b-adapt=0:rc-lookahead=10",
	}
}

func aac(channels int) []string {
	return []string{"-c:a", "aac", "-b:a", "128k", "-ac", fmt.Sprint(channels)}
}

// input are ffmpeg's arguments up to the output.
func (c clip) input() []string {
	args := []string{"-hide_banner", "-loglevel", "warning", "-nostdin"}
	if c.video != nil {
		args = append(args, "-re", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=640x360:rate=30:duration=%d", c.seconds))
	}
	if c.audio != nil {
		args = append(args, "-re", "-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=440:sample_rate=%d:duration=%d", c.sampleRate, c.seconds))
	}
	return append(append(args, c.video...), c.audio...)
}

// push starts ffmpeg with the clip.
func (c clip) push(t *testing.T, url string) *encoder {
	t.Helper()
	return encode(t, "ffmpeg", append(c.input(), "-f", "flv", url)...)
}

// rtmpURL is where to push and play a stream.
func (s *server) rtmpURL(name string) string {
	return "rtmp://" + strings.TrimPrefix(s.url, "http://") + "/live/" + name
}

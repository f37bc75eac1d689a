package e2e

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// Each example is built and run as its comment says, and somebody publishes to
// it and watches.
func TestExamples(t *testing.T) {
	for _, example := range []struct{ name, token, prefix string }{
		{"minimal", "", ""},
		{"embed-gin", "let-me-in", "/video"},
	} {
		t.Run(example.name, func(t *testing.T) {
			url := runExample(t, example.name, "TOKEN="+example.token)
			if example.token != "" {
				resp := request(t, http.MethodPost, url+example.prefix+"/whip/cam1", "", "v=0")
				resp.Body.Close()
				if resp.StatusCode != http.StatusUnauthorized {
					t.Errorf("publishing without the token: %s, want 401", resp.Status)
				}
			}
			video, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "s")
			if err != nil {
				t.Fatal(err)
			}
			in := newPC(t)
			if _, err := in.AddTransceiverFromTrack(video, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
				t.Fatal(err)
			}
			publisher := connect(t, in, url, example.prefix+"/whip/cam1", example.token)
			stop, stopped := make(chan struct{}), make(chan int)
			go func() { stopped <- send(video, 100, stop) }()

			c := &counter{changed: make(chan struct{}, 1)}
			out := newPC(t)
			out.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.read(remote) })
			if _, err := out.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
				t.Fatal(err)
			}
			viewer := connect(t, out, url, example.prefix+"/whep/cam1", "")
			c.wait(t, 100)
			viewer.end(t)
			close(stop)
			<-stopped
			publisher.end(t)
		})
	}
}

// runExample builds and starts an example, and returns the origin that it
// prints.
func runExample(t *testing.T, name, env string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("go", "build", "-o", program, "lectern/examples/"+name).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(program, "-listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), env)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	first := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		first <- line
	}()
	select {
	case line := <-first:
		scheme, rest, _ := strings.Cut(strings.TrimSpace(line), "://")
		host, _, _ := strings.Cut(rest, "/")
		return scheme + "://" + host
	case <-time.After(10 * time.Second):
		t.Fatal("the example does not say where it is")
		return ""
	}
}

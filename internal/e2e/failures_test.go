package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"lectern/docs"
)

// failure is one of the reports that everybody makes, provoked.
type failure struct {
	name string
	do   func(t *testing.T, s *server)
	code string   // in the log, with a section in the documents
	says []string // in the same line: the cause, and what mends it
	more string   // which line it is, of several with the code: a pattern
}

// What everybody reports has a line in the log that names the cause and what
// mends it. Viewers behind a firewall are in TestMediaPassWhereUDPIsBlocked,
// proxies in package doctor's TestWhatAProxyBreaksHasAName.
func TestCommonFailuresAreExplained(t *testing.T) {
	s := startServer(t, "--http.listen", ":0", "--limits.half_open_timeout", "2s", "--rtmp.ffmpeg", "off")
	s.url = strings.Replace(s.url, "[::]", "localhost", 1)
	failures := []failure{
		{"the page loads, and the video never comes", offerAndStay, "media_unreachable", []string{"announced=", "checks=0", "rtc.public_ip"}, ""},
		{"pictures in an order that browsers do not take", pushing("-bf", "2", "-c:a", "aac", "-ac", "2"), "b_frames", []string{"B-frames 0", "-bf 0"}, ""},
		{"no sound by RTMP", pushing("-bf", "0", "-c:a", "aac", "-ac", "6"), "audio_transcoder_missing", []string{"hear nothing", "-c:a aac -ac 2"}, ""},
		{"the camera button does nothing", func(*testing.T, *server) {}, "insecure_context", []string{"HTTPS", "http.tls_cert"}, ""},
		{"the key is refused, by WHIP", refusedKey, "invalid_token", []string{"cause=", "unknown key"}, "source=live/cam1"},
		{"the key is refused, by RTMP", refusedRTMP, "invalid_token", []string{"action=publish", "encoder=", "unknown key"}, "source=live/cam2"},
		{"the picture stands still", losePublisher, "publisher_gone", []string{"viewers=1", "restart the encoder"}, ""},
	}
	if size, err := os.ReadFile("/proc/sys/net/core/rmem_max"); err == nil && len(strings.TrimSpace(string(size))) < len("8388608") {
		failures = append(failures, failure{"grey pictures", func(*testing.T, *server) {}, "udp_buffer", []string{"given=", "sysctl"}, ""})
	}
	for _, f := range failures {
		t.Run(f.name, func(t *testing.T) {
			f.do(t, s)
			line := s.waitLine(t, `code=`+f.code+` .*`+f.more)
			for _, want := range f.says {
				if !strings.Contains(line, want) {
					t.Errorf("the line lacks %q: %s", want, line)
				}
			}
			if page := get(t, s.url+docs.Path+f.code); !strings.Contains(page, "<li>") {
				t.Errorf("%s%s says nothing to do: %s", docs.Path, f.code, page)
			}
		})
	}
	t.Run("black in one browser", func(t *testing.T) {
		answer, status := postOffer(t, s, "/whip/black", strings.ReplaceAll(strayOffer, "VP8/90000", "H263/90000"), "")
		if status != http.StatusUnprocessableEntity || answer.Code != "codec_unsupported" || answer.Type != docs.Path+"codec_unsupported" || !strings.Contains(answer.Detail, "VP8") {
			t.Errorf("%d %+v", status, answer)
		}
	})
}

// waitLine waits for a line of the log.
func (s *server) waitLine(t *testing.T, form string) string {
	t.Helper()
	re := regexp.MustCompile(`(?m)^.*` + form + `.*$`)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		if line := re.FindString(s.log.String()); line != "" {
			return line
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("no line with %s", form)
		}
	}
}

// strayOffer is of a publisher that never connects.
const strayOffer = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n" +
	"m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=msid:a b\r\n" +
	"a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n" +
	"a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n" +
	"a=setup:actpass\r\na=rtpmap:96 VP8/90000\r\n"

// problemBody is what an error looks like (RFC 9457).
type problemBody struct{ Type, Code, Detail string }

func postOffer(t *testing.T, s *server, path, sdp, token string) (p problemBody, status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(sdp))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/sdp")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_ = json.NewDecoder(resp.Body).Decode(&p) // an answer is none
	return p, resp.StatusCode
}

func offerAndStay(t *testing.T, s *server) {
	if _, status := postOffer(t, s, "/whip/lonely", strayOffer, ""); status != http.StatusCreated {
		t.Fatalf("answered with %d", status)
	}
}

func refusedKey(t *testing.T, s *server) {
	if p, status := postOffer(t, s, "/whip/cam1", strayOffer, "wrong"); status != http.StatusUnauthorized || p.Type != docs.Path+"invalid_token" {
		t.Errorf("%d %+v", status, p)
	}
}

// rtmpAt is where the server takes RTMP: on its web port, too.
func rtmpAt(s *server, name string) string {
	return strings.Replace(s.url, "http://", "rtmp://", 1) + "/live/" + name
}

var testMedia = []string{"-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=10", "-f", "lavfi", "-i", "sine=sample_rate=48000",
	"-t", "6", "-c:v", "libx264", "-preset", "veryfast", "-g", "20", "-pix_fmt", "yuv420p"}

func pushing(args ...string) func(*testing.T, *server) {
	return func(t *testing.T, s *server) {
		encode(t, "ffmpeg", append(append(append([]string{}, testMedia...), args...), "-f", "flv", rtmpAt(s, "rtmp"+strings.Trim(args[1]+args[5], "-")))...)
	}
}

func refusedRTMP(t *testing.T, s *server) {
	encode(t, "ffmpeg", append(append([]string{}, testMedia...), "-bf", "0", "-c:a", "aac", "-f", "flv", rtmpAt(s, "cam2?k=wrong"))...).wait(t, 15*time.Second)
	s.waitLine(t, `code=invalid_token action=publish source=live/cam2 .*encoder=`)
}

// losePublisher lets somebody watch, and kills who publishes.
func losePublisher(t *testing.T, s *server) {
	publisher := encode(t, "ffmpeg", append(append([]string{}, testMedia...), "-t", "30", "-bf", "0", "-c:a", "aac", "-f", "flv", rtmpAt(s, "hiccup"))...)
	s.waitLine(t, `msg=media source=live/hiccup`)
	viewer := exec.CommandContext(t.Context(), binary, "bench", "--whep", s.url+"/whep/hiccup", "-n", "1", "--duration", "30s")
	if err := viewer.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = viewer.Process.Kill()
		_ = viewer.Wait()
	})
	s.waitLine(t, `msg="viewer connected" .*source=live/hiccup`)
	publisher.kill()
}

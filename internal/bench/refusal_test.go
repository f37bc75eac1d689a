package bench

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

func valid(url string) Options {
	return Options{WHEP: url, Viewers: 2, Joins: 1, Codec: "h264", Bitrate: 2_000_000, FPS: 30, GOP: time.Second, Duration: time.Second}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		status       int
		kind, body   string
		want, advice string
	}{
		{401, "application/problem+json", `{"title":"Unauthorized","detail":"a key is needed"}`, "401 Unauthorized (a key is needed)", "--token"},
		{403, "application/problem+json", `{"title":"Forbidden"}`, "403 Forbidden (Forbidden)", "does not allow"},
		{404, "text/plain; charset=utf-8", "no such stream\nat all", "404 Not Found (no such stream)", "give --whip"},
		{405, "text/html", "<html>", "405 Method Not Allowed: ", "not a WHIP or WHEP endpoint"},
		{422, "", "", "422 Unprocessable Entity: ", "--codec"},
		{400, "application/json", `{"status":"error","error":"codecs not supported"}`, "400 Bad Request (codecs not supported)", "--codec"},
		{429, "application/json", "{", "429 Too Many Requests: ", "limits"},
		{500, "text/plain", "\x1b[31mbad\x00", "500 Internal Server Error ( [31mbad )", "log"},
		{302, "", "", "302 Found", ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		_, err := Run(t.Context(), valid(server.URL+"/whep/x"))
		server.Close()
		if refusal, ok := errors.AsType[*Refusal](err); !ok || refusal.Status != c.status {
			t.Errorf("%d: %v is no refusal", c.status, err)
			continue
		}
		for _, want := range []string{c.want, c.advice, server.URL + "/whep/x"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%d: %q does not say %q", c.status, err, want)
			}
		}
	}
}

func TestNobodyThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := Run(t.Context(), valid(server.URL))
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "is it running") {
		t.Errorf("got %v", err)
	}
	_, err = Run(t.Context(), valid("http://nobody.invalid/whep/x"))
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "is the name right?") {
		t.Errorf("got %v", err)
	}
}

func TestWrongOptionsAreNamed(t *testing.T) {
	for flag, change := range map[string]func(o *Options){
		"--whep is needed": func(o *Options) { o.WHEP = "" },
		"--whep":           func(o *Options) { o.WHEP = "localhost:8080/whep/x" },
		"--whip":           func(o *Options) { o.WHIP = "ftp://localhost/x" },
		"--viewers":        func(o *Options) { o.Viewers = 0 },
		"--probes":         func(o *Options) { o.Probes = 3 },
		"--joins":          func(o *Options) { o.Joins = 0 },
		"--codec":          func(o *Options) { o.Codec = "theora" },
		"--bitrate":        func(o *Options) { o.Bitrate = 1 },
		"--fps":            func(o *Options) { o.FPS = 0 },
		"--gop":            func(o *Options) { o.GOP = time.Millisecond },
		"--duration":       func(o *Options) { o.Duration = 0 },
	} {
		o := valid("http://localhost:1/whep/x")
		change(&o)
		_, err := Run(t.Context(), o)
		if _, ok := errors.AsType[*OptionError](err); !ok || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: got %v", flag, err)
		}
	}
}

func TestInterruptedBeforeAnythingWasMeasured(t *testing.T) {
	arrived := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(arrived)
		<-r.Context().Done()
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if _, err := Run(ctx, valid(server.URL)); !errors.Is(err, errInterrupted) {
		t.Errorf("got %v, want %v", err, errInterrupted)
	}
}

const answered = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n" +
	"m=video 9 UDP/TLS/RTP/SAVPF 96 102\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:102 h264/90000\r\n" +
	"a=candidate:1 1 udp 2130706431 192.0.2.1 8080 typ host\r\na=candidate:1 2 udp 2130706431 192.0.2.1 8080 typ host\r\n" +
	"a=candidate:2 1 TCP 1 2001:db8::1 8080 typ host tcptype passive\r\na=candidate:broken\r\n"

func TestCodecsOfAnswers(t *testing.T) {
	for mimeType, want := range map[string]bool{"video/H264": true, "video/VP8": true, "video/VP9": false, "audio/opus": true, "video/opus": false} {
		if got := answers(answered, mimeType); got != want {
			t.Errorf("%s: %v, want %v", mimeType, got, want)
		}
	}
	if answers(strings.Replace(answered, "video 9", "video 0", 1), "video/H264") {
		t.Error("a refused section has a codec")
	}
}

func TestCandidatesOfAnswers(t *testing.T) {
	if got, want := candidates(answered), []string{"192.0.2.1:8080/udp", "[2001:db8::1]:8080/tcp"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := candidates("v=0\r\n"); len(got) != 0 {
		t.Errorf("got %q of none", got)
	}
}

func TestWhyNobodyAnswers(t *testing.T) {
	local := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4000}
	for _, c := range []struct {
		announced []string
		want      string
	}{
		{nil, "announces no address, and nobody comes to 127.0.0.1:4000"},
		{[]string{"192.0.2.1:8080/udp", "[2001:db8::1]:8080/tcp"}, "from 127.0.0.1:4000 nobody answers at 192.0.2.1:8080/udp, [2001:db8::1]:8080/tcp"},
	} {
		if got := unanswered(local, c.announced); !strings.Contains(got, c.want) {
			t.Errorf("%q: got %q, want %q in it", c.announced, got, c.want)
		}
	}
}

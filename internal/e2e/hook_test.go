package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"lectern/internal/auth"
	"lectern/internal/hook"
)

// program is one that a user has written for nginx-rtmp: it gives every stream
// another name, wants to be paid for one, and ends what is called short.
type program struct {
	*httptest.Server
	calls chan url.Values
}

const hookSecret = "a secret that both know"

func startProgram(t *testing.T) *program {
	t.Helper()
	p := &program{calls: make(chan url.Values, 1000)}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		form, err := url.ParseQuery(string(body))
		var seconds int64
		_, _ = fmt.Sscan(r.Header.Get(hook.HeaderTimestamp), &seconds)
		if err != nil || r.Header.Get(hook.HeaderSignature) != hook.Sign(hookSecret, time.Unix(seconds, 0), string(body)) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		p.calls <- form
		name, call := form.Get("name"), form.Get("call")
		switch {
		case name == "paid" && call == "publish":
			w.WriteHeader(http.StatusPaymentRequired)
		case name == "short" && call == "update_publish":
			w.WriteHeader(http.StatusForbidden)
		case name == "first" && (call == "publish" || call == "play"):
			w.Header().Set("Location", "rtmp://127.0.0.1/app/second")
			w.WriteHeader(http.StatusFound)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// wait returns the next form of a call about a name, and leaves out others.
func (p *program) wait(t *testing.T, call, name string) url.Values {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case form := <-p.calls:
			if form.Get("call") == call && form.Get("name") == name {
				return form
			}
		case <-late:
			t.Fatalf("no %s of %s", call, name)
		}
	}
}

// TestAProgramIsAsked has the server ask a program about an RTMP publisher and
// a WHEP viewer.
func TestAProgramIsAsked(t *testing.T) {
	t.Setenv("LECTERN_HOOKS_SECRET", hookSecret)
	p, data := startProgram(t), t.TempDir()
	args := []string{"--data.dir", data, "--hooks.update_interval", "1s"}
	for _, call := range []string{"publish", "publish_done", "play", "play_done", "update"} {
		args = append(args, "--hooks.on_"+call, p.URL+"/"+call)
	}
	s := startServer(t, args...)
	key, err := os.ReadFile(filepath.Join(data, auth.FirstKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	query := "?psk=mine&token=" + strings.TrimSpace(string(key))
	film := clip{seconds: 30, video: x264(0, "none", 30)}

	refused := film.push(t, s.rtmpURL("paid"+query))
	refused.wait(t, 15*time.Second)
	if refused.err == nil {
		t.Error("published, and not paid")
	}
	p.wait(t, "publish", "paid")

	good := film.push(t, s.rtmpURL("first"+query))
	form := p.wait(t, "publish", "first")
	if form.Get("protocol") != "rtmp" || form.Get("psk") != "mine" || form.Get("addr") != "127.0.0.1" || form.Get("app") != "live" || form.Get("flashver") == "" ||
		form.Get("tcurl") != strings.TrimSuffix(s.rtmpURL(""), "/") || form.Has("token") {
		t.Errorf("the program got %v", form)
	}
	s.info(t, "app/second", "the stream by its other name", func(i streamInfo) bool { return i.State == "live" && i.Publisher.Protocol == "rtmp" })
	p.wait(t, "update_publish", "first")

	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	packet := make(chan struct{})
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		if _, _, err := track.ReadRTP(); err == nil {
			close(packet)
		}
	})
	connect(t, pc, s.url, "/whep/first", "")
	select {
	case <-packet:
	case <-time.After(15 * time.Second):
		t.Error("the viewer gets no media by the name that he asked for")
	}
	if form := p.wait(t, "play", "first"); form.Get("protocol") != "whep" || form.Get("stream") != "live/first" {
		t.Errorf("the program got %v", form)
	}
	if err := pc.Close(); err != nil {
		t.Fatal(err)
	}
	if form := p.wait(t, "play_done", "first"); form.Get("stream") != "app/second" {
		t.Errorf("the program got %v", form)
	}
	good.kill()
	p.wait(t, "publish_done", "first")

	start := time.Now()
	short := film.push(t, s.rtmpURL("short"+query))
	short.wait(t, 15*time.Second)
	t.Logf("the program has ended a publisher after %v", time.Since(start).Round(time.Millisecond))
	if short.err == nil {
		t.Error("the publisher came to its own end")
	}
	p.wait(t, "publish_done", "short")
}

package signaling_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern/signaling"
)

// fuzzed is a lab without limits on requests, and a session in it that
// nothing may disturb.
func fuzzed(f *testing.F) (l *lab, bystander string) {
	unlimited := signaling.Rate{PerSecond: -1}
	l = newLab(f, func(o *setup) {
		o.Limits.Publish, o.Limits.Watch, o.Limits.Session = unlimited, unlimited, unlimited
		o.Limits.PublishSetups, o.Limits.AddressSetups = 1000, 1000
		o.peers.SetupTimeout, o.peers.Timeout = time.Hour, time.Hour // the other session never connects
	})
	w := l.post("/whip/bystander", offer(f, "whip-obs32.sdp"))
	if w.Code != http.StatusCreated {
		f.Fatal(w.Body)
	}
	return l, w.Header().Get("Location")
}

func (l *lab) undisturbed(t *testing.T, bystander string) {
	t.Helper()
	if w := l.do("GET", bystander, ""); w.Code != http.StatusNoContent {
		t.Fatalf("the other session: status %d", w.Code)
	}
	if n := l.Sessions(); n != 1 {
		t.Fatalf("%d sessions, want the other one", n)
	}
}

// wantRefusal checks that an error is the client's, and says what it is.
func wantRefusal(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code < 400 || w.Code > 499 || !strings.Contains(w.Body.String(), `"code":"`) {
		t.Fatalf("status %d, %s", w.Code, w.Body)
	}
}

// Fuzz with -fuzzminimizetime=1x: ICE runs beside it, so that the coverage of
// an input is never the same twice, and minimizing it takes for ever.

// Whatever is offered is answered with a session or a 4xx, and the one leaves
// as little behind as the other.
func FuzzOffer(f *testing.F) {
	files, err := filepath.Glob("testdata/offers/*.sdp")
	if err != nil || len(files) == 0 {
		f.Fatal("no offers")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	l, bystander := fuzzed(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, path := range []string{"/whip/demo", "/whep/demo"} {
			w := l.post(path, text)
			if w.Code != http.StatusCreated {
				wantRefusal(t, w)
				continue
			}
			if w := l.do("DELETE", w.Header().Get("Location"), ""); w.Code != http.StatusOK {
				t.Fatalf("DELETE: status %d", w.Code)
			}
		}
		l.undisturbed(t, bystander)
	})
}

// Whatever is patched is 204, 200 with a new tag, or a 4xx that changes
// nothing.
func FuzzFragment(f *testing.F) {
	files, err := filepath.Glob("testdata/offers/*.sdpfrag")
	if err != nil || len(files) == 0 {
		f.Fatal("no fragments")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "*")
	}
	f.Add("a=ice-ufrag:1cab\r\na=ice-pwd:xeLXYSVMkkafKWQrwyaaUFSw\r\na=candidate:3 1 udp 2122063615 192.0.2.2 58156 typ host\r\n", `"x"`)
	l, bystander := fuzzed(f)
	good := offer(f, "whip-chromium156.sdp")
	f.Fuzz(func(t *testing.T, text, ifMatch string) {
		created := l.post("/whip/demo", good)
		location, tag := created.Header().Get("Location"), created.Header().Get("ETag")
		for _, condition := range []string{ifMatch, tag} {
			w := l.do("PATCH", location, text, "Content-Type", "application/trickle-ice-sdpfrag", "If-Match", condition)
			switch w.Code {
			case http.StatusNoContent:
			case http.StatusOK:
				if w.Header().Get("ETag") == tag {
					t.Fatal("the tag is the same after a restart")
				}
			default:
				wantRefusal(t, w)
			}
		}
		if w := l.do("DELETE", location, ""); w.Code != http.StatusOK {
			t.Fatalf("DELETE: status %d", w.Code)
		}
		l.undisturbed(t, bystander)
	})
}

package signaling_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// logged gives a lab's lines to the test.
func logged(into *logs) func(*setup) {
	return func(o *setup) { o.Log = slog.New(into) }
}

func (c *client) wantStatus(method string, want int, headers ...string) {
	c.t.Helper()
	body := ""
	if method == "PATCH" {
		body = "a=ice-ufrag:Abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
		headers = append(headers, "If-Match", "*", "Content-Type", "application/trickle-ice-sdpfrag")
	}
	if w := c.lab.do(method, c.location, body, headers...); w.Code != want {
		c.t.Errorf("%s: status %d, want %d; %s", method, w.Code, want, w.Body)
	}
}

// RFC 9725 §5: HTTPS. The server does not care which side of it it is on.
func publishOverTLS(t *testing.T) {
	l := newLab(t)
	server := httptest.NewTLSServer(l.handler)
	defer server.Close()
	response, err := server.Client().Post(server.URL+"/whip/demo", "application/sdp", strings.NewReader(offer(t, "whip-obs32.sdp")))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if location := response.Header.Get("Location"); response.StatusCode != http.StatusCreated || !strings.HasPrefix(location, "/sessions/") {
		t.Errorf("status %d, Location %q", response.StatusCode, location)
	}
}

// RFC 9725 §4.3.3: media flows on after a restart, the publisher's as well as
// the viewer's, and in the same session.
func restartKeepsMedia(t *testing.T) {
	l := newLab(t)
	publisher := publish(t, l, "/whip/demo")
	viewer := watch(t, l, "/whep/demo")
	viewer.wantMedia(10, anything)
	before := publisher.tag
	publisher.restart()
	viewer.wantMedia(50, anything)
	viewer.restart()
	viewer.wantMedia(50, anything)
	if publisher.tag == before || publisher.tag == "" {
		t.Errorf("the tag after the restart is %s, before %s", publisher.tag, before)
	}
	if n := l.Sessions(); n != 2 {
		t.Errorf("%d sessions, want 2", n)
	}
}

// RFC 9725 §4.3.3: what a restart brings replaces what was there: a viewer
// that has moved to another address gets its media there.
func restartMovesAway(t *testing.T) {
	l := newLab(t)
	publish(t, l, "/whip/demo")
	viewer := watch(t, l, "/whep/demo")
	viewer.wantMedia(10, anything)
	viewer.conn.move(t)
	start := time.Now()
	viewer.restart()
	viewer.wantMedia(50, anything)
	t.Logf("50 packets (1 s of them) %v after the move", time.Since(start).Round(time.Millisecond))
}

// RFC 9725 §4.2: DELETE frees ICE, DTLS and media; the lab sees that no
// goroutine is left.
func deleteEndsMedia(t *testing.T) {
	l := newLab(t)
	publisher := publish(t, l, "/whip/demo")
	viewer := watch(t, l, "/whep/demo")
	viewer.wantMedia(10, anything)
	publisher.wantStatus("DELETE", http.StatusOK)
	if info, ok := l.router.Info("live/demo"); !ok || info.State != "waiting" {
		t.Errorf("the stream is %v %v, want waiting for its viewer", ok, info.State)
	}
	viewer.wantStatus("DELETE", http.StatusOK)
	if n := l.Sessions(); n != 0 {
		t.Errorf("%d sessions, want 0", n)
	}
}

func sessionsAreOfOneProtocol(t *testing.T) {
	l := newLab(t)
	location := l.post("/whip/demo", offer(t, "whip-obs32.sdp")).Header().Get("Location")
	if w := l.do("DELETE", strings.Replace(location, "whip", "whep", 1), ""); w.Code != http.StatusNotFound {
		t.Errorf("status %d, want 404", w.Code)
	}
	if w := l.do("DELETE", location, ""); w.Code != http.StatusOK {
		t.Errorf("status %d, want 200", w.Code)
	}
}

// RFC 9725 §4.2: a session whose ICE never starts is removed.
func neverConnected(t *testing.T) {
	lines := newLogs()
	l := newLab(t, logged(lines), func(o *setup) { o.peers.SetupTimeout = 50 * time.Millisecond })
	w := l.post("/whip/demo", offer(t, "whip-obs32.sdp"))
	if line := lines.wait(t, "session ended"); !strings.Contains(line, "no connection") {
		t.Errorf("it ended by %q", line)
	}
	for _, method := range []string{"DELETE", "PATCH", "GET"} {
		if got := l.do(method, w.Header().Get("Location"), "").Code; got != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", method, got)
		}
	}
	if n := l.Sessions(); n != 0 {
		t.Errorf("%d sessions, want 0", n)
	}
}

// RFC 7675 §5.1: a session without consent is removed.
func consentLost(t *testing.T) {
	lines := newLogs()
	l := newLab(t, logged(lines), func(o *setup) { o.peers.Timeout = 6 * time.Second })
	publisher := publish(t, l, "/whip/demo")
	publisher.conn.off.Store(true)
	if line := lines.wait(t, "session ended"); !strings.Contains(line, "connection was lost") {
		t.Errorf("it ended by %q", line)
	}
	for _, method := range []string{"PATCH", "DELETE", "GET"} {
		publisher.wantStatus(method, http.StatusNotFound)
	}
}

// RFC 7675 §5.2: an end by the server is told at once, by DTLS.
func deleteTellsTheOtherSide(t *testing.T) {
	l := newLab(t)
	publisher := publish(t, l, "/whip/demo")
	viewer := watch(t, l, "/whep/demo")
	viewer.wantMedia(10, anything)
	viewer.wantStatus("DELETE", http.StatusOK)
	viewer.wantState(webrtc.PeerConnectionStateClosed)
	l.Server.Close()
	publisher.wantState(webrtc.PeerConnectionStateClosed)
}

// Several clients close their connection first, and DELETE the session then.
func deleteAfterOwnClose(t *testing.T) {
	for _, c := range []struct {
		name string
		late time.Duration
		want int
	}{
		{"at once", 0, http.StatusOK},
		{"just in time", 9 * time.Second, http.StatusOK},
		{"too late", 10 * time.Second, http.StatusNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := newLogs()
			l := newLab(t, logged(lines), func(o *setup) { o.Authorizer = keys(t, false) })
			publisher := publish(t, l, "/whip/demo", "Authorization", "Bearer alice-key")
			lines.wait(t, "publisher connected") // on this side, too: who leaves before was never here
			if err := publisher.pc.Close(); err != nil {
				t.Fatal(err)
			}
			if line := lines.wait(t, "session ended"); !strings.Contains(line, "closed by the other side") {
				t.Errorf("it ended by %q", line)
			}
			l.clock.advance(c.late)
			publisher.wantStatus("GET", http.StatusNotFound)
			publisher.wantStatus("PATCH", http.StatusNotFound)
			if c.late < 10*time.Second {
				publisher.wantStatus("DELETE", http.StatusForbidden, "Authorization", "Bearer bob-key")
			}
			publisher.wantStatus("DELETE", c.want, "Authorization", "Bearer alice-key")
			publisher.wantStatus("DELETE", http.StatusNotFound, "Authorization", "Bearer alice-key")
		})
	}
}

// A publisher that returns with the same identity takes over when its media
// flows, and no viewer notices but by the picture.
func TestPublisherTakesOver(t *testing.T) {
	lines := newLogs()
	l := newLab(t, logged(lines))
	first := publish(t, l, "/whip/demo")
	viewer := watch(t, l, "/whep/demo")
	viewer.wantMedia(10, anything)
	publish(t, l, "/whip/demo")
	if line := lines.wait(t, "session ended"); !strings.Contains(line, "replaced") {
		t.Errorf("it ended by %q", line)
	}
	viewer.wantMedia(50, anything)
	first.wantStatus("DELETE", http.StatusNotFound)
	if n := l.Sessions(); n != 2 {
		t.Errorf("%d sessions, want 2", n)
	}
}

// What is secret stands in no line.
func TestLogsKeepSecrets(t *testing.T) {
	lines := newLogs()
	l := newLab(t, logged(lines), func(o *setup) { o.Authorizer, o.QueryToken = keys(t, false), true })
	publisher := publish(t, l, "/whip/demo?token=alice-key")
	publisher.wantStatus("DELETE", http.StatusOK, "Authorization", "Bearer alice-key")
	lines.wait(t, "session ended")
	_, id, _ := strings.Cut(publisher.location, "/sessions/whip/")
	for _, secret := range []string{"alice-key", "token=", id, publisher.tag} {
		if strings.Contains(lines.all(), secret) {
			t.Errorf("%q is in\n%s", secret, lines.all())
		}
	}
}

package e2e

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// Two thousand clients who never come to the end of their heads or bodies keep
// nobody waiting, and are gone after a while.
func TestSlowRequestsKeepNobodyWaiting(t *testing.T) {
	const each, posts = 1000, 9
	s := startServer(t)
	address := strings.TrimPrefix(s.url, "http://")
	slow := make([]net.Conn, 0, 2*each)
	t.Cleanup(func() {
		for _, c := range slow {
			_ = c.Close()
		}
	})
	elsewhere := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}} // whose limits are their own
	for range each {
		for _, begin := range []string{
			"POST /whip/slow HTTP/1.1\r\nHost: " + address + "\r\nX-Slow: ",
			"POST /whip/slow HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: application/sdp\r\nContent-Length: 5000\r\n\r\nv=0",
		} {
			c, err := elsewhere.DialContext(t.Context(), "tcp", strings.Replace(address, "localhost", "127.0.0.1", 1))
			if err != nil {
				t.Fatal(err)
			}
			slow = append(slow, c)
			if _, err := io.WriteString(c, begin); err != nil {
				t.Fatal(err)
			}
		}
	}
	var took []time.Duration
	for i := range posts {
		for _, c := range slow {
			_, _ = c.Write([]byte("x")) // those that are closed are meant to be
		}
		began := time.Now()
		if status, _ := statusOf(t, http.MethodPost, fmt.Sprintf("%s/whip/quick%d", s.url, i), strayOffer); status != http.StatusCreated {
			t.Fatalf("POST %d beside them: %d, want 201", i, status)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	t.Logf("a POST beside %d slow ones: %v in the middle, %v at most", len(slow), took[posts/2], took[posts-1])
	if took[posts/2] > 200*time.Millisecond {
		t.Errorf("a POST takes %v, want 200 ms", took[posts/2])
	}
	deadline := time.Now().Add(30 * time.Second)
	for i, c := range slow {
		_ = c.SetReadDeadline(deadline)
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("connection %d is still there", i)
		}
	}
}

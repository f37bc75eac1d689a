package redis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	client "github.com/redis/go-redis/v9"

	"lectern/internal/auth"
	"lectern/internal/testtool"
	"lectern/sfu/sfutest"
)

// server is a real Redis.
type server struct {
	t    *testing.T
	port int
	cmd  *exec.Cmd
	*client.Client
}

const password = "canary-redis-password"

func newServer(t *testing.T) *server {
	t.Helper()
	testtool.Path(t, "redis-server")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, port: l.Addr().(*net.TCPAddr).Port}
	_ = l.Close()
	s.Client = client.NewClient(&client.Options{Addr: fmt.Sprintf("127.0.0.1:%d", s.port), Password: password, DisableIndentity: true})
	s.start()
	t.Cleanup(func() { s.stop(); _ = s.Client.Close() })
	return s
}

func (s *server) url() string { return fmt.Sprintf("redis://:%s@127.0.0.1:%d/0", password, s.port) }

func (s *server) start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", "--port", fmt.Sprint(s.port), "--bind", "127.0.0.1", "--save", "", "--requirepass", password, "--dir", s.t.TempDir())
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); s.Ping(context.Background()).Err() != nil; {
		if time.Now().After(deadline) {
			s.t.Fatal("redis-server does not start")
		}
	}
}

func (s *server) stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGKILL)
	_ = s.cmd.Wait()
	s.cmd = nil
}

func (s *server) put(secret, record string) {
	s.t.Helper()
	if err := s.Set(s.t.Context(), KeyPrefix+auth.DigestOf(secret), record, 0).Err(); err != nil {
		s.t.Fatal(err)
	}
}

func TestKeysInARealRedis(t *testing.T) {
	sfutest.NoLeaks(t)
	s := newServer(t)
	var log bytes.Buffer
	l, err := Open(s.url(), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ring, err := auth.New(auth.Options{First: "first-key-first-key", Ledgers: []auth.Ledger{l}})
	if err != nil {
		t.Fatal(err)
	}
	sessions := auth.NewSessions(ring, nil)
	ask := func(token, stream string) (auth.Grant, error) {
		return sessions.Decide(t.Context(), auth.Request{Action: auth.Publish, Stream: stream, Token: token, Session: stream, Protocol: "whip"})
	}
	s.put("camera-secret", `{"id":"cam","stream":["live/*"],"can":["publish"]}`)
	s.put("old-secret", `{"stream":["*"],"can":["publish"],"expires":"2020-01-01T00:00:00Z"}`)
	s.put("broken-secret", `{"stream":"*"`)
	for _, c := range []struct {
		token, stream string
		want          error
	}{
		{"camera-secret", "live/a", nil},
		{"camera-secret", "other/a", auth.ErrDenied},
		{"old-secret", "live/b", auth.ErrInvalidToken},
		{"broken-secret", "live/b", auth.ErrInvalidToken},
		{"nonsense", "live/b", auth.ErrInvalidToken},
		{"lectern:key:*", "live/b", auth.ErrInvalidToken},
		{"first-key-first-key", "live/b", nil},
	} {
		if _, err := ask(c.token, c.stream); !errors.Is(err, c.want) {
			t.Errorf("%s for %s: %v, want %v", c.token, c.stream, err, c.want)
		}
	}
	grant, err := ask("camera-secret", "live/running")
	if err != nil || grant.Identity != "key:redis:cam" {
		t.Fatalf("granted %+v, %v", grant, err)
	}

	s.stop()
	sessions.Recheck(t.Context())
	select {
	case <-grant.Revoked:
		t.Error("a session ended because Redis is gone")
	default:
	}
	start := time.Now()
	if _, err := ask("camera-secret", "live/c"); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("without Redis: %v, want ErrUnavailable", err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("the refusal took %v", took)
	}
	if _, err := ask("first-key-first-key", "live/d"); err != nil {
		t.Errorf("without Redis, with the first key: %v", err)
	}

	s.start() // empty: the key is not there any more
	sessions.Recheck(t.Context())
	select {
	case <-grant.Revoked:
	default:
		t.Error("the session goes on without its key")
	}
	if text := log.String(); !strings.Contains(text, "gives no answer") || !strings.Contains(text, "answers again") ||
		strings.Contains(text, password) || strings.Contains(text, "secret") {
		t.Errorf("log:\n%s", text)
	}
}

func TestTokensDeniedInARealRedis(t *testing.T) {
	sfutest.NoLeaks(t)
	s := newServer(t)
	l, err := Open(s.url(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := s.Set(t.Context(), DeniedPrefix+"one", "", time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bool{"one": true, "two": false} {
		if denied, err := l.Denied(t.Context(), id); denied != want || err != nil {
			t.Errorf("%s denied: %v, %v; want %v", id, denied, err, want)
		}
	}
	s.stop()
	if _, err := l.Denied(t.Context(), "one"); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("without Redis: %v, want ErrUnavailable", err)
	}
}

// The library's own log would be on standard error, a line for each attempt.
func TestNobodyWritesToStandardErrorWhenRedisIsAway(t *testing.T) {
	const child = "LECTERN_TEST_REDIS_IS_AWAY"
	if os.Getenv(child) == "" {
		c := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		c.Env = append(os.Environ(), child+"=1")
		var out bytes.Buffer
		c.Stderr = &out
		if err := c.Run(); err != nil || out.Len() > 0 {
			t.Errorf("%v: %s", err, out.String())
		}
		return
	}
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = nobody.Close()
	l, err := Open("redis://"+nobody.Addr().String()+"/0", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 3 {
		if _, err := l.Denied(t.Context(), "x"); !errors.Is(err, auth.ErrUnavailable) {
			t.Fatalf("got %v", err)
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, url := range []string{"http://x", "redis://:" + password + "@h:x/0", "redis://h/a", "x"} {
		if err := Check(url); err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v; want an error without the password", url, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"id":"a","stream":["*"],"can":["publish"]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := parse(auth.DigestOf("x"), text)
		if err == nil && (key.Digest == "" || !strings.HasPrefix(key.ID, "redis:")) {
			t.Errorf("%+v", key)
		}
	})
}

package signaling_test

import (
	"bufio"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern/internal/testtool"
)

// relay passes connections on, and breaks them when it is told to.
type relay struct {
	url string

	mu    sync.Mutex
	conns []net.Conn
}

func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{url: "http://" + l.Addr().String()}
	var running sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		r.cut()
		running.Wait()
	})
	running.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", strings.TrimPrefix(to, "http://"))
			if err != nil {
				_ = in.Close()
				continue
			}
			r.mu.Lock()
			r.conns = append(r.conns, in, out)
			r.mu.Unlock()
			for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
				running.Go(func() {
					_, _ = io.Copy(way[0], way[1])
					_ = way[0].Close()
				})
			}
		}
	})
	return r
}

func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		_ = c.Close()
	}
	r.conns = nil
}

// The example talks, and comes back by itself when its connection breaks.
func TestTheExampleClient(t *testing.T) {
	node := testtool.Path(t, "node")
	s := newSchool(t)
	name, teacher, invite := s.class(t)
	between := newRelay(t, s.url)
	args := []string{"../examples/room-client/client.mjs", between.url + "/room/" + name + "#i=" + invite, "Ada"}
	if exec.Command(node, "-e", "WebSocket").Run() != nil { // before version 22
		args = append([]string{"--experimental-websocket"}, args...)
	}
	cmd := exec.Command(node, args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 256)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(stdout); scan.Scan(); {
			lines <- scan.Text()
		}
	}()
	want := func(texts ...string) {
		t.Helper()
		late := time.NewTimer(30 * time.Second)
		defer late.Stop()
		var seen []string
		for {
			select {
			case line, ok := <-lines:
				if !ok {
					t.Fatalf("waiting for %q: it has ended; it said %q", texts, seen)
				}
				missing := false
				for _, text := range texts {
					missing = missing || !strings.Contains(line, text)
				}
				if !missing {
					return
				}
				seen = append(seen, line)
			case <-late.C:
				t.Fatalf("waiting for %q; it said %q", texts, seen)
			}
		}
	}
	want("welcome ", `"name":"Ada"`)
	_, _ = io.WriteString(stdin, "good morning\n/hand\n")
	teacher.want("chat.message", "good morning", `"name":"Ada"`)
	teacher.want("hand.update", `"name":"Ada"`)
	teacher.must("chat.send", map[string]any{"text": "to the board, please"})
	want("chat.message ", "to the board, please")
	between.cut()
	teacher.must("chat.send", map[string]any{"text": "are you there?"})
	want("lost ")
	want("welcome ", `"resumed":true`)
	want("chat.message ", "are you there?")
	_, _ = io.WriteString(stdin, "/leave\n")
	want("over ", "1000")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

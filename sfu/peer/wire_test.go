package peer

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// wire is a network between a client and an Engine that can be cut: a relay
// on loopback, in whose place neither knows the other.
type wire struct {
	server  *net.UDPAddr
	front   *net.UDPConn
	down    atomic.Bool
	mu      sync.Mutex
	backs   map[netip.AddrPort]*net.UDPConn
	running sync.WaitGroup
}

func newWire(t *testing.T, server *net.UDPAddr) *wire {
	t.Helper()
	front, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{server: server, front: front, backs: map[netip.AddrPort]*net.UDPConn{}}
	w.running.Go(w.up)
	t.Cleanup(w.close)
	return w
}

// hide takes a description's candidates out, and points those of the server
// to the relay.
func (w *wire) hide(sdp string) string {
	var lines []string
	for line := range strings.SplitSeq(sdp, "\r\n") {
		port := fmt.Sprintf(" %d typ host", w.server.Port)
		switch {
		case !strings.HasPrefix(line, "a=candidate"):
			lines = append(lines, line)
		case strings.Contains(line, port) && strings.Contains(line, "127.0.0.1"):
			lines = append(lines, strings.Replace(line, port, fmt.Sprintf(" %d typ host", w.front.LocalAddr().(*net.UDPAddr).Port), 1))
		}
	}
	return strings.Join(lines, "\r\n")
}

func (w *wire) cut()     { w.down.Store(true) }
func (w *wire) restore() { w.down.Store(false) }

func (w *wire) up() {
	buf := make([]byte, 2000)
	for {
		n, from, err := w.front.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if w.down.Load() {
			continue
		}
		if back := w.back(from); back != nil {
			_, _ = back.Write(buf[:n])
		}
	}
}

func (w *wire) back(from netip.AddrPort) *net.UDPConn {
	w.mu.Lock()
	defer w.mu.Unlock()
	if back := w.backs[from]; back != nil {
		return back
	}
	back, err := net.DialUDP("udp", nil, w.server)
	if err != nil {
		return nil
	}
	w.backs[from] = back
	w.running.Go(func() {
		buf := make([]byte, 2000)
		for {
			n, err := back.Read(buf)
			if err != nil {
				return
			}
			if !w.down.Load() {
				_, _ = w.front.WriteToUDPAddrPort(buf[:n], from)
			}
		}
	})
	return back
}

func (w *wire) close() {
	_ = w.front.Close()
	w.mu.Lock()
	for _, back := range w.backs {
		_ = back.Close()
	}
	w.mu.Unlock()
	w.running.Wait()
}

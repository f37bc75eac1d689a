package rtmp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"lectern/bridge/rtmp/wire"
)

// backTo waits until there are no more goroutines than that, and some.
func backTo(t *testing.T, before int) {
	t.Helper()
	patience := time.After(5 * time.Second)
	for runtime.NumGoroutine() > before+10 {
		select {
		case <-patience:
			t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// usage is what the process has in use once garbage is collected.
func usage() (octets int64, goroutines int) {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse), runtime.NumGoroutine()
}

// settle waits until no more connections than that are left.
func (l *lab) settle(t *testing.T, most int) {
	t.Helper()
	patience := time.After(5 * time.Second)
	for {
		l.server.connections.mu.Lock()
		n := l.server.connections.total
		l.server.connections.mu.Unlock()
		if n <= most {
			return
		}
		select {
		case <-patience:
			t.Fatalf("%d connections are left after five seconds", n)
		case <-time.After(time.Millisecond):
		}
	}
}

// hello is a client's side of the handshake, sent without waiting for ours.
var hello = append([]byte{3}, make([]byte, 2*1536)...)

// chunk is one with a whole header, whatever its body has to do with it.
func chunk(id byte, typ wire.Type, length int, body string) []byte {
	b := []byte{id, 0, 0, 0, byte(length >> 16), byte(length >> 8), byte(length), byte(typ), 0, 0, 0, 0}
	return append(b, body...)
}

func chunkSize(n uint32) []byte {
	return chunk(2, wire.SetChunkSize, 4, string(binary.BigEndian.AppendUint32(nil, n)))
}

// attacks are what strangers send after the handshake.
var attacks = map[string][]byte{
	"a chunk size of 2 GiB":        chunkSize(1<<31 - 1),
	"a message of 16 MiB":          chunk(3, wire.CommandAMF0, 1<<24-1, "\x02"),
	"many long messages at a time": bytes.Join([][]byte{chunkSize(1), chunk(3, wire.Video, 32<<10, "a"), chunk(4, wire.Video, 32<<10, "a"), chunk(5, wire.Video, 32<<10, "a")}, nil),
	"chunk streams without end": bytes.Join([][]byte{chunk(3, wire.Audio, 0, ""), chunk(4, wire.Audio, 0, ""), chunk(5, wire.Audio, 0, ""),
		chunk(6, wire.Audio, 0, ""), chunk(7, wire.Audio, 0, ""), chunk(8, wire.Audio, 0, ""), chunk(9, wire.Audio, 0, ""), chunk(10, wire.Audio, 0, ""), chunk(11, wire.Audio, 0, "")}, nil),
	"deep AMF":           append(chunkSize(60000), chunk(3, wire.CommandAMF0, 30000, strings.Repeat("\x03\x00\x01a", 7500))...),
	"an endless array":   append(chunkSize(60000), chunk(3, wire.CommandAMF0, 30000, "\x02\x00\x07connect\x0a\xff\xff\xff\xff"+strings.Repeat("\x05", 30000-15))...),
	"a string of 4 GiB":  chunk(3, wire.CommandAMF0, 5, "\x0c\xff\xff\xff\xff"),
	"noise":              []byte(strings.Repeat("\xc3\x81\x42\x07", 2000)),
	"nothing":            nil,
	"half a header":      {3, 0, 0},
	"pings without end":  bytes.Repeat(chunk(2, wire.UserControl, 6, "\x00\x06\x00\x00\x00\x01"), 2000),
	"an aggregate of it": chunk(3, wire.Aggregate, 11, "\x16\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00"),
}

// T16 to T18: whatever strangers do, at once or one after another, a publisher
// loses nothing and it leaves nothing behind.
func TestHostileConnectionsCostNobodyAnything(t *testing.T) {
	rounds := 8000
	if testing.Short() {
		rounds = 800
	}
	l := newLab(t, func(o *Options) { o.Limits.Wire = wire.Limits{} })
	p := publish(t, l.at, "cam1")
	p.net.SetDeadline(time.Now().Add(5 * time.Minute))
	in := l.publisher(t)
	before, goroutines := usage()

	names := make([]string, 0, len(attacks))
	for name := range attacks {
		names = append(names, name)
	}
	for i := range rounds {
		c, err := net.Dial("tcp", l.at)
		if err != nil {
			t.Fatal(err)
		}
		switch i % 4 {
		case 0: // gone before the handshake
		case 1:
			c.Write(hello[:i%len(hello)])
		default:
			c.Write(hello)
			c.Write(attacks[names[i%len(names)]])
		}
		c.Close()
		if i%8 == 0 {
			p.send(t, wire.Video, fmt.Sprint(i))
			in.wait(t, fmt.Sprint("video ", i))
		}
		if i%32 == 0 {
			l.settle(t, 48) // not more at once than an address may have
		}
	}
	l.settle(t, 1)
	backTo(t, goroutines)
	after, left := usage()
	t.Logf("%d connections: %d KiB more in use, %d goroutines more", rounds, (after-before)>>10, left-goroutines)
	if after-before > 8<<20 {
		t.Errorf("%d KiB more are in use", (after-before)>>10)
	}
	p.net.Close()
}

func TestAttacksAreClosed(t *testing.T) {
	l := newLab(t, func(o *Options) { o.Limits.Handshake, o.Limits.Setup = 300*time.Millisecond, 300*time.Millisecond })
	check := func(name string, octets []byte) {
		c, err := net.Dial("tcp", l.at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(5 * time.Second))
		go c.Write(octets)
		if _, err := io.Copy(io.Discard, c); isTimeout(err) {
			t.Errorf("%s: it is still open", name)
		}
	}
	for name, octets := range attacks {
		check(name, append(hello[:len(hello):len(hello)], octets...))
	}
	for _, n := range []int{0, 1, 1000, 1537, 3072} {
		check(fmt.Sprintf("%d octets of the handshake", n), hello[:n])
	}
	l.settle(t, 0)
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

// A thousand strangers, each of whom has sent as much as is taken from them.
func TestStrangersHaveLittleMemory(t *testing.T) {
	const crowd = 1000
	l := newLab(t, func(o *Options) { o.Limits.PerAddress = -1 })
	// Three unfinished messages, which is the most that their budget takes.
	body := strings.Repeat("a", 10<<10)
	greed := bytes.Join([][]byte{hello, chunkSize(10 << 10),
		chunk(4, wire.Video, 10<<10+1, body), chunk(5, wire.Video, 10<<10+1, body), chunk(6, wire.Video, 10<<10+1, body)}, nil)
	before, goroutines := usage()
	open := make([]net.Conn, crowd)
	for i := range open {
		c, err := net.Dial("tcp", l.at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		open[i] = c
		if _, err := c.Write(greed); err != nil {
			t.Fatal(err)
		}
	}
	var most int64
	for deadline := time.Now().Add(10 * time.Second); most/crowd < 30<<10 && time.Now().Before(deadline); {
		octets, _ := usage()
		most = max(most, octets-before)
	}
	for range 20 { // some have not been read to the end
		octets, _ := usage()
		most = max(most, octets-before)
	}
	t.Logf("%d octets a connection", most/crowd)
	if most/crowd > 64<<10 {
		t.Errorf("%d octets a connection, at most %d", most/crowd, 64<<10)
	}
	if most/crowd < 30<<10 {
		t.Errorf("%d octets a connection: they have not sent what they should", most/crowd)
	}
	for _, c := range open {
		c.Close()
	}
	l.settle(t, 0)
	backTo(t, goroutines)
	after, left := usage()
	t.Logf("afterwards %d KiB more, %d goroutines more", (after-before)>>10, left-goroutines)
	if after-before > 8<<20 {
		t.Errorf("afterwards %d KiB more", (after-before)>>10)
	}
}

// A silent crowd keeps nobody out.
func TestSilentCrowdMakesRoom(t *testing.T) {
	l := newLab(t, func(o *Options) { o.Limits.PerAddress, o.Limits.Pending = -1, 20 })
	first := publish(t, l.at, "first")
	for range 100 {
		c, err := net.Dial("tcp", l.at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	began := time.Now()
	publish(t, l.at, "second").net.Close()
	t.Logf("published after %v", time.Since(began))
	first.send(t, wire.Video, "still here")
	l.publisher(t).wait(t, "video still here")
	first.net.Close()
}

func TestAllConnectionsHaveALimit(t *testing.T) {
	l := newLab(t, func(o *Options) { o.Limits.PerAddress, o.Limits.Total = -1, 4 })
	var open []*peer
	for i := range 4 {
		open = append(open, publish(t, l.at, fmt.Sprint("cam", i)))
	}
	c, err := net.Dial("tcp", l.at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("the fifth is let in: %v", err)
	}
	for _, p := range open {
		p.net.Close()
	}
}

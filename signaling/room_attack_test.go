package signaling_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lectern/internal/classroom"
	"lectern/signaling"
)

// What must hold after every attack: the class goes on, and what the attacker
// cost is given back.
func (s *school) wantUnharmed(t *testing.T, teacher, witness *pupil, text string) {
	t.Helper()
	teacher.must("chat.send", map[string]any{"text": text})
	witness.want("chat.message", text)
}

// T15: somebody sends as fast as he can.
func TestAFloodEndsTheConnection(t *testing.T) {
	s := newSchool(t)
	name, teacher, invite := s.class(t)
	witness := enter(t, s.url, name, map[string]any{"invite": invite})
	flood := enter(t, s.url, name, map[string]any{"invite": invite})
	var sent atomic.Int64
	var writing sync.WaitGroup
	writing.Go(func() {
		for range 10_000 {
			if flood.conn.WriteMessage(1, []byte(`{"id":5,"type":"react","data":{"k":"clap"}}`)) != nil {
				return
			}
			sent.Add(1)
		}
	})
	flood.wantClose(4429)
	writing.Wait()
	t.Logf("closed after %d messages at most", sent.Load())
	s.wantUnharmed(t, teacher, witness, "calm again")
}

func TestWhoAsksALittleTooMuchIsToldWhenToComeBack(t *testing.T) {
	s := newSchool(t)
	_, teacher, _ := s.class(t)
	for range 150 {
		teacher.send(map[string]any{"id": 7, "type": "people.list", "data": map[string]any{}})
	}
	f := teacher.until("a refusal", func(f frame) bool { return f.Re == 7 && !f.OK })
	if f.Error.Code != "rate_limited" || f.Error.RetryAfterMS < 1 {
		t.Errorf("got %+v", f.Error)
	}
	teacher.until("a reply", func(f frame) bool { return f.Re == 7 })
}

// T15: a frame that says it is a GiB long.
func TestAHugeFrameEndsTheConnection(t *testing.T) {
	s := newSchool(t)
	name, teacher, invite := s.class(t)
	witness := enter(t, s.url, name, map[string]any{"invite": invite})
	for _, parts := range []int{1, 5000} {
		p := enter(t, s.url, name, map[string]any{"invite": invite})
		before := heap()
		var writing sync.WaitGroup
		writing.Go(func() { hugeFrame(p.conn.NetConn(), parts) })
		p.wantClose(1009)
		writing.Wait()
		if grown := heap() - before; grown > 8<<20 {
			t.Errorf("%d parts: %d bytes are kept", parts, grown)
		}
	}
	s.wantUnharmed(t, teacher, witness, "nothing happened")
}

// hugeFrame sends a message of a GiB, as one frame or in fragments, as far as
// the other side takes it.
func hugeFrame(conn net.Conn, parts int) {
	const whole = 1 << 30
	content := make([]byte, 64<<10)
	for part := range parts {
		head := []byte{0x00, 0x80 | 127}
		if part == 0 {
			head[0] = 0x01 // text
		}
		head = binary.BigEndian.AppendUint64(head, uint64(whole/parts))
		head = append(head, 0, 0, 0, 0) // a mask of nothing
		if _, err := conn.Write(head); err != nil {
			return
		}
		for left := whole / parts; left > 0; left -= len(content) {
			if _, err := conn.Write(content[:min(left, len(content))]); err != nil {
				return
			}
		}
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// T15: many who never read, in a class where much is said.
func TestWhoNeverReadsCostsLittleAndIsGone(t *testing.T) {
	s := newSchool(t, func(o *setup, _ *classroom.Options) {
		o.Limits = signaling.Limits{Watch: signaling.Rate{PerSecond: -1}}
	})
	name, teacher, invite := s.class(t)
	witness := enter(t, s.url, name, map[string]any{"invite": invite})
	before := heap()
	const deaf = 50
	for i := range deaf {
		p, _, err := dial(t, s.url, name)
		if err != nil {
			t.Fatal(err)
		}
		p.hello(map[string]any{"invite": invite, "name": fmt.Sprint("Deaf ", i)})
		_ = p.conn.NetConn().(*net.TCPConn).SetReadBuffer(4 << 10)
		p.deaf()
	}
	if _, people := s.rooms.Live(); people != deaf+2 {
		t.Fatalf("%d people, want %d", people, deaf+2)
	}
	var most int64
	long := strings.Repeat("x", 15<<10)
	said := 0
	for until := time.Now().Add(60 * time.Second); time.Now().Before(until); said++ {
		f := teacher.ask("app.send", map[string]any{"to": "*", "kind": "x-noise", "data": long})
		if !f.OK && f.Error.Code != "rate_limited" {
			t.Fatalf("got %+v", f.Error)
		}
		<-time.After(time.Duration(f.Error.RetryAfterMS) * time.Millisecond) // as a client is asked to
		if said%50 == 0 {
			most = max(most, heap()-before)
		}
		if _, people := s.rooms.Live(); people == 2 {
			break
		}
	}
	if _, people := s.rooms.Live(); people != 2 {
		t.Errorf("%d people are connected, want 2", people)
	}
	t.Logf("%d who never read are gone after %d messages; heap + %d KiB at most", deaf, said, most>>10)
	if most > 64<<20 {
		t.Errorf("heap grew by %d MiB, want 64 at most", most>>20)
	}
	s.wantUnharmed(t, teacher, witness, "we go on")
}

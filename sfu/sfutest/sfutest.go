// Package sfutest holds what tests of sources and sinks need: a Recorder that
// keeps what it is sent, a publisher of made-up packets, and the suite that
// every Sink must pass.
package sfutest

import (
	"context"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"lectern/sfu"
)

// Recorder is a Sink that keeps the packets it gets.
type Recorder struct {
	mu      sync.Mutex
	packets []sfu.Forwarded
	changed chan struct{}
	err     error
}

// NewRecorder returns an empty Recorder.
func NewRecorder() *Recorder { return &Recorder{changed: make(chan struct{})} }

// WriteRTP keeps the burst, or returns the error given to Fail.
func (r *Recorder) WriteRTP(burst []sfu.Forwarded) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	r.packets = append(r.packets, burst...)
	close(r.changed)
	r.changed = make(chan struct{})
	return nil
}

// Fail makes every later WriteRTP return err.
func (r *Recorder) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// Packets returns what has come so far.
func (r *Recorder) Packets() []sfu.Forwarded {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.packets)
}

// Wait returns when at least n packets have come, and fails the test after
// ten seconds without.
func (r *Recorder) Wait(t testing.TB, n int) []sfu.Forwarded {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		r.mu.Lock()
		packets, changed := r.packets, r.changed
		r.mu.Unlock()
		if len(packets) >= n {
			return slices.Clone(packets)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("recorded %d packets, want %d", len(packets), n)
		}
	}
}

// VP8 is a codec for made-up video.
var VP8 = sfu.Codec{MimeType: "video/VP8", ClockRate: 90000}

// Opus is a codec for made-up audio.
var Opus = sfu.Codec{MimeType: "audio/opus", ClockRate: 48000, Channels: 2}

// VP8Packet returns a made-up packet of VP8 (RFC 7741) that is a whole
// picture, a key frame of 640 × 360 or not.
func VP8Packet(sequenceNumber uint16, timestamp uint32, key bool) *sfu.Packet {
	payload := []byte{0x10, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	if key {
		payload = []byte{0x10, 0x00, 0, 0, 0x9d, 0x01, 0x2a, 640 & 0xff, 640 >> 8, 360 & 0xff, 360 >> 8}
	}
	return &sfu.Packet{
		Header:  rtp.Header{Version: 2, Marker: true, SequenceNumber: sequenceNumber, Timestamp: timestamp},
		Payload: payload,
		Arrival: time.Now(),
	}
}

// OpusPacket returns a made-up packet of Opus.
func OpusPacket(sequenceNumber uint16, timestamp uint32) *sfu.Packet {
	return &sfu.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: sequenceNumber, Timestamp: timestamp},
		Payload: []byte{0xfc, 0xff, 0xfe},
		Arrival: time.Now(),
	}
}

// NoLeaks fails the test when goroutines of this module, of Pion or of a child
// process that it started are still there five seconds after it and its other
// cleanups have ended.
func NoLeaks(t testing.TB) {
	before := ours()
	t.Cleanup(func() {
		deadline := time.Now().Add(5 * time.Second)
		for {
			left := ours()
			for stack, n := range before {
				left[stack] -= n
			}
			var leaked []string
			for stack, n := range left {
				if n > 0 {
					leaked = append(leaked, stack)
				}
			}
			if len(leaked) == 0 {
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("%d kinds of goroutines are left:\n%s", len(leaked), strings.Join(leaked, "\n\n"))
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
}

var generated = regexp.MustCompile(`(?m)\(0x[^)]*\)|\(\{0x[^)]*\)| \+0x[0-9a-f]+|0x[0-9a-f]+| in goroutine \d+|\[.*?\]|^goroutine \d+ `)

// ours counts the goroutines that run code of Lectern or Pion, or copy what a
// child process says, by stack.
func ours() map[string]int {
	buf := make([]byte, 8<<20)
	buf = buf[:runtime.Stack(buf, true)]
	counts := map[string]int{}
	for i, stack := range strings.Split(string(buf), "\n\n") {
		if i == 0 || !strings.Contains(stack, "lectern/") && !strings.Contains(stack, "/pion/") && !strings.Contains(stack, "os/exec.") {
			continue // the first is the caller
		}
		if strings.Contains(stack, "testing.(*M).Run") || strings.Contains(stack, "testing.(*T).Run") || strings.Contains(stack, "testing.tRunner") {
			continue
		}
		counts[generated.ReplaceAllString(stack, "")]++
	}
	return counts
}

package wire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// FuzzChunks reads anything as chunks: nothing panics, memory stays within the
// limits, and what comes out is no longer than what went in.
func FuzzChunks(f *testing.F) {
	f.Add(whole(4, 7, 3, Audio, "abc"))
	f.Add(script(whole(6, 7, 130, Video, strings.Repeat("a", 128)), whole(4, 8, 1, Audio, "s"), 3<<6|6, "bc", 3<<6|4, "t"))
	f.Add(script(6, u24(0xffffff), u24(130), 9, stream1, u32(0x1000000), strings.Repeat("a", 128), 3<<6|6, u32(0x1000000), "bc"))
	f.Add(script(0, 0, u24(5), u24(1), 8, stream1, "a", 1, 1, 1, u24(5), u24(0xffffff), 8, stream1, "b"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := chunks(in, Limits{Early: 4 << 10})
		octets := 0
		for {
			m, err := r.read()
			if r.taken > r.memory || r.taken < 0 {
				t.Fatalf("%d octets are taken, of %d", r.taken, r.memory)
			}
			if len(r.streams) > r.limits.ChunkStreams {
				t.Fatalf("%d chunk streams", len(r.streams))
			}
			if err != nil {
				break
			}
			octets += len(m.Body)
		}
		if octets > len(in) {
			t.Errorf("%d octets of messages in %d", octets, len(in))
		}
	})
}

// FuzzConn reads anything as messages after the handshake.
func FuzzConn(f *testing.F) {
	w := chunkWriter{size: defaultChunkSize}
	w.add([]Message{ChunkSize(200), Window(1), {Type: UserControl, Body: script(0, 6, u32(1))}, {Type: Audio, Body: make([]byte, 300)}})
	f.Add(bytes.Clone(w.buffer))
	w.buffer = nil
	w.message(Message{Type: Aggregate, Body: script(8, u24(3), u24(1), 0, u24(0), "abc", u32(14), 9, u24(0), u24(2), 0, u24(0))})
	f.Add(bytes.Clone(w.buffer))
	w.buffer = nil
	w.add([]Message{Command{Name: "connect", Transaction: 1, Object: Object{{"app", "live"}}}.Message(0), Data(1, "@setDataFrame", "onMetaData", Object{{"width", 640.0}})})
	f.Add(bytes.Clone(w.buffer))
	f.Fuzz(func(t *testing.T, in []byte) {
		c := newConn(&recording{in: bytes.NewReader(in)}, Limits{Early: 4 << 10})
		for {
			m, err := c.Read()
			if err != nil {
				return
			}
			ParseCommand(m, Limits{})
			ParseData(m, Limits{})
		}
	})
}

// recording is a connection on which in comes, and whatever is sent is taken.
type recording struct {
	net.Conn
	in io.Reader
}

func (r *recording) Read(b []byte) (int, error)       { return r.in.Read(b) }
func (r *recording) Write(b []byte) (int, error)      { return len(b), nil }
func (r *recording) SetReadDeadline(time.Time) error  { return nil }
func (r *recording) SetWriteDeadline(time.Time) error { return nil }

// FuzzHandshake takes anything for a client's side of the handshake.
func FuzzHandshake(f *testing.F) {
	var c1 packet
	f.Add(byte(3), c1[:])
	c1.fill(9)
	c1.sign(blocks[0], playerKey)
	f.Add(byte(3), c1[:])
	f.Fuzz(func(t *testing.T, first byte, c1 []byte) {
		in := script([]byte{first}, c1, make([]byte, handshakeLen))
		_, err := Accept(&recording{in: bytes.NewReader(in)}, Limits{})
		if err == nil && len(in) < 1+2*handshakeLen {
			t.Errorf("%d octets are a handshake", len(in))
		}
	})
}

// FuzzAMF0 reads anything as values: what can be read can be written, and is
// the same when it is read again.
func FuzzAMF0(f *testing.F) {
	f.Add(AppendAMF0(nil, "connect", 1, Object{{"app", "live"}, {"nested", []any{nil, true}}}))
	f.Add(script(8, u32(9), 0, 1, "a", 11, make([]byte, 10), 0, 0, 9, 16, 0, 1, "T", 0, 0, 9, 15, u32(1), "x", 6, 13))
	f.Add([]byte(strings.Repeat("\x0a\x00\x00\x00\x01", 20)))
	f.Fuzz(func(t *testing.T, in []byte) {
		values, err := ParseAMF0(in, Limits{})
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrLimit) {
				t.Errorf("the error is neither: %v", err)
			}
			return
		}
		written := AppendAMF0(nil, values...)
		again, err := ParseAMF0(written, Limits{})
		if err != nil {
			t.Fatalf("%v cannot be read again: %v", values, err)
		}
		if once := AppendAMF0(nil, again...); !bytes.Equal(once, written) { // NaN is not equal to itself
			t.Errorf("%v became %v", values, again)
		}
	})
}

package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// script is octets, written as people read them.
func script(parts ...any) []byte {
	var b []byte
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			b = append(b, byte(p))
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		default:
			panic(fmt.Sprintf("%T", p))
		}
	}
	return b
}

func u24(n int) []byte { return []byte{byte(n >> 16), byte(n >> 8), byte(n)} }
func u32(n uint32) []byte {
	return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

var stream1 = []byte{1, 0, 0, 0}

// whole is a chunk with a header of format 0, for stream 1.
func whole(id, time, length int, t Type, body string) []byte {
	return script(id, u24(time), u24(length), int(t), stream1, body)
}

func chunks(b []byte, l Limits) *chunkReader {
	return newChunkReader(bufio.NewReader(bytes.NewReader(b)), l.orDefaults())
}

// all reads what there is, as "type stream timestamp body".
func all(r *chunkReader) (messages []string, err error) {
	for {
		m, err := r.read()
		if err != nil {
			return messages, err
		}
		messages = append(messages, fmt.Sprintf("%d %d %d %.20s/%d", m.Type, m.Stream, m.Timestamp, m.Body, len(m.Body)))
	}
}

func TestChunksBecomeMessages(t *testing.T) {
	long := strings.Repeat("a", 128)
	for _, c := range []struct {
		name string
		in   []byte
		want []string
	}{
		{"one message", whole(4, 7, 3, Audio, "abc"), []string{"8 1 7 abc/3"}},
		{"an empty one", whole(4, 7, 0, Audio, ""), []string{"8 1 7 /0"}},
		{"in three chunks", script(whole(6, 7, 258, Video, long), 3<<6|6, long, 3<<6|6, "bc"), []string{"9 1 7 aaaaaaaaaaaaaaaaaaaa/258"}},
		{"sound between a picture's chunks",
			script(whole(6, 7, 130, Video, long), whole(4, 8, 1, Audio, "s"), 3<<6|6, "bc", 3<<6|4, "t"),
			[]string{"8 1 8 s/1", "9 1 7 aaaaaaaaaaaaaaaaaaaa/130", "8 1 16 t/1"}},
		{"deltas", script(whole(4, 100, 1, Audio, "a"), 1<<6|4, u24(20), u24(2), int(Audio), "bb", 2<<6|4, u24(30), "cc", 3<<6|4, "dd"),
			[]string{"8 1 100 a/1", "8 1 120 bb/2", "8 1 150 cc/2", "8 1 180 dd/2"}},
		{"no header after the first: its timestamp is the delta (§5.3.1.2.4)",
			script(whole(4, 23, 1, Audio, "a"), 3<<6|4, "b", 3<<6|4, "c"), []string{"8 1 23 a/1", "8 1 46 b/1", "8 1 69 c/1"}},
		{"no header after the first, when that cannot be meant",
			script(whole(4, 3_600_000, 1, Audio, "a"), 3<<6|4, "b"), []string{"8 1 3600000 a/1", "8 1 3600000 b/1"}},
		{"a stream that begins with format 1", script(1<<6|4, u24(20), u24(1), int(Audio), "a"), []string{"8 0 20 a/1"}},
		{"chunk stream 64 in two octets", script(0, 0, u24(5), u24(1), 8, stream1, "a", 3<<6, 0, "b"), []string{"8 1 5 a/1", "8 1 10 b/1"}},
		{"chunk stream 321 in three octets", script(1, 1, 1, u24(5), u24(1), 8, stream1, "a", 3<<6|1, 1, 1, "b"), []string{"8 1 5 a/1", "8 1 10 b/1"}},
		{"one chunk stream in both ways", script(0, 1, u24(5), u24(1), 8, stream1, "a", 3<<6|1, 1, 0, "b"), []string{"8 1 5 a/1", "8 1 10 b/1"}},
		{"an extended timestamp",
			script(4, u24(0xffffff), u24(1), 8, stream1, u32(0x1000000), "a"), []string{"8 1 16777216 a/1"}},
		{"the largest that is none, and the smallest",
			script(whole(4, 0xfffffe, 1, Audio, "a"), 4, u24(0xffffff), u24(1), 8, stream1, u32(0xffffff), "b"),
			[]string{"8 1 16777214 a/1", "8 1 16777215 b/1"}},
		{"an extended timestamp, repeated in each chunk",
			script(6, u24(0xffffff), u24(130), 9, stream1, u32(0x1000000), long, 3<<6|6, u32(0x1000000), "bc"),
			[]string{"9 1 16777216 aaaaaaaaaaaaaaaaaaaa/130"}},
		{"an extended timestamp, not repeated",
			script(6, u24(0xffffff), u24(132), 9, stream1, u32(0x1000000), long, 3<<6|6, "bcde"),
			[]string{"9 1 16777216 aaaaaaaaaaaaaaaaaaaa/132"}},
		{"an extended delta, repeated as what it is",
			script(whole(6, 1, 130, Video, long), 3<<6|6, "bc", 2<<6|6, u24(0xffffff), u32(0x1000000), long, 3<<6|6, u32(0x1000000), "bc"),
			[]string{"9 1 1 aaaaaaaaaaaaaaaaaaaa/130", "9 1 16777217 aaaaaaaaaaaaaaaaaaaa/130"}},
		{"an extended delta, repeated as the timestamp",
			script(whole(6, 1, 130, Video, long), 3<<6|6, "bc", 2<<6|6, u24(0xffffff), u32(0x1000000), long, 3<<6|6, u32(0x1000001), "bc"),
			[]string{"9 1 1 aaaaaaaaaaaaaaaaaaaa/130", "9 1 16777217 aaaaaaaaaaaaaaaaaaaa/130"}},
		{"an extended timestamp, and the same moment again without a header",
			script(4, u24(0xffffff), u24(1), 8, stream1, u32(0x1000000), "a", 3<<6|4, u32(0x1000000), "b"),
			[]string{"8 1 16777216 a/1", "8 1 16777216 b/1"}},
		{"the timestamp wraps",
			script(4, u24(0xffffff), u24(1), 8, stream1, u32(0xfffffff0), "a", 2<<6|4, u24(0x20), "b"),
			[]string{"8 1 4294967280 a/1", "8 1 16 b/1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := all(chunks(c.in, Limits{}))
			if fmt.Sprint(got) != fmt.Sprint(c.want) || !errors.Is(err, io.EOF) {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestBrokenChunksAreErrors(t *testing.T) {
	long := strings.Repeat("a", 128)
	for _, c := range []struct {
		name string
		in   []byte
		want error
	}{
		{"nothing known to go on with", script(3<<6|4, "a"), ErrMalformed},
		{"a delta to nothing", script(2<<6|4, u24(1), "a"), ErrMalformed},
		{"a header in the middle of a message", script(whole(6, 7, 130, Video, long), whole(6, 7, 3, Video, "abc")), ErrMalformed},
		{"the end in a basic header", script(0), io.ErrUnexpectedEOF},
		{"the end in a header", script(4, 0, 0), io.ErrUnexpectedEOF},
		{"the end in an extended timestamp", script(4, u24(0xffffff), u24(1), 8, stream1, 1), io.ErrUnexpectedEOF},
		{"the end in a body", whole(4, 0, 3, Audio, "ab"), io.ErrUnexpectedEOF},
		{"too long a message", whole(4, 0, 32<<10+1, Audio, ""), ErrLimit},
		{"too many chunk streams", script(
			whole(3, 0, 1, Audio, "a"), whole(4, 0, 1, Audio, "a"), whole(5, 0, 1, Audio, "a"), whole(6, 0, 1, Audio, "a"),
			whole(7, 0, 1, Audio, "a"), whole(8, 0, 1, Audio, "a"), whole(9, 0, 1, Audio, "a"), whole(10, 0, 1, Audio, "a"),
			whole(11, 0, 1, Audio, "a")), ErrLimit},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := all(chunks(c.in, Limits{})); !errors.Is(err, c.want) || errors.Is(err, io.EOF) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// A peer that announces much and sends little costs little.
func TestMemoryFollowsWhatHasCome(t *testing.T) {
	var in []byte
	for id := 3; id < 11; id++ { // eight messages of 4 MiB, of which 128 octets come
		in = append(in, whole(id, 0, 4<<20, Video, strings.Repeat("a", 128))...)
	}
	r := chunks(in, Limits{})
	r.message, r.memory = r.limits.Message, 2*r.limits.Message
	if _, err := all(r); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if r.taken != 8*growth {
		t.Errorf("%d octets are taken, want %d", r.taken, 8*growth)
	}
	for _, s := range r.streams {
		if cap(s.body) > growth {
			t.Errorf("chunk stream %d has %d octets for %d", s.id, cap(s.body), len(s.body))
		}
	}
}

func TestUnfinishedMessagesShareOneBudget(t *testing.T) {
	body := strings.Repeat("a", 128)
	in := script(whole(3, 0, 30<<10, Video, body), whole(4, 0, 30<<10, Video, body))
	for range 200 {
		in = append(in, script(3<<6|3, body, 3<<6|4, body)...)
	}
	r := chunks(in, Limits{})
	if _, err := all(r); !errors.Is(err, ErrLimit) {
		t.Errorf("got %v, want ErrLimit", err)
	}
	if r.taken > r.memory {
		t.Errorf("%d octets are taken, of %d", r.taken, r.memory)
	}
}

// A message of the full length fits, whatever came before it.
func TestLongestMessageFits(t *testing.T) {
	body := strings.Repeat("a", 128)
	var in []byte
	for _, id := range []int{3, 4, 5} {
		in = append(in, whole(id, 0, 32<<10, Video, body)...)
		for range 255 {
			in = append(in, script(3<<6|id, body)...)
		}
	}
	for _, authorised := range []bool{false, true} {
		r := chunks(in, Limits{Message: 32 << 10})
		if authorised {
			r.memory = 2 * r.message
		}
		if got, err := all(r); len(got) != 3 || !errors.Is(err, io.EOF) {
			t.Errorf("authorised %t: got %d messages, %v", authorised, len(got), err)
		}
	}
}

func TestAbortedMessageIsForgotten(t *testing.T) {
	r := chunks(script(whole(6, 7, 130, Video, strings.Repeat("a", 128)), whole(4, 0, 1, Audio, "s"), whole(6, 9, 3, Video, "abc")), Limits{})
	if m, err := r.read(); m.Type != Audio || err != nil {
		t.Fatalf("got %v, %v", m, err)
	}
	r.abort(6)
	r.abort(5) // nothing is there
	if m, err := r.read(); string(m.Body) != "abc" || m.Timestamp != 9 || err != nil {
		t.Errorf("got %q at %d, %v, want what begins after the abort", m.Body, m.Timestamp, err)
	}
}

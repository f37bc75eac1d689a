package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// pair returns a client and a server that have shaken hands, and the server's
// raw connection.
func pair(t *testing.T, l Limits) (client, server *Conn, clientNet, serverNet net.Conn) {
	t.Helper()
	clientNet, serverNet = pipe(t)
	accepted := make(chan error, 1)
	go func() {
		var err error
		server, err = Accept(serverNet, l)
		accepted <- err
	}()
	client, err := Open(clientNet, l)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-accepted; err != nil {
		t.Fatal(err)
	}
	return client, server, clientNet, serverNet
}

// send writes without waiting until somebody reads.
func send(t *testing.T, c *Conn, messages ...Message) {
	written := make(chan error, 1)
	go func() { written <- c.Write(messages...) }()
	t.Cleanup(func() {
		if err := <-written; err != nil {
			t.Errorf("write: %v", err)
		}
	})
}

func TestMessagesComeAsTheyWent(t *testing.T) {
	var want []Message
	for i, size := range []int{0, 1, 127, 128, 129, 4096, 30000} {
		for _, stamp := range []uint32{0, 0xfffffe, 0xffffff, 0x1000000, 0xffffffff} {
			want = append(want, Message{[]Type{Audio, Video, CommandAMF0, DataAMF0}[i%4], 1, stamp, bytes.Repeat([]byte{byte(i)}, size)})
		}
	}
	for _, size := range []uint32{128, 1, 4096, 64 << 10} {
		client, server, _, _ := pair(t, Limits{})
		server.Admit()
		send(t, client, append([]Message{ChunkSize(size), Window(1 << 30), PeerBandwidth(1 << 30), StreamBegin(1)}, want...)...)
		for i, w := range want {
			got, err := server.Read()
			if err != nil {
				t.Fatalf("chunks of %d: message %d: %v", size, i, err)
			}
			if got.Type != w.Type || got.Stream != w.Stream || got.Timestamp != w.Timestamp || !bytes.Equal(got.Body, w.Body) {
				t.Errorf("chunks of %d: got %v %d %d with %d octets, want %v %d %d with %d", size,
					got.Type, got.Stream, got.Timestamp, len(got.Body), w.Type, w.Stream, w.Timestamp, len(w.Body))
			}
			if i == len(want)/2 {
				server.Authorise() // in the middle of what is buffered
				server.Authorise()
			}
		}
	}
}

func TestLongMessagesNeedAuthorisation(t *testing.T) {
	long := Message{Type: Video, Stream: 1, Body: make([]byte, 1<<20)}
	_, server, raw, _ := pair(t, Limits{})
	go raw.Write(whole(6, 0, 1<<20, Video, ""))
	if _, err := server.Read(); !errors.Is(err, ErrLimit) {
		t.Errorf("before: got %v, want ErrLimit", err)
	}
	client, server, _, _ := pair(t, Limits{})
	server.Authorise()
	send(t, client, long)
	if m, err := server.Read(); len(m.Body) != 1<<20 || err != nil {
		t.Errorf("after: got %d octets, %v", len(m.Body), err)
	}
}

func TestStrangersMayNotTalkForEver(t *testing.T) {
	client, server, _, _ := pair(t, Limits{})
	sound := Message{Type: Audio, Body: make([]byte, 10000)}
	send(t, client, slices.Repeat([]Message{sound}, 30)...)
	var err error
	n := 0
	for ; err == nil; n++ {
		_, err = server.Read()
	}
	if !errors.Is(err, ErrLimit) || n < 25 {
		t.Errorf("after %d messages: %v, want ErrLimit", n, err)
	}
	server.Admit()
	if _, err := server.Read(); err != nil {
		t.Errorf("after it was let in: %v", err)
	}
	for range 30 - n - 1 {
		if _, err := server.Read(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPingIsAnswered(t *testing.T) {
	client, server, raw, _ := pair(t, Limits{})
	send(t, client, Message{Type: UserControl, Body: script(0, 6, u32(77))}, Message{Type: Audio})
	answer := make([]byte, 12+6)
	answered := make(chan error, 1)
	go func() {
		_, err := io.ReadFull(raw, answer)
		answered <- err
	}()
	if m, err := server.Read(); m.Type != Audio || err != nil {
		t.Fatalf("got %v, %v", m, err)
	}
	if err := <-answered; err != nil || !bytes.Equal(answer[12:], script(0, 7, u32(77))) {
		t.Errorf("answered %x, %v", answer, err)
	}
}

func TestWhatHasComeIsAcknowledged(t *testing.T) {
	client, server, raw, _ := pair(t, Limits{})
	server.Authorise()
	send(t, client, Window(1), Message{Type: Video, Body: make([]byte, leastWindow)}, Message{Type: Audio})
	answer := make([]byte, 12+4)
	answered := make(chan error, 1)
	go func() {
		_, err := io.ReadFull(raw, answer)
		answered <- err
	}()
	for _, want := range []Type{Video, Audio} {
		if m, err := server.Read(); m.Type != want || err != nil {
			t.Fatalf("got %v, %v", m.Type, err)
		}
	}
	got, _ := number(answer[12:])
	if err := <-answered; err != nil || Type(answer[7]) != Acknowledgement || got < leastWindow {
		t.Errorf("answered %x, %v", answer, err)
	}
}

func TestControlThatIsRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		m    Message
		want error
	}{
		{"a chunk size of 0", ChunkSize(0), ErrMalformed},
		{"a chunk size of 2^31", ChunkSize(1 << 31), ErrMalformed},
		{"a chunk size of 64 KiB and one", ChunkSize(64<<10 + 1), ErrLimit},
		{"half a chunk size", Message{Type: SetChunkSize, Body: []byte{1}}, ErrMalformed},
		{"half a window", Message{Type: WindowSize, Body: []byte{1}}, ErrMalformed},
		{"half an abort", Message{Type: Abort, Body: []byte{1}}, ErrMalformed},
		{"half an event", Message{Type: UserControl, Body: []byte{1}}, ErrMalformed},
		{"half a message in an aggregate", Message{Type: Aggregate, Body: []byte{8}}, ErrMalformed},
		{"a message that is longer than its aggregate", Message{Type: Aggregate, Body: script(8, u24(9), u24(0), 0, u24(0), "abc")}, ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, server, raw, _ := pair(t, Limits{})
			var w chunkWriter
			w.size = defaultChunkSize
			w.message(c.m)
			go raw.Write(w.buffer)
			if _, err := server.Read(); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestControlThatIsTolerated(t *testing.T) {
	client, server, _, _ := pair(t, Limits{})
	send(t, client,
		Message{Type: Acknowledgement}, Message{Type: SetPeerBandwidth},
		Message{Type: UserControl, Body: script(0, 3, u32(1), u32(3000))}, // the length of a player's buffer
		Message{Type: UserControl, Body: script(0, 6)},
		Message{Type: Abort, Body: u32(9)}, Message{Type: Aggregate},
		Message{Type: Audio, Body: []byte("still here")})
	if m, err := server.Read(); string(m.Body) != "still here" || err != nil {
		t.Errorf("got %q, %v", m.Body, err)
	}
}

func TestAggregateIsTakenApart(t *testing.T) {
	tag := func(t Type, time int, body string) []byte {
		return script(int(t), u24(len(body)), u24(time), 0, u24(0), body, u32(uint32(11+len(body))))
	}
	body := script(tag(Video, 1000, "picture"), tag(CommandAMF0, 1000, "none of these"), tag(Audio, 1020, "sound"), tag(DataAMF0, 1040, "data"))
	client, server, _, _ := pair(t, Limits{})
	send(t, client,
		Message{Type: Aggregate, Stream: 1, Timestamp: 5000, Body: body[:len(body)-4]}, // without the last pointer back
		Message{Type: Audio, Stream: 1, Timestamp: 5060, Body: []byte("after")})
	for _, want := range []string{"9 1 5000 picture", "8 1 5020 sound", "18 1 5040 data", "8 1 5060 after"} {
		m, err := server.Read()
		if got := fmt.Sprintf("%d %d %d %s", m.Type, m.Stream, m.Timestamp, m.Body); got != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestIdleConnectionEndsReading(t *testing.T) {
	_, server, raw, _ := pair(t, Limits{})
	server.SetIdle(10 * time.Millisecond)
	if _, err := server.Read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want a deadline", err)
	}
	// An octet now and then keeps it.
	_, server, raw, _ = pair(t, Limits{})
	server.SetIdle(time.Minute)
	go func() {
		for _, b := range whole(4, 0, 3, Audio, "abc") {
			raw.Write([]byte{b})
		}
	}()
	if m, err := server.Read(); string(m.Body) != "abc" || err != nil {
		t.Errorf("got %q, %v", m.Body, err)
	}
}

func TestInterruptEndsReadingForGood(t *testing.T) {
	client, server, raw, _ := pair(t, Limits{})
	server.SetIdle(time.Minute)
	ended := make(chan error, 1)
	go func() {
		_, err := server.Read()
		ended <- err
	}()
	raw.Write([]byte{4}) // it waits for the rest
	server.Interrupt()
	if err := <-ended; !errors.Is(err, ErrInterrupted) {
		t.Errorf("got %v, want ErrInterrupted", err)
	}
	for _, again := range []func(){func() {}, func() { server.SetIdle(time.Minute) }, func() { server.SetReadDeadline(time.Time{}) }} {
		again()
		if _, err := server.Read(); err == nil {
			t.Error("it reads on")
		}
	}
	send(t, server, Message{Type: Audio, Body: []byte("good bye")})
	if m, err := client.Read(); string(m.Body) != "good bye" || err != nil {
		t.Errorf("got %q, %v", m.Body, err)
	}
}

func TestWriteGivesUp(t *testing.T) {
	_, server, _, _ := pair(t, Limits{})
	server.SetWriteTimeout(10 * time.Millisecond)
	if err := server.Write(Message{Type: Audio}); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want a deadline", err)
	}
}

func TestLargeBuffersAreNotKept(t *testing.T) {
	w := chunkWriter{size: defaultChunkSize}
	for _, size := range []int{10, 1 << 20, 10} {
		w.add([]Message{{Type: Video, Body: make([]byte, size)}})
		if err := w.flush(io.Discard); err != nil {
			t.Fatal(err)
		}
		if cap(w.buffer) > keptBuffer {
			t.Errorf("%d octets are kept after a message of %d", cap(w.buffer), size)
		}
	}
}

func TestTypesHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for typ := Type(1); typ <= 22; typ++ {
		name := typ.String()
		if name == "" || strings.ToLower(name) != name {
			t.Errorf("type %d is called %q", typ, name)
		}
		seen[name] = true
	}
	if len(seen) != 20 { // data and command have two types each
		t.Errorf("%d names", len(seen))
	}
}

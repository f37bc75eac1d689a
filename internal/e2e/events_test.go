package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/protobuf/proto"

	"lectern/internal/hook"
	"lectern/internal/kafka/wire"
)

// hearer is a webhook's receiver: the types of what it was told with a good
// signature, with the name of the stream or room.
type hearer struct {
	*httptest.Server
	told chan string
}

func startHearer(t *testing.T, secret string) *hearer {
	t.Helper()
	h := &hearer{told: make(chan string, 1000)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		var seconds int64
		_, _ = fmt.Sscan(r.Header.Get(hook.HeaderTimestamp), &seconds)
		if r.Header.Get(hook.HeaderSignature) != hook.Sign(secret, time.Unix(seconds, 0), string(body)) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		var e struct{ Type, Stream, Room string }
		if json.Unmarshal(body, &e) == nil {
			h.told <- e.Type + " " + e.Stream + e.Room
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// want waits for words in their order; others may come between.
func want(t *testing.T, where string, heard <-chan string, words ...string) {
	t.Helper()
	late := time.After(20 * time.Second)
	var others []string
	for len(words) > 0 {
		select {
		case word := <-heard:
			if word == words[0] {
				words = words[1:]
				continue
			}
			others = append(others, word)
		case <-late:
			t.Fatalf("%s is not told %q, but %q", where, words, others)
		}
	}
}

// A stream, a class and the end of the server are told to a webhook and to
// Kafka, and Kafka gets the stream's packets.
func TestOthersAreToldWhatHappens(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.AllowAutoTopicCreation(), kfake.DefaultNumPartitions(1))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	const secret = "a secret that both know"
	hearer := startHearer(t, secret)
	file := filepath.Join(t.TempDir(), "lectern.yaml")
	settings := fmt.Sprintf("webhooks:\n  - {url: %q, secret: %q}\nkafka:\n  brokers: %s\n  raw_streams: [live/demo]\n",
		hearer.URL+"/hear?key=canary", secret, cluster.ListenAddrs()[0])
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, "--config", file, "--demo.stream", "demo")

	events, packets := follow(t, cluster.ListenAddrs())
	for where, heard := range map[string]<-chan string{"the webhook": hearer.told, "Kafka": events} {
		want(t, where, heard, "stream.live live/demo")
	}
	gapless(t, packets)

	response, err := http.Post(s.url+"/api/v1/rooms", "application/json", strings.NewReader(`{"id":"hall"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var made struct{ Links struct{ Teacher string } }
	if err := json.NewDecoder(response.Body).Decode(&made); err != nil {
		t.Fatal(err)
	}
	_, invite, _ := strings.Cut(made.Links.Teacher, "#i=")
	c := &class{t: t, server: s, room: "hall"}
	teacher, err := c.enterClass(invite, "Ms Noether")
	if err != nil {
		t.Fatal(err)
	}
	if err := teacher.ask("room.end", map[string]any{}, nil); err != nil {
		t.Fatal(err)
	}
	lesson := []string{"room.started hall", "person.joined hall", "stage.changed hall", "room.ended hall"}
	want(t, "the webhook", hearer.told, lesson...)
	want(t, "Kafka", events, lesson...)

	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.exited
	want(t, "the webhook", hearer.told, "stream.waiting live/demo")
	want(t, "Kafka", events, "stream.waiting live/demo")
	if text := s.log.String(); strings.Contains(text, "canary") || strings.Contains(text, secret) {
		t.Error("the log has a secret in it")
	}
}

// follow reads both topics.
func follow(t *testing.T, brokers []string) (events <-chan string, packets <-chan *wire.Packet) {
	t.Helper()
	consumer, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics("lectern.events", "raw_stream"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.UnknownTopicRetries(-1), kgo.MetadataMinAge(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	told, media, ended := make(chan string, 1000), make(chan *wire.Packet, 100_000), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			fetches := consumer.PollFetches(context.Background())
			if fetches.IsClientClosed() {
				return
			}
			fetches.EachRecord(func(r *kgo.Record) {
				e, p := &wire.Event{}, &wire.Packet{}
				switch {
				case r.Topic == "raw_stream" && proto.Unmarshal(r.Value, p) == nil:
					media <- p
				case r.Topic != "raw_stream" && proto.Unmarshal(r.Value, e) == nil:
					told <- e.Type + " " + e.GetStream().GetName() + e.GetRoom().GetId()
				}
			})
		}
	}()
	t.Cleanup(func() { consumer.Close(); <-ended })
	return told, media
}

// gapless looks at a second of the demo.
func gapless(t *testing.T, packets <-chan *wire.Packet) {
	t.Helper()
	last, count, late := map[wire.Kind]uint16{}, map[wire.Kind]int{}, time.After(20*time.Second)
	for count[wire.Kind_KIND_AUDIO] < 50 || count[wire.Kind_KIND_VIDEO] < 50 {
		select {
		case m := <-packets:
			var p rtp.Packet
			if err := p.Unmarshal(m.Rtp); err != nil || m.Stream != "live/demo" {
				t.Fatalf("%v of %s", err, m.Stream)
			}
			if n := count[m.Kind]; n > 0 && p.SequenceNumber != last[m.Kind]+1 {
				t.Errorf("%v: %d follows %d", m.Kind, p.SequenceNumber, last[m.Kind])
			} else if n == 0 && m.Kind == wire.Kind_KIND_VIDEO && (!m.KeyFrame || m.Codec.MimeType != "video/VP8") {
				t.Errorf("begins with %v of %v", m.KeyFrame, m.Codec)
			}
			last[m.Kind] = p.SequenceNumber
			count[m.Kind]++
		case <-late:
			t.Fatalf("only %v packets have come", count)
		}
	}
}

package kafka

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"google.golang.org/protobuf/proto"

	"lectern/internal/event"
	"lectern/internal/kafka/wire"
	"lectern/internal/testlog"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// cluster is Kafka, in this process.
func cluster(t *testing.T, more ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.AllowAutoTopicCreation(), kfake.DefaultNumPartitions(1)}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// lab is a Sink with what it reads.
type lab struct {
	*Sink
	router *sfu.Router
	events *event.Log
	lines  *testlog.Log
	stop   func() // ends Run
}

func start(t *testing.T, o Options) *lab {
	t.Helper()
	l := &lab{router: sfu.NewRouter(sfu.Options{}), events: event.NewLog(), lines: &testlog.Log{}}
	t.Cleanup(l.router.Close)
	f := event.Follow(l.router, l.events)
	t.Cleanup(f.Close)
	o.Log = slog.New(slog.NewTextHandler(l.lines, nil))
	var err error
	if l.Sink, err = New(l.router, l.events, o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	l.stop = func() { cancel(); running.Wait() }
	t.Cleanup(l.stop)
	return l
}

// consumer reads a topic from its beginning.
type consumer struct {
	t      *testing.T
	client *kgo.Client
	got    []*kgo.Record
}

func consume(t *testing.T, topic string, brokers []string, more ...kgo.Opt) *consumer {
	t.Helper()
	client, err := kgo.NewClient(append(more, kgo.SeedBrokers(brokers...), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.MetadataMinAge(50*time.Millisecond), kgo.UnknownTopicRetries(-1))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &consumer{t: t, client: client}
}

// next waits for the next record.
func (c *consumer) next() *kgo.Record {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	for len(c.got) == 0 {
		fetched := c.client.PollFetches(ctx)
		if ctx.Err() != nil {
			c.t.Fatalf("nothing has come: %v", fetched.Errors())
		}
		c.got = fetched.Records()
	}
	r := c.got[0]
	c.got = c.got[1:]
	return r
}

func (c *consumer) event() (*wire.Event, *kgo.Record) {
	c.t.Helper()
	r, m := c.next(), &wire.Event{}
	if err := proto.Unmarshal(r.Value, m); err != nil {
		c.t.Fatal(err)
	}
	if len(r.Headers) != 1 || r.Headers[0].Key != "type" || string(r.Headers[0].Value) != m.Type {
		c.t.Errorf("headers %v of %s", r.Headers, m.Type)
	}
	return m, r
}

func (c *consumer) packet() (*wire.Packet, rtp.Packet) {
	c.t.Helper()
	r, m, p := c.next(), &wire.Packet{}, rtp.Packet{}
	if err := proto.Unmarshal(r.Value, m); err != nil {
		c.t.Fatal(err)
	}
	if err := p.Unmarshal(m.Rtp); err != nil {
		c.t.Fatal(err)
	}
	if string(r.Key) != m.Stream {
		c.t.Errorf("key %q of %q", r.Key, m.Stream)
	}
	return m, p
}

func happen(l *event.Log, from, to int) {
	for n := from; n < to; n++ {
		l.Add(event.Event{Type: event.StreamViewers, Stream: &event.Stream{Name: "live/cam1", Viewers: n}})
	}
}

func TestEventsAreWritten(t *testing.T) {
	sfutest.NoLeaks(t)
	c := cluster(t)
	l := start(t, Options{Brokers: c.ListenAddrs()})
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	anna := &event.Person{Member: "1", Identity: "anna", Name: "Anna", Role: "teacher"}
	all := []event.Event{
		{Type: event.StreamLive, At: at, Stream: &event.Stream{Name: "live/cam1", Viewers: 3}},
		{Type: event.RoomStarted, At: at, Room: &event.Room{ID: "math"}},
		{Type: event.PersonJoined, At: at, Room: &event.Room{ID: "math", Person: anna}},
		{Type: event.StageChanged, At: at, Room: &event.Room{ID: "math", Seat: &event.Seat{Number: 2, Person: anna}}},
		{Type: event.StageChanged, At: at, Room: &event.Room{ID: "math", Seat: &event.Seat{Number: 0, Stream: "live/cam1"}}},
		{Type: event.RoomEnded, At: at, Room: &event.Room{ID: "math", Reason: "ended"}},
	}
	for _, e := range all {
		l.events.Add(e)
	}
	got := consume(t, "lectern.events", c.ListenAddrs())
	for n, e := range all {
		m, r := got.event()
		if m.Id != l.events.ID(uint64(n+1)) || m.Type != string(e.Type) || !m.At.AsTime().Equal(at) || string(r.Key) != e.Subject() || r.Timestamp.UnixMilli() != at.UnixMilli() {
			t.Errorf("got %v with key %q, want %+v", m, r.Key, e)
		}
		switch {
		case e.Stream != nil && (m.GetStream().GetName() != "live/cam1" || m.GetStream().GetViewers() != 3):
			t.Errorf("got %v", m)
		case e.Type == event.PersonJoined && (m.GetRoom().GetPerson().GetIdentity() != "anna" || m.GetRoom().GetPerson().GetRole() != "teacher"):
			t.Errorf("got %v", m)
		case n == 3 && (m.GetRoom().GetSeat().GetNumber() != 2 || m.GetRoom().GetSeat().GetPerson().GetName() != "Anna"):
			t.Errorf("got %v", m)
		case n == 4 && (m.GetRoom().GetSeat().GetStream() != "live/cam1" || m.GetRoom().GetSeat().GetPerson() != nil):
			t.Errorf("got %v", m)
		case e.Type == event.RoomEnded && m.GetRoom().GetReason() != "ended":
			t.Errorf("got %v", m)
		}
	}
	happen(l.events, 0, 100)
	l.stop() // what is there is written all the same
	for n := range 100 {
		if m, _ := got.event(); m.GetStream().GetViewers() != uint32(n) {
			t.Fatalf("got %v, want %d", m, n)
		}
	}
	if s := l.Events(); s != (Stats{Produced: 106}) {
		t.Errorf("counted %+v", s)
	}
	if got := l.lines.String(); got != "" {
		t.Errorf("logged\n%s", got)
	}
}

// publisher publishes made-up media, two tracks.
type publisher struct {
	t            *testing.T
	audio, video *sfu.Track
	asked        atomic.Int32 // for key frames
	n            int
}

func publish(t *testing.T, r *sfu.Router, name string) *publisher {
	t.Helper()
	p := &publisher{t: t}
	publication, err := r.Publish(name, sfu.PublishOptions{Identity: "anna", Protocol: "whip", RequestKeyFrame: func(*sfu.Track) { p.asked.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { publication.Close(nil) })
	if p.video, err = publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8}); err != nil {
		t.Fatal(err)
	}
	if p.audio, err = publication.AddTrack(sfu.TrackInfo{Kind: sfu.Audio, Codec: sfutest.Opus}); err != nil {
		t.Fatal(err)
	}
	return p
}

// picture writes one packet of video, with one of sound.
func (p *publisher) picture(key bool) {
	p.t.Helper()
	p.n++
	video := sfutest.VP8Packet(uint16(65500+p.n), uint32(p.n)*3000, key)
	video.Arrival, video.Payload = time.Now(), append(video.Payload, byte(p.n>>8), byte(p.n)) // each is another
	if err := p.video.Write(video); err != nil {
		p.t.Fatal(err)
	}
	audio := &sfu.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(p.n), Timestamp: uint32(p.n) * 960}, Payload: []byte{0xfc, byte(p.n >> 8), byte(p.n)}, Arrival: time.Now()}
	if err := p.audio.Write(audio); err != nil {
		p.t.Fatal(err)
	}
}

// What is in raw_stream is what a viewer gets who has come at the same time.
func TestPacketsAreThoseOfAViewer(t *testing.T) {
	sfutest.NoLeaks(t)
	c := cluster(t)
	l := start(t, Options{Brokers: c.ListenAddrs(), RawStreams: []string{"live/cam*"}})
	other := publish(t, l.router, "live/secret")
	other.picture(true)
	p := publish(t, l.router, "live/cam1")
	p.picture(true)
	for i, ok := l.router.Info("live/cam1"); !ok || i.Viewers == 0; i, ok = l.router.Info("live/cam1") { // it joins
		time.Sleep(time.Millisecond)
	}
	viewer, err := l.router.Join("live/cam1")
	if err != nil {
		t.Fatal(err)
	}
	defer viewer.Close()
	seen := map[sfu.Kind]*sfutest.Recorder{sfu.Audio: sfutest.NewRecorder(), sfu.Video: sfutest.NewRecorder()}
	for kind, r := range seen {
		if _, err := viewer.Subscribe(kind, r); err != nil {
			t.Fatal(err)
		}
	}
	const pictures = 300
	for n := range pictures {
		p.picture(n%50 == 49)
		if n%10 == 0 {
			seen[sfu.Video].Wait(t, n) // no faster than a worker takes them
		}
	}
	want := map[wire.Kind][]sfu.Forwarded{
		wire.Kind_KIND_AUDIO: seen[sfu.Audio].Wait(t, pictures),
		wire.Kind_KIND_VIDEO: seen[sfu.Video].Wait(t, pictures+1),
	}
	got := consume(t, "raw_stream", c.ListenAddrs())
	n, shift := map[wire.Kind]int{}, map[wire.Kind][2]uint32{}
	for n[wire.Kind_KIND_AUDIO] < pictures || n[wire.Kind_KIND_VIDEO] < pictures+1 {
		m, packet := got.packet()
		if m.Stream != "live/cam1" || time.Since(m.Arrival.AsTime()) > time.Minute {
			t.Fatalf("got %v", m)
		}
		if n[m.Kind] == 0 && !bytes.Equal(packet.Payload, want[m.Kind][0].Payload) {
			continue // of before the viewer came
		}
		f := want[m.Kind][n[m.Kind]]
		s := shift[m.Kind]
		if n[m.Kind] == 0 {
			s[0] = uint32(packet.SequenceNumber - f.SequenceNumber)
		}
		if n[m.Kind] <= pictures/2 { // at first, each catches up with the present at its own pace
			s[1] = packet.Timestamp - f.Timestamp
		}
		shift[m.Kind] = s
		if !bytes.Equal(packet.Payload, f.Payload) || packet.Marker != f.Header.Marker || m.KeyFrame != f.KeyFrame() ||
			packet.SequenceNumber-f.SequenceNumber != uint16(s[0]) || packet.Timestamp-f.Timestamp != s[1] {
			t.Fatalf("%v %d is %+v, %v; the viewer has %+v", m.Kind, n[m.Kind], packet.Header, m.KeyFrame, f.Header)
		}
		if c := f.Track().Codec; m.Codec.MimeType != c.MimeType || m.Codec.ClockRate != c.ClockRate || m.Codec.Channels != uint32(c.Channels) {
			t.Fatalf("codec %v, want %+v", m.Codec, c)
		}
		n[m.Kind]++
	}
	if s := l.Raw(); s.Dropped+s.Failed != 0 {
		t.Errorf("counted %+v", s)
	}
	t.Logf("%d packets of sound and %d of pictures are the viewer's", n[wire.Kind_KIND_AUDIO], n[wire.Kind_KIND_VIDEO])
}

// Without a broker everything goes on, with one line in the log; when there is
// one, it gets what has happened since, each event once.
func TestABrokerThatComesLate(t *testing.T) {
	sfutest.NoLeaks(t)
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := nobody.Addr().(*net.TCPAddr).Port
	nobody.Close()
	l := start(t, Options{Brokers: []string{fmt.Sprintf("127.0.0.1:%d", port)}, RawStreams: []string{"*"}})
	p := publish(t, l.router, "live/cam1")
	p.picture(true)
	happen(l.events, 0, 500)
	viewer, err := l.router.Join("live/cam1")
	if err != nil {
		t.Fatal(err)
	}
	defer viewer.Close()
	seen := sfutest.NewRecorder()
	if _, err := viewer.Subscribe(sfu.Audio, seen); err != nil {
		t.Fatal(err)
	}
	const pictures = 200
	for range pictures {
		p.picture(false)
	}
	seen.Wait(t, pictures) // media go on
	for deadline := time.Now().Add(10 * time.Second); strings.Count(l.lines.String(), "does not take") < 2; {
		if time.Now().After(deadline) {
			t.Fatalf("logged\n%s", l.lines)
		}
		time.Sleep(time.Millisecond)
	}
	c := cluster(t, kfake.Ports(port))
	got := consume(t, "lectern.events", c.ListenAddrs())
	next := uint32(0)
	for next < 500 {
		m, _ := got.event()
		if m.Type != string(event.StreamViewers) || m.GetStream().Viewers != next {
			if m.Type == string(event.StreamViewers) && m.GetStream().Viewers < 3 || m.Type == string(event.StreamLive) || m.Type == string(event.StreamTracks) {
				continue // the streams' own
			}
			t.Fatalf("got %v, want %d", m, next)
		}
		next++
	}
	l.stop()
	text := l.lines.String()
	if strings.Count(text, "does not take") != 2 || strings.Count(text, "takes again what it is told") < 1 {
		t.Errorf("logged\n%s", text) // a line for each topic
	}
}

// What the log has not kept is said to be missing.
func TestAGapIsWritten(t *testing.T) {
	sfutest.NoLeaks(t)
	c := cluster(t)
	l := start(t, Options{Brokers: c.ListenAddrs()})
	happen(l.events, 1, 2)
	got := consume(t, "lectern.events", c.ListenAddrs())
	got.event()
	l.events.Break()
	happen(l.events, 2, 3)
	m, r := got.event()
	if m.Type != "events.gap" || m.GetGap().GetMissed() != 1 || m.Id != "" || len(r.Key) != 0 {
		t.Errorf("got %v", m)
	}
	if m, _ := got.event(); m.GetStream().GetViewers() != 2 {
		t.Errorf("then %v", m)
	}
	if s := l.Events(); s.Dropped != 1 {
		t.Errorf("counted %+v", s)
	}
}

// After a packet that was not written, pictures go on with a key frame, which
// the publisher is asked for.
func TestPicturesGoOnWithAKeyFrame(t *testing.T) {
	sfutest.NoLeaks(t)
	c := cluster(t)
	l := start(t, Options{Brokers: c.ListenAddrs(), RawStreams: []string{"*"}})
	p := publish(t, l.router, "live/cam1")
	p.picture(true)
	got := consume(t, "raw_stream", c.ListenAddrs())
	got.packet()
	refused := map[string]bool{} // topics: the next request of each is
	c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		request := r.(*kmsg.ProduceRequest)
		topic := fmt.Sprint(request.Topics[0].Topic, request.Topics[0].TopicID)
		if refused[topic] {
			return nil, nil, false
		}
		refused[topic] = true
		response := request.ResponseKind().(*kmsg.ProduceResponse)
		for _, topic := range request.Topics {
			part := kmsg.NewProduceResponseTopicPartition()
			part.Partition, part.ErrorCode = topic.Partitions[0].Partition, kerr.InvalidRecord.Code
			t := kmsg.NewProduceResponseTopic()
			t.Topic, t.TopicID = topic.Topic, topic.TopicID
			t.Partitions = append(t.Partitions, part)
			response.Topics = append(response.Topics, t)
		}
		return response, nil, true
	})
	before := p.asked.Load()
	for deadline := time.Now().Add(10 * time.Second); p.asked.Load() == before || l.Raw().Dropped == 0; {
		if time.Now().After(deadline) {
			t.Fatalf("nobody asks for a key frame: %+v", l.Raw())
		}
		p.picture(false)
		time.Sleep(time.Millisecond)
	}
	p.picture(true)
	afterwards := p.n
	for m, packet := got.packet(); ; m, packet = got.packet() {
		if m.Kind != wire.Kind_KIND_VIDEO {
			continue
		}
		if m.KeyFrame {
			if tail := packet.Payload[len(packet.Payload)-2:]; int(tail[0])<<8+int(tail[1]) != afterwards {
				t.Errorf("goes on with %v, want picture %d", m, afterwards)
			}
			break
		}
	}
	if s := l.Raw(); s.Failed == 0 || s.Dropped == 0 {
		t.Errorf("counted %+v", s)
	}
}

// A topic that takes nothing costs a bounded queue, and nobody's time.
func TestNoRoomIsADrop(t *testing.T) {
	sfutest.NoLeaks(t)
	r := sfu.NewRouter(sfu.Options{})
	defer r.Close()
	out := &producer{space: make(chan struct{})} // has no room, ever
	p := publish(t, r, "live/cam1")
	p.picture(true)
	s, err := openStream(t.Context(), r, "live/cam1", out)
	if err != nil {
		t.Fatal(err)
	}
	for out.dropped.Load() == 0 || p.asked.Load() == 0 {
		p.picture(false)
	}
	s.close()
	if p.n < pictureQueue && p.n < soundQueue {
		t.Errorf("dropped after %d pictures", p.n)
	}
}

func TestLoggingIn(t *testing.T) {
	sfutest.NoLeaks(t)
	c := cluster(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "lectern", "canary"))
	l := start(t, Options{Brokers: c.ListenAddrs(), User: "lectern", Password: "canary"})
	wrong := start(t, Options{Brokers: c.ListenAddrs(), User: "lectern", Password: "not the canary"})
	happen(l.events, 0, 1)
	happen(wrong.events, 0, 1)
	for deadline := time.Now().Add(10 * time.Second); l.Events().Produced == 0 || wrong.lines.String() == ""; {
		if time.Now().After(deadline) {
			t.Fatalf("counted %+v, logged %q", l.Events(), wrong.lines)
		}
		time.Sleep(time.Millisecond)
	}
	wrong.stop()
	if text := wrong.lines.String(); strings.Contains(text, "canary") || strings.Count(text, "\n") != 1 || wrong.Events().Produced != 0 {
		t.Errorf("logged %q", text)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{
		{Brokers: []string{"127.0.0.1:9092"}, RawStreams: []string{"cam1"}},
		{Brokers: []string{"127.0.0.1:9092"}, User: "lectern", Mechanism: "magic"},
		{},
	} {
		if s, err := New(nil, event.NewLog(), o); err == nil {
			s.events.close()
			t.Errorf("%+v is taken", o)
		}
	}
}

// The schema that others read is the one that is written.
func TestTheSchemaIsUpToDate(t *testing.T) {
	text, err := os.ReadFile("../../api/lectern.v1.proto")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	messages := wire.File_lectern_v1_proto.Messages()
	for i := range messages.Len() {
		m := messages.Get(i)
		body := regexp.MustCompile(`(?s)\nmessage ` + string(m.Name()) + ` \{\n(.*?)\n\}\n`).FindSubmatch(text)
		if body == nil {
			t.Fatalf("there is no message %s", m.Name())
		}
		for j := range m.Fields().Len() {
			f := m.Fields().Get(j)
			if !regexp.MustCompile(fmt.Sprintf(`(?m)^ +\S+ %s = %d;`, f.Name(), f.Number())).Match(body[1]) {
				t.Errorf("%s.%s is not there with number %d", m.Name(), f.Name(), f.Number())
			}
			count++
		}
	}
	if fields := len(regexp.MustCompile(`(?m)^  +[\w.]+ \w+ = \d+;`).FindAll(text, -1)); fields != count {
		t.Errorf("%d fields are described, %d are made", fields, count)
	}
}

package kafka

import (
	"time"

	"github.com/pion/rtp"
	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lectern/internal/event"
	"lectern/internal/kafka/wire"
	"lectern/sfu"
)

// typeHeader is the header of a record with the type of its event, for
// consumers that choose without decoding.
const typeHeader = "type"

func eventRecord(e event.Event) *kgo.Record {
	m := &wire.Event{Id: e.ID, Type: string(e.Type), At: timestamppb.New(e.At)}
	switch {
	case e.Stream != nil:
		m.About = &wire.Event_Stream{Stream: &wire.Stream{Name: e.Stream.Name, Viewers: uint32(e.Viewers)}}
	case e.Room != nil:
		m.About = &wire.Event_Room{Room: room(e.Room)}
	}
	return record(e.Subject(), e.Type, e.At, m)
}

func room(r *event.Room) *wire.Room {
	m := &wire.Room{Id: r.ID, Person: person(r.Person), Reason: r.Reason}
	if s := r.Seat; s != nil {
		m.Seat = &wire.Seat{Number: uint32(s.Number), Person: person(s.Person), Stream: s.Stream}
	}
	return m
}

func person(p *event.Person) *wire.Person {
	if p == nil {
		return nil
	}
	return &wire.Person{Member: p.Member, Identity: p.Identity, Name: p.Name, Role: p.Role}
}

// gapRecord says that events are missing.
func gapRecord(missed uint64, at time.Time) *kgo.Record {
	m := &wire.Event{Type: string(event.Gap), At: timestamppb.New(at), About: &wire.Event_Gap{Gap: &wire.Gap{Missed: missed}}}
	return record("", event.Gap, at, m)
}

func record(key string, typ event.Type, at time.Time, m proto.Message) *kgo.Record {
	value, _ := proto.Marshal(m) // fails for text that is not UTF-8 alone, which nothing lets in
	return &kgo.Record{
		Key: []byte(key), Value: value, Timestamp: at,
		Headers: []kgo.RecordHeader{{Key: typeHeader, Value: []byte(typ)}},
	}
}

// The payload types of packets (RFC 3551 §3): any of the dynamic ones does.
const (
	videoType = 96
	audioType = 111
)

// packetRecord is a packet as a viewer gets it.
func packetRecord(stream string, kind sfu.Kind, codec *wire.Codec, ssrc uint32, f *sfu.Forwarded) (*kgo.Record, error) {
	p := rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: f.Header.Marker, PayloadType: audioType,
			SequenceNumber: f.SequenceNumber, Timestamp: f.Timestamp, SSRC: ssrc,
		},
		Payload: f.Payload,
	}
	m := &wire.Packet{Stream: stream, Kind: wire.Kind_KIND_AUDIO, Codec: codec, KeyFrame: f.KeyFrame(), Arrival: timestamppb.New(f.Arrival)}
	if kind == sfu.Video {
		m.Kind, p.PayloadType = wire.Kind_KIND_VIDEO, videoType
	}
	var err error
	if m.Rtp, err = p.Marshal(); err != nil {
		return nil, err
	}
	value, err := proto.Marshal(m)
	return &kgo.Record{Key: []byte(stream), Value: value, Timestamp: f.Arrival}, err
}

func codecOf(c sfu.Codec) *wire.Codec {
	return &wire.Codec{MimeType: c.MimeType, ClockRate: c.ClockRate, Channels: uint32(c.Channels), Fmtp: c.FMTP}
}

package kafka

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"lectern/internal/kafka/wire"
	"lectern/sfu"
)

// sink writes one kind of a stream's packets. It waits for room, and so is
// behind a Queue.
type sink struct {
	stream *stream
	kind   sfu.Kind
	ssrc   uint32
	out    *producer
	broken atomic.Bool // a packet was not written: pictures wait for a key frame

	// Owned by WriteRTP.
	track *sfu.Track
	codec *wire.Codec
}

var _ sfu.Sink = (*sink)(nil)

func newSink(s *stream, kind sfu.Kind, out *producer) *sink {
	return &sink{stream: s, kind: kind, ssrc: rand.Uint32(), out: out}
}

// WriteRTP implements sfu.Sink. The error says that the stream is left.
func (s *sink) WriteRTP(burst []sfu.Forwarded) error {
	for i := range burst {
		f := &burst[i]
		if s.waits(f) {
			s.out.dropped.Add(1)
			continue
		}
		if t := f.Track(); t != s.track {
			s.track, s.codec = t, codecOf(t.Codec)
		}
		r, err := packetRecord(s.stream.name, s.kind, s.codec, s.ssrc, f)
		if err != nil {
			s.out.dropped.Add(1)
			continue
		}
		if err := s.out.put(s.stream.ctx, r, func() { s.broken.Store(true) }); err != nil {
			return err
		}
	}
	return nil
}

// waits says that a picture cannot be decoded after what was not written.
func (s *sink) waits(f *sfu.Forwarded) bool {
	if s.kind != sfu.Video || !s.broken.Load() {
		return false
	}
	if f.KeyFrame() {
		s.broken.Store(false)
		return false
	}
	f.Track().RequestKeyFrame(time.Now())
	return true
}

package kafka

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lectern/internal/auth"
	"lectern/internal/event"
	"lectern/internal/trial"
	"lectern/sfu"
)

// raw writes the packets of the streams that are chosen: it is a viewer of each.
type raw struct {
	router *sfu.Router
	log    *event.Log
	from   uint64 // number of the last event that was looked at
	chosen auth.Grant
	out    *producer

	// Owned by run.
	streams map[string]*stream
}

func newRaw(router *sfu.Router, log *event.Log, o Options) (*raw, error) {
	out, err := newProducer(o, o.RawTopic, packetsUnderWay, kgo.RecordDeliveryTimeout(packetLife))
	if err != nil {
		return nil, err
	}
	chosen := auth.Grant{Stream: o.RawStreams, Can: []auth.Action{auth.Watch}}
	return &raw{router: router, log: log, from: log.Last(), chosen: chosen, out: out, streams: map[string]*stream{}}, nil
}

// run joins streams as they come to life, until ctx ends.
func (r *raw) run(ctx context.Context) {
	ended := make(chan *stream)
	r.look(ctx, ended)
	for ctx.Err() == nil {
		events, missed, more := r.log.Read(r.from, batch)
		r.from += missed
		if missed > 0 {
			r.look(ctx, ended)
		}
		for _, e := range events {
			r.from = e.Number
			if e.Type == event.StreamLive {
				r.join(ctx, e.Subject(), ended)
			}
		}
		if more == nil {
			continue
		}
		select {
		case <-more:
		case s := <-ended:
			r.leave(s)
		case <-ctx.Done():
		}
	}
	for _, s := range r.streams {
		r.leave(s)
	}
	r.out.close()
}

// look joins the streams that are live.
func (r *raw) look(ctx context.Context, ended chan<- *stream) {
	for _, info := range r.router.List() {
		if info.State == sfu.StateLive {
			r.join(ctx, info.Name, ended)
		}
	}
}

func (r *raw) join(ctx context.Context, name string, ended chan<- *stream) {
	if !r.chosen.Allows(auth.Watch, name) || trial.Is(name) {
		return
	}
	if s := r.streams[name]; s != nil {
		if s.viewer.Err() == nil {
			return
		}
		r.leave(s) // it has ended, and is there again
	}
	s, err := openStream(ctx, r.router, name, r.out)
	if err != nil {
		return // the router is closing
	}
	r.streams[name] = s
	s.watching.Go(func() {
		select {
		case <-s.viewer.Done():
		case <-s.ctx.Done():
			return
		}
		select {
		case ended <- s:
		case <-s.ctx.Done():
		}
	})
}

// leave ends a stream that is joined; one that is not any more is ignored.
func (r *raw) leave(s *stream) {
	if r.streams[s.name] == s {
		delete(r.streams, s.name)
		s.close()
	}
}

// stream is one that is written.
type stream struct {
	name     string
	viewer   *sfu.Viewer
	queues   []*sfu.Queue
	ctx      context.Context // of what waits for room
	cancel   context.CancelFunc
	watching sync.WaitGroup
}

const (
	// pictureQueue and soundQueue hold about four seconds at 2 Mbit/s: as long
	// as a broker may take to answer before packets are dropped.
	pictureQueue = 1024
	soundQueue   = 256
)

func openStream(ctx context.Context, router *sfu.Router, name string, out *producer) (*stream, error) {
	v, err := router.JoinWith(name, sfu.JoinOptions{Protocol: "kafka"})
	if err != nil {
		return nil, err
	}
	s := &stream{name: name, viewer: v}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for kind, size := range map[sfu.Kind]int{sfu.Audio: soundQueue, sfu.Video: pictureQueue} {
		q := sfu.NewQueue(newSink(s, kind, out), size)
		s.queues = append(s.queues, q)
		if _, err := v.Subscribe(kind, &tap{queue: q, out: out}); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// close returns when nothing more of the stream is written.
func (s *stream) close() {
	s.viewer.Close()
	s.cancel()
	for _, q := range s.queues {
		q.Close()
	}
	s.watching.Wait()
}

// tap counts what its queue has no room for, and asks for the key frame with
// which pictures can go on.
type tap struct {
	queue   *sfu.Queue
	out     *producer
	dropped uint64
}

// WriteRTP implements sfu.Sink.
func (t *tap) WriteRTP(burst []sfu.Forwarded) error {
	err := t.queue.WriteRTP(burst)
	if dropped := t.queue.Dropped(); dropped > t.dropped {
		t.out.dropped.Add(dropped - t.dropped)
		t.dropped = dropped
		burst[len(burst)-1].Track().RequestKeyFrame(time.Now())
	}
	return err
}

package kafka

import (
	"context"
	"fmt"
	"sync"
	"time"

	"lectern/internal/event"
	"lectern/sfu"
)

// batch is how many events are taken from the log at once.
const batch = 64

// Sink writes to Kafka.
type Sink struct {
	options Options
	log     *event.Log
	from    uint64 // number of the last event that is not written
	events  *producer
	raw     *raw // nil where no stream is chosen
}

// New returns a Sink that writes what is added to the log from now on, and
// packets of the router's streams, while Run runs. It needs no broker to answer.
// The error says which of the Options cannot be used.
func New(router *sfu.Router, log *event.Log, o Options) (*Sink, error) {
	o = o.withDefaults()
	err := o.check()
	s := &Sink{options: o, log: log, from: log.Last()}
	if err == nil {
		s.events, err = newProducer(o, o.Topic, eventsUnderWay)
	}
	if err == nil && len(o.RawStreams) > 0 {
		if s.raw, err = newRaw(router, log, o); err != nil {
			s.events.client.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	return s, nil
}

// Run writes until ctx ends, and then what is left, for a few seconds.
func (s *Sink) Run(ctx context.Context) {
	var running sync.WaitGroup
	if s.raw != nil {
		running.Go(func() { s.raw.run(ctx) })
	}
	s.follow(ctx)
	s.events.close()
	running.Wait()
}

// follow writes events until ctx ends, those of before that included as far as
// there is room.
func (s *Sink) follow(ctx context.Context) {
	writing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(s.events.patience(), cancel) })
	defer stop()
	for over := false; ; {
		events, missed, more := s.log.Read(s.from, batch)
		if missed > 0 {
			s.from += missed
			s.events.dropped.Add(missed)
			s.options.Log.Warn("kafka misses events, it has not taken them in time", "code", "kafka_missed", "topic", s.options.Topic, "missed", missed)
			if s.events.put(writing, gapRecord(missed, time.Now()), nil) != nil {
				return
			}
		}
		for _, e := range events {
			s.from = e.Number
			if s.events.put(writing, eventRecord(e), nil) != nil {
				return
			}
		}
		switch {
		case more == nil:
			continue
		case over:
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			over = true
		}
	}
}

// Events are the Stats of the topic of events, and Raw those of media packets.
func (s *Sink) Events() Stats { return s.events.stats() }

// Raw are the Stats of the topic of media packets, zero where no stream is
// chosen.
func (s *Sink) Raw() Stats {
	if s.raw == nil {
		return Stats{}
	}
	return s.raw.out.stats()
}

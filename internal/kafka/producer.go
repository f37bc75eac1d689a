package kafka

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// producer writes to one topic.
type producer struct {
	client *kgo.Client
	space  chan struct{} // has one for each record that waits for its answer
	reach  reach

	produced, failed, dropped atomic.Uint64
}

func newProducer(o Options, topic string, underWay int, more ...kgo.Opt) (*producer, error) {
	p := &producer{space: make(chan struct{}, underWay), reach: reach{log: o.Log.With("topic", topic)}}
	var err error
	p.client, err = o.client(topic, underWay, append(more, kgo.WithHooks(&p.reach))...)
	return p, err
}

// put begins to write a record, when there is room for one more until ctx ends.
// failed is called when it was not written, and must not wait; nil is nobody.
func (p *producer) put(ctx context.Context, r *kgo.Record, failed func()) error {
	select {
	case p.space <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	p.client.TryProduce(context.WithoutCancel(ctx), r, func(_ *kgo.Record, err error) {
		<-p.space
		if err == nil {
			p.produced.Add(1)
			p.reach.up()
			return
		}
		p.failed.Add(1)
		p.reach.down(err)
		if failed != nil {
			failed()
		}
	})
	return nil
}

// patience is how long the end may take: longer where somebody answers.
func (p *producer) patience() time.Duration {
	if p.reach.isDown() {
		return linger
	}
	return flushTime
}

// close writes what waits, for a while, and gives up the rest.
func (p *producer) close() {
	ctx, cancel := context.WithTimeout(context.Background(), p.patience())
	defer cancel()
	_ = p.client.Flush(ctx) // what is not written is counted by put
	p.reach.close()
	p.client.Close()
}

// reach says once that Kafka is out of reach, and once that it is not any more.
type reach struct {
	log *slog.Logger

	mu       sync.Mutex
	isLost   bool
	isClosed bool
}

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (r *reach) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err != nil {
		r.down(err)
	}
}

func (r *reach) down(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isLost || r.isClosed || errors.Is(err, context.Canceled) {
		return
	}
	r.isLost = true
	r.log.Warn("kafka does not take what it is told", "code", "kafka_unreachable", "error", err)
}

func (r *reach) up() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.isLost {
		return
	}
	r.isLost = false
	r.log.Info("kafka takes again what it is told")
}

func (r *reach) isDown() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.isLost
}

// close says nothing more: that the end breaks connections is no news.
func (r *reach) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.isClosed = true
}

// Stats are counted from the beginning.
type Stats struct {
	// Produced were written, Failed were refused or not answered in time, and
	// Dropped found no room.
	Produced, Failed, Dropped uint64
	// Waiting is how many wait for their answer, at the moment.
	Waiting int
}

func (p *producer) stats() Stats {
	if p == nil {
		return Stats{}
	}
	return Stats{Produced: p.produced.Load(), Failed: p.failed.Load(), Dropped: p.dropped.Load(), Waiting: len(p.space)}
}

package app

import (
	"context"
	"sync"

	"lectern/internal/config"
	"lectern/internal/event"
	"lectern/internal/kafka"
	"lectern/internal/webhook"
)

// outside is who is told what happens here.
type outside struct {
	events   *event.Log
	follower *event.Follower // of the streams
	webhooks *webhook.Webhooks
	kafka    *kafka.Sink // nil without brokers
}

// openOutside begins to keep what happens to the streams of the router.
func (a *App) openOutside() (err error) {
	o := &a.outside
	o.events = event.NewLog()
	if o.webhooks, err = webhook.New(o.events, a.webhookOptions()); err != nil {
		return err
	}
	if c := a.config.Kafka; len(c.Brokers) > 0 {
		if o.kafka, err = kafka.New(a.router, o.events, kafkaOptions(c, a)); err != nil {
			return err
		}
	}
	o.follower = event.Follow(a.router, o.events)
	return nil
}

func (a *App) webhookOptions() webhook.Options {
	o := webhook.Options{
		AllowPrivate: a.config.Hooks.AllowPrivate, Timeout: a.config.Hooks.Timeout, Queue: a.config.Limits.HookQueue, Log: a.log,
	}
	for _, w := range a.config.Webhooks {
		o.Targets = append(o.Targets, webhook.Target{URL: string(w.URL), Secret: string(w.Secret), Events: w.Events})
	}
	return o
}

func kafkaOptions(c config.Kafka, a *App) kafka.Options {
	return kafka.Options{
		Brokers: c.Brokers, Topic: c.Topic, RawTopic: c.RawTopic, RawStreams: c.RawStreams,
		TLS: c.TLS, User: c.User, Password: string(c.Password), Mechanism: c.SASL, Log: a.log,
	}
}

// run tells what happens until ctx ends, and then what is left.
func (o outside) run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { o.webhooks.Run(ctx) })
	if o.kafka != nil {
		running.Go(func() { o.kafka.Run(ctx) })
	}
	running.Wait()
}

// abandon lets go of what was opened and is not run.
func (o outside) abandon() {
	if o.follower != nil {
		o.follower.Close()
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if o.webhooks != nil {
		o.run(over)
	}
}

// kafkaStats are those of both topics, by what is in them.
func (o outside) kafkaStats() map[string]kafka.Stats {
	stats := map[string]kafka.Stats{"events": {}, "raw": {}}
	if o.kafka != nil {
		stats["events"], stats["raw"] = o.kafka.Events(), o.kafka.Raw()
	}
	return stats
}

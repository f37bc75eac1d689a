package kafka

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"lectern/internal/auth"
)

// Options say where to write. Brokers are required.
type Options struct {
	// Brokers are HOST:PORT of some of the cluster.
	Brokers []string
	// Topic is of events. Default "lectern.events".
	Topic string
	// RawTopic is of media packets. Default "raw_stream".
	RawTopic string
	// RawStreams are patterns of the streams whose packets are written, such as
	// "live/cam*" (auth.CheckPattern). Default: none.
	RawStreams []string
	// TLS encrypts the connections, and believes what the system does.
	TLS bool
	// User and Password log in, where there is a User. Mechanism is how: "plain"
	// (RFC 4616), "scram-sha-256" or "scram-sha-512" (RFC 5802, RFC 7677), which
	// is the default.
	User, Password, Mechanism string
	// Log gets a line when Kafka stops taking what it is told, and when it takes
	// it again. Default: none.
	Log *slog.Logger
}

const (
	// eventsUnderWay is how many events wait for their answer; behind them, the
	// Log of events is the buffer.
	eventsUnderWay = 256
	// packetsUnderWay is how many packets do, of all streams: about twenty
	// seconds of one with 2 Mbit/s, in 6 MB.
	packetsUnderWay = 4096
	// packetLife is how long a packet may wait for its answer. Then it is as
	// good as lost for those who look at streams as they are.
	packetLife = 5 * time.Second
	// linger lets records go together. Nobody looks at them at once.
	linger = 20 * time.Millisecond
	// flushTime is how long what is left may take in the end.
	flushTime = 3 * time.Second
)

func (o Options) withDefaults() Options {
	o.Topic = cmp.Or(o.Topic, "lectern.events")
	o.RawTopic = cmp.Or(o.RawTopic, "raw_stream")
	o.Mechanism = cmp.Or(o.Mechanism, "scram-sha-512")
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return o
}

func (o Options) check() error {
	for _, p := range o.RawStreams {
		if err := auth.CheckPattern(p); err != nil {
			return err
		}
	}
	return nil
}

// client returns one that keeps as many records as there may be under way. It
// connects when there is something to write.
func (o Options) client(topic string, underWay int, more ...kgo.Opt) (*kgo.Client, error) {
	all := append(more,
		kgo.SeedBrokers(o.Brokers...),
		kgo.ClientID("lectern"),
		kgo.DefaultProduceTopic(topic),
		kgo.AllowAutoTopicCreation(),
		kgo.ProducerLinger(linger),
		kgo.MaxBufferedRecords(underWay+1), // who would be one too many waits for a place before
	)
	if o.TLS {
		all = append(all, kgo.DialTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	if o.User != "" {
		way, err := o.login()
		if err != nil {
			return nil, err
		}
		all = append(all, kgo.SASL(way))
	}
	return kgo.NewClient(all...)
}

func (o Options) login() (sasl.Mechanism, error) {
	switch o.Mechanism {
	case "plain":
		return plain.Auth{User: o.User, Pass: o.Password}.AsMechanism(), nil
	case "scram-sha-256":
		return scram.Auth{User: o.User, Pass: o.Password}.AsSha256Mechanism(), nil
	case "scram-sha-512":
		return scram.Auth{User: o.User, Pass: o.Password}.AsSha512Mechanism(), nil
	}
	return nil, fmt.Errorf("%.40q is no way to log in", o.Mechanism)
}

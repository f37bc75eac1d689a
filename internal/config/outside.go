package config

import (
	"fmt"
	"log/slog"

	"lectern/internal/auth"
	"lectern/internal/webhook"
)

// Webhook is an address of your own that is told what happens.
type Webhook struct {
	URL    Address  `yaml:"url"`
	Secret Secret   `yaml:"secret"`
	Events []string `yaml:"events"`
}

// Kafka is where events, and packets of chosen streams, are written.
type Kafka struct {
	Brokers    []string `yaml:"brokers" check:"required address" help:"Kafka brokers that are told what happens, HOST:PORT; none when empty"`
	Topic      string   `yaml:"topic" default:"lectern.events" check:"topic" help:"the topic of events"`
	RawTopic   string   `yaml:"raw_topic" default:"raw_stream" check:"topic" help:"the topic of media packets"`
	RawStreams []string `yaml:"raw_streams" help:"streams whose media packets are written, patterns as live/cam*; none when empty"`
	TLS        bool     `yaml:"tls" help:"encrypt the connections to the brokers"`
	User       string   `yaml:"user" help:"who logs in to the brokers; nobody when empty"`
	Password   Secret   `yaml:"password" help:"the user's password"`
	SASL       string   `yaml:"sasl" default:"scram-sha-512" allowed:"plain|scram-sha-256|scram-sha-512" help:"the way to log in"`
}

// Address is a URL. However it is printed, what may be secret in it is left
// out; string(a) is the whole.
type Address string

// String is the address as webhook.Shown has it.
func (a Address) String() string { return webhook.Shown(string(a)) }

// MarshalText keeps JSON and YAML from showing the whole.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// GoString keeps %#v from showing the whole.
func (a Address) GoString() string { return fmt.Sprintf("config.Address(%q)", a.String()) }

// LogValue keeps slog from showing the whole.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.String()) }

func (w Webhook) inspect(key string, report func(key, format string, args ...any)) {
	if w.URL == "" || checkHook(string(w.URL)) != nil {
		report(key+".url", "want an address such as https://school.example/lectern, without a user's name in it")
	}
	for i, p := range w.Events {
		if err := webhook.CheckPattern(p); err != nil {
			report(fmt.Sprintf("%s.events[%d]", key, i), "%v", err)
		}
	}
}

func (k Kafka) inspect(key string, report func(key, format string, args ...any)) {
	for i, p := range k.RawStreams {
		if err := auth.CheckPattern(p); err != nil {
			report(fmt.Sprintf("%s.raw_streams[%d]", key, i), "%v", err)
		}
	}
	switch {
	case len(k.RawStreams) > 0 && len(k.Brokers) == 0:
		report(key+".brokers", "needed, because %s.raw_streams is set", key)
	case k.Topic == k.RawTopic:
		report(key+".raw_topic", "%q is %s.topic too: use another one", k.RawTopic, key)
	}
}

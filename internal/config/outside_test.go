package config

import (
	"strings"
	"testing"
)

func TestWhatIsToldOutside(t *testing.T) {
	for _, c := range []struct {
		change func(*Config)
		want   string // the key that is wrong
	}{
		{func(c *Config) { c.Webhooks = []Webhook{{URL: "https://school.example/"}} }, ""},
		{func(c *Config) { c.Webhooks = []Webhook{{}} }, "webhooks[0].url"},
		{func(c *Config) { c.Webhooks = []Webhook{{URL: "https://u:p@school.example/"}} }, "webhooks[0].url"},
		{func(c *Config) {
			c.Webhooks = []Webhook{{URL: "https://school.example/", Events: []string{"*", "stream.alive"}}}
		}, "webhooks[0].events[1]"},
		{func(c *Config) { c.Kafka.Brokers = []string{"kafka.example:9092"} }, ""},
		{func(c *Config) { c.Kafka.Brokers = []string{"kafka.example"} }, "kafka.brokers"},
		{func(c *Config) { c.Kafka.RawStreams = []string{"live/*"} }, "kafka.brokers"},
		{func(c *Config) { c.Kafka.Brokers, c.Kafka.RawStreams = []string{"k:9092"}, []string{"cam1"} }, "kafka.raw_streams[0]"},
		{func(c *Config) { c.Kafka.Topic = "a topic" }, "kafka.topic"},
		{func(c *Config) { c.Kafka.RawTopic = c.Kafka.Topic }, "kafka.raw_topic"},
		{func(c *Config) { c.Kafka.SASL = "magic" }, "kafka.sasl"},
	} {
		config := Default()
		c.change(&config)
		found := config.problems()
		switch {
		case c.want == "" && len(found) > 0:
			t.Errorf("%v", found)
		case c.want != "" && (len(found) != 1 || found[0].Key != c.want):
			t.Errorf("%v, want %s", found, c.want)
		}
	}
}

func TestQueriesAreNotShown(t *testing.T) {
	c := Default()
	c.Webhooks = []Webhook{{URL: "https://school.example/hear/canary?key=canary", Secret: "canary"}}
	if text := c.String(); strings.Contains(text, "canary") || !strings.Contains(text, "https://school.example/hear/…?…") {
		t.Errorf("shown as %s", text)
	}
	for url, want := range map[Address]string{"": "", "https://school.example/": "https://school.example/", "https://a.example/?": "https://a.example/?…"} {
		if got := url.String(); got != want {
			t.Errorf("%q is shown as %q", string(url), got)
		}
	}
}

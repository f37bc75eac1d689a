package config

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func valueOf(t *testing.T, c Config, key string) Value {
	t.Helper()
	for _, v := range c.Values() {
		if v.Key == key {
			return v
		}
	}
	t.Fatalf("there is no %s", key)
	return Value{}
}

func TestEachValueSaysWhereItComesFrom(t *testing.T) {
	name := file(t, "http:\n  listen: :9000\nauth:\n  keys:\n    - {key: canary-key, stream: [\"*\"], can: [publish]}\n")
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	AddFlags(flags)
	if err := flags.Parse([]string{"--log.level", "debug"}); err != nil {
		t.Fatal(err)
	}
	c, err := Load(Sources{File: name, Env: []string{"LECTERN_WATCH_REQUIRE_LIVE=true"}, Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	c.Demo.Stream = "demo"
	for key, want := range map[string]Value{
		"http.listen":        {Value: `":9000"`, Default: `":8080"`, Source: FromFile, At: name + ":2"},
		"log.level":          {Value: `"debug"`, Default: `"info"`, Source: FromFlag, At: "--log.level"},
		"watch.require_live": {Value: `true`, Default: `false`, Source: FromEnv, At: "LECTERN_WATCH_REQUIRE_LIVE"},
		"demo.stream":        {Value: `"demo"`, Default: `""`, Source: FromCommand},
		"drain":              {Value: `30s`, Default: `30s`, Source: FromDefault},
	} {
		got := valueOf(t, c, key)
		want.Key, want.Help, want.Secret = key, got.Help, false
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if keys := valueOf(t, c, "auth.keys"); keys.Source != FromFile || !keys.Secret || strings.Contains(keys.Value, "canary") {
		t.Errorf("keys are %+v", keys)
	}
}

func TestValuesHideWhatAddressesHave(t *testing.T) {
	c := Default()
	c.Hooks.OnPublish = "https://user:canary@hooks.example/publish?key=canary&x=canary"
	c.Auth.Tokens = "redis://:canary@127.0.0.1/0"
	c.Auth.JWT = []JWT{{Alg: "HS256", Key: "canary"}, {Alg: "ES256", JWKS: "https://canary@login.example/jwks?canary"}}
	c.RTC.ICEServers = []ICEServer{{URL: "turn:t.example", Username: "u", Credential: "canary"}}
	for _, v := range c.Values() {
		if strings.Contains(v.Value, "canary") {
			t.Errorf("%s is %s", v.Key, v.Value)
		}
	}
	if got := valueOf(t, c, "hooks.on_publish").Value; got != `"https://********@hooks.example/publish?********"` {
		t.Errorf("the hook is %s", got)
	}
}

func TestErrorsHideWhatAddressesHave(t *testing.T) {
	for _, text := range []string{
		"http://user:canary@hooks.example/x", "http://canary@hooks.example/x", "http://user:can/canary@hooks.example", "ftp://hooks.example/?k=canary",
		"http://hooks.example/x?k=canary#x", "hooks.example/?k=canary y", "http://[::1/?canary",
	} {
		c := Default()
		c.Hooks.OnPublish, c.Trace.Endpoint = text, text
		c.Auth.JWT = []JWT{{Alg: "ES256", JWKS: text}}
		c.Webhooks = []Webhook{{URL: Address(text)}}
		err := c.Validate()
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", text, err)
		}
	}
	c := Default()
	c.RTC.ICEServers = []ICEServer{{URL: "turn:user:canary@turn.example"}}
	c.Kafka.Brokers = []string{"user:canary@kafka.example:9092"}
	if err := c.Validate(); err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "turn:"+mask+"@turn.example") {
		t.Errorf("got %v", err)
	}
}

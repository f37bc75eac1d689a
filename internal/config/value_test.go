package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lectern/internal/auth"
)

func TestSecretsAreNeverPrinted(t *testing.T) {
	c, err := Load(Sources{File: file(t, everySetting)})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "config", c, "auth", c.Auth, "key", c.Auth.Keys[0].Key)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "config", c, "auth", c.Auth, "key", c.Auth.Keys[0].Key)
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"String": c.String(), "Changed": strings.Join(c.Changed(), "\n"), "log": log.String(), "JSON": string(asJSON),
		"%v": fmt.Sprintf("%v", c.Auth), "%+v": fmt.Sprintf("%+v %+v", c, c.RTC), "%#v": fmt.Sprintf("%#v", c), "%s": fmt.Sprintf("%s", c.Auth.Keys),
		"%q": fmt.Sprintf("%q", c.Auth.Keys[0].Key), "%x": fmt.Sprintf("%x", c.Auth.Keys[0].Key), "pointer": fmt.Sprint(&c.Auth.Keys[0]),
	} {
		for _, secret := range []string{"turn-secret", "trace-secret", "webhook-secret", "query-secret", "kafka-secret", "static-secret", "jwt-secret", "pem-secret", fmt.Sprintf("%x", "static-secret")} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %s: %s", name, secret, text)
			}
		}
		if !strings.Contains(text, "***") && name != "%x" {
			t.Errorf("%s has no mask: %s", name, text)
		}
	}
	if s := Secret("").String(); s != "" {
		t.Errorf("no secret prints as %q", s)
	}
}

func TestEverySettingIsDeclaredWell(t *testing.T) {
	seen := make(map[string]string)
	for _, s := range Settings() {
		names := []string{s.Env}
		if s.Secret {
			names = append(names, s.Env+fileSuffix)
			if s.Flag != "" {
				t.Errorf("%s holds secrets and has a flag", s.Key)
			}
		}
		for _, name := range append(names, s.Key) {
			if seen[name] != "" {
				t.Errorf("%s is %s and %s", name, seen[name], s.Key)
			}
			seen[name] = s.Key
		}
		if s.Help == "" || strings.HasSuffix(s.Help, ".") {
			t.Errorf("%s: help %q", s.Key, s.Help)
		}
		if s.Key != strings.ToLower(s.Key) || strings.Contains(s.Key, "..") || strings.HasSuffix(s.Key, ".") {
			t.Errorf("%s: not a key", s.Key)
		}
		for _, check := range strings.Fields(s.check) {
			if checks[check] == nil {
				t.Errorf("%s: no check is called %s", s.Key, check)
			}
		}
		if s.min != "" && s.max != "" && s.bound(s.min) >= s.bound(s.max) {
			t.Errorf("%s: from %s to %s", s.Key, s.min, s.max)
		}
	}
}

func TestRate(t *testing.T) {
	for _, c := range []struct {
		text string
		want Rate
	}{
		{"2/s burst 10", Rate{2, 10}}, {"0.1/s", Rate{0.1, 1}}, {"2.5/s", Rate{2.5, 3}}, {"off", Rate{}},
		{"1000000/s burst 1000000", Rate{1e6, 1_000_000}}, {" 5/s  burst  1 ", Rate{5, 1}},
	} {
		var got Rate
		if err := got.UnmarshalText([]byte(c.text)); err != nil || got != c.want {
			t.Errorf("%q = %v, %v, want %v", c.text, got, err, c.want)
		}
		var again Rate
		if err := again.UnmarshalText([]byte(got.String())); err != nil || again != got {
			t.Errorf("%v reads back as %v, %v", got, again, err)
		}
	}
	for _, bad := range []string{"", "2", "/s", "-1/s", "0/s", "NaN/s", "Inf/s", "1e7/s", "2/s burst", "2/s burst 0", "2/s burst -1", "2/s burst 1e3", "2/s burst 10000000", "2/m", "2/s 10", "off off"} {
		var got Rate
		if err := got.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q = %v", bad, got)
		}
	}
}

func TestBitrate(t *testing.T) {
	for _, c := range []struct {
		text  string
		want  Bitrate
		shown string
	}{
		{"20Mbit/s", 20_000_000, "20Mbit/s"}, {"1.5Mbit/s", 1_500_000, "1500kbit/s"}, {"800 kbit/s", 800_000, "800kbit/s"},
		{"1Gbit/s", 1_000_000_000, "1Gbit/s"}, {"7bit/s", 7, "7bit/s"}, {"0", 0, "0"}, {"0Mbit/s", 0, "0"},
	} {
		var got Bitrate
		if err := got.UnmarshalText([]byte(c.text)); err != nil || got != c.want || got.String() != c.shown {
			t.Errorf("%q = %d, %q, %v, want %d, %q", c.text, int64(got), got, err, c.want, c.shown)
		}
	}
	for _, bad := range []string{"", "20", "Mbit/s", "-1Mbit/s", "20 MB/s", "NaNbit/s", "Infbit/s", "0.5bit/s", "2000Gbit/s", "20mbit/s", "20Mbps"} {
		var got Bitrate
		if err := got.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q = %v", bad, got)
		}
	}
}

func TestValidateWithoutSources(t *testing.T) {
	c := Default()
	c.HTTP.Listen, c.Limits.JoinRate, c.Limits.PublisherBitrate = "", Rate{-1, 0}, -1
	err := c.Validate()
	want := "http.listen: \"\": want a value\nlimits.join_rate: -1/s burst 0: out of range\nlimits.publisher_bitrate: -1bit/s: out of range"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if err := (Config{}).Validate(); err == nil {
		t.Error("the zero Config is valid")
	}
}

func TestMinLevel(t *testing.T) {
	for text, want := range map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError, "": slog.LevelInfo, "loud": slog.LevelInfo} {
		if got := (Log{Level: text}).MinLevel(); got != want {
			t.Errorf("%q = %v, want %v", text, got, want)
		}
	}
}

func TestAuthOptions(t *testing.T) {
	keyFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte("0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := Auth{
		Publish: "open", Watch: "key",
		Keys: []Key{{Key: "k", Stream: []string{"live/a"}, Can: []string{"watch"}, Sub: "alice"}},
		JWT:  []JWT{{Alg: "HS256", KeyFile: keyFile, Iss: "i", Aud: "a"}},
	}
	o, err := a.Options()
	if err != nil {
		t.Fatal(err)
	}
	if !o.OpenPublish || !o.ClosedWatch || o.Keys[0].Token != "k" || o.Keys[0].Sub != "alice" || o.Keys[0].Can[0] != auth.Watch ||
		string(o.JWT[0].Key) != "0123456789abcdef0123456789abcdef" || o.JWT[0].Issuer != "i" || o.JWT[0].Audience != "a" {
		t.Errorf("got %+v", o)
	}
	if _, err := auth.New(o); err != nil {
		t.Error(err)
	}
	a.JWT[0].KeyFile += "-missing"
	if _, err := a.Options(); err == nil || !strings.HasPrefix(err.Error(), "auth.jwt[0].key_file: ") {
		t.Errorf("error = %v", err)
	}
	if o, err := Default().Auth.Options(); err != nil || o.OpenPublish || o.ClosedWatch {
		t.Errorf("by default: %+v, %v", o, err)
	}
}

func TestMarkdownHasEverySetting(t *testing.T) {
	table := Markdown()
	for _, s := range Settings() {
		if !strings.Contains(table, "| `"+s.Key+"` | `") {
			t.Errorf("%s is missing", s.Key)
		}
	}
	if rows := strings.Count(table, "\n"); rows != len(Settings())+2 {
		t.Errorf("%d lines for %d settings", rows, len(Settings()))
	}
}

func TestSuggest(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"http.listn", "http.listen"}, {"http.lsiten", "http.listen"}, {"http_listen", "http.listen"}, {"drian", "drain"},
		{"limits.sdp_rid", "limits.sdp_rids"}, {"public_ip", "rtc.public_ip"}, {"listen", ""}, {"x", ""}, {"", ""},
		{strings.Repeat("x", 10_000), ""},
	} {
		want := ""
		if c.want != "" {
			want = ", did you mean " + c.want + "?"
		}
		if got := suggest("", c.word, keys()); got != want {
			t.Errorf("suggest(%.20q) = %q, want %q", c.word, got, want)
		}
	}
}

func TestTheAddressOfRedisIsNotQuoted(t *testing.T) {
	for value, good := range map[string]bool{
		"": true, "redis://:canary@127.0.0.1:6379/0": true, "rediss://redis.example/1": true, "unix:///run/redis.sock": true,
		"http://:canary@redis.example": false, "canary": false,
	} {
		c := Default()
		c.Auth.Tokens = Secret(value)
		err := c.Validate()
		if (err == nil) != good {
			t.Errorf("%q: %v", value, err)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("the error quotes the password: %v", err)
		}
	}
}

func TestKeysByAnAddress(t *testing.T) {
	for _, c := range []struct {
		j    JWT
		want string
	}{
		{JWT{Alg: "RS256", JWKS: "https://school.example/jwks.json"}, ""},
		{JWT{Alg: "ES256", JWKS: "http://127.0.0.1:9000/"}, ""},
		{JWT{Alg: "HS256", JWKS: "https://school.example/jwks.json"}, "auth.jwt[0].alg"},
		{JWT{Alg: "RS256", Key: "x"}, "auth.jwt[0].alg"},
		{JWT{Alg: "ES256", JWKS: "https://school.example/jwks.json", KeyFile: "x"}, "use one of them"},
		{JWT{Alg: "ES256", JWKS: "file:///etc/passwd"}, "auth.jwt[0].jwks"},
		{JWT{Alg: "ES256", JWKS: "https://user@school.example/"}, "auth.jwt[0].jwks"},
	} {
		s := Default()
		s.Auth.JWT = []JWT{c.j}
		err := s.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.j, err, c.want)
		}
	}
}

func TestSize(t *testing.T) {
	for _, c := range []struct {
		text string
		want Size
		ok   bool
	}{
		{"64KiB", 64 << 10, true}, {" 4 MiB ", 4 << 20, true}, {"1GiB", 1 << 30, true}, {"100B", 100, true}, {"0B", 0, true},
		{"64", 0, false}, {"64KB", 0, false}, {"-1KiB", 0, false}, {"1.5MiB", 0, false}, {"99999999GiB", 0, false}, {"", 0, false},
	} {
		var got Size
		if err := got.UnmarshalText([]byte(c.text)); (err == nil) != c.ok || got != c.want {
			t.Errorf("%q: %d, %v", c.text, got, err)
		}
		if c.ok {
			var again Size
			if err := again.UnmarshalText([]byte(got.String())); err != nil || again != got {
				t.Errorf("%q is written as %q", c.text, got)
			}
		}
	}
}

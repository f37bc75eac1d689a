package config

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// file writes a configuration file and gives its path.
func file(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lectern.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// flags parses a command line.
func flags(t testing.TB, args ...string) *pflag.FlagSet {
	t.Helper()
	fs := pflag.NewFlagSet("lectern", pflag.ContinueOnError)
	AddFlags(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return fs
}

func TestDefaultIsSound(t *testing.T) {
	c := Default()
	if err := c.Validate(); err != nil {
		t.Errorf("Validate() = %v", err)
	}
	if c.HTTP.Listen != ":8080" || c.UDPAddress() != ":8080" || c.Admin.Listen != "127.0.0.1:8081" || !c.RTC.TCP ||
		c.Auth.Publish != "key" || c.Auth.Watch != "open" || c.Auth.QueryToken || c.Drain != 30*time.Second ||
		c.Limits.JoinRate != (Rate{100, 1000}) || c.Limits.PublisherBitrate != 20_000_000 {
		t.Errorf("Default() = %s", c)
	}
}

func TestTheStrongestSourceWins(t *testing.T) {
	path := file(t, "http: {listen: ':1'}\ndrain: 1s\nlog:\n  level: debug\n  format: json\n")
	env := []string{"LECTERN_HTTP_LISTEN=:2", "LECTERN_LOG_LEVEL=warn", "PATH=/bin", "LECTERNISH=1"}
	c, err := Load(Sources{File: path, Env: env, Flags: flags(t, "--http.listen", ":3")})
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTP.Listen != ":3" || c.Log.Level != "warn" || c.Log.Format != "json" || c.Drain != time.Second || c.Data.Dir != "./lectern-data" {
		t.Errorf("got %q", c.Changed())
	}
}

// everySetting has another value than the default for each setting, as a file.
const everySetting = `
http:
  listen: 127.0.0.1:9000
  tls_cert: a.pem
  tls_key: b.pem
  trusted_proxies: [10.0.0.0/8, "::1"]
  cors_origins: [https://a.example, 'http://[::1]:8080']
rtc:
  udp: :9001
  tcp: false
  public_ip: 203.0.113.7
  interfaces:
    - eth0
    - wg0
  ice_servers:
    - url: turn:turn.example:3478?transport=udp
      username: u
      credential: turn-secret
    - {url: "stun:stun.example"}
rtmp: {listen: ":1936", b_frames: transcode, audio_bitrate: 128kbit/s, ffmpeg: off}
admin.listen: ""
data: {dir: /var/lib/lectern}
auth:
  publish: open
  watch: key
  loopback: key
  query_token: yes
  tokens: redis://:p@127.0.0.1:6379/1
  keys:
    - key: static-secret
      stream: [live/x*]
      can: [publish, watch]
      sub: alice
  jwt:
    - alg: HS256
      key: jwt-secret-jwt-secret-jwt-secret-
      iss: school
      aud: lectern
    - alg: EdDSA
      key: |
        -----BEGIN PUBLIC KEY-----
        pem-secret
        -----END PUBLIC KEY-----
streams.grace: 1m
watch: {require_live: true}
demo.stream: clock
rooms: {seats: 4, people: 50, codec: h264, publish_bitrate: 1Mbit/s, grace: 1m, idle: 5m, keep_chat: 24h, keep_attendance: 48h, max: 10, live: 5}
limits:
  publish_rate: 1/s
  refused_rate: off
  join_rate: 0.5/s burst 3
  exempt: 192.0.2.1
  half_open_publish: 1
  half_open_address: 2
  half_open_total: 3
  half_open_timeout: 20s
  room_sockets: 12
  room_sockets_total: 13
  room_rate: 5/s burst 50
  room_chat: 1/s burst 6
  room_danmaku: "off"
  room_message: 128KiB
  room_queue: 2MiB
  session_rate: 3/s burst 30
  event_feeds: 14
  event_feeds_total: 140
  body_size: 128KiB
  ssrcs: 15
  resends: 10%
  key_frame_interval: 2s
  rtmp_message: 1MiB
  rtmp_setup: 11s
  rtmp_silence: 12s
  hook_queue: 16
  sdp_sections: 4
  sdp_rids: 3
  sdp_candidates: 5
  rtmp_address: 8
  rtmp_total: 9
  rtmp_players: 10
  transcoders: 11
  publisher_bitrate: 1.5Mbit/s
  publisher_packets: 6
  publisher_excess: 7s
hooks:
  on_connect: http://127.0.0.1:9000/connect
  on_publish: http://127.0.0.1:9000/publish
  on_publish_done: http://127.0.0.1:9000/publish_done
  on_play: http://127.0.0.1:9000/play
  on_play_done: http://127.0.0.1:9000/play_done
  on_update: https://hooks.example/update?all=1
  update_interval: 10s
  format: json
  secret: hook-secret
  timeout: 2s
  on_failure: allow
  allow_private: 10.0.0.0/8
webhooks:
  - url: https://school.example/lectern?key=query-secret
    secret: webhook-secret
    events: [stream.live, room.*]
  - url: http://127.0.0.1:9000/
kafka:
  brokers: [kafka1.example:9092, "10.0.0.2:9092"]
  topic: school
  raw_topic: school.raw
  raw_streams: [live/cam*]
  tls: true
  user: lectern
  password: kafka-secret
  sasl: plain
drain: 0s
trace:
  endpoint: https://traces.example/otlp
  headers: "api-key=trace-secret, x-scope=school"
  sample: 10%
log: {level: error, format: text}
web:
  dir: pages
  frame_ancestors: ["'self'", "https://*.example.org"]
`

func TestEverySettingCanBeSetInTheFile(t *testing.T) {
	c, err := Load(Sources{File: file(t, everySetting)})
	if err != nil {
		t.Fatal(err)
	}
	if changed := c.Changed(); len(changed) != len(Settings()) {
		t.Errorf("%d of %d settings changed: %q", len(changed), len(Settings()), changed)
	}
	if want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}; !reflect.DeepEqual(c.HTTP.TrustedProxies, want) {
		t.Errorf("trusted proxies = %v, want %v", c.HTTP.TrustedProxies, want)
	}
	if want := (Rate{0.5, 3}); c.Limits.JoinRate != want || c.Limits.PublishRate != (Rate{1, 1}) || !c.Limits.RefusedRate.Off() {
		t.Errorf("rates = %v %v %v", c.Limits.PublishRate, c.Limits.RefusedRate, c.Limits.JoinRate)
	}
	if c.Limits.PublisherBitrate != 1_500_000 || c.Auth.JWT[0].Key != "jwt-secret-jwt-secret-jwt-secret-" || len(c.RTC.ICEServers) != 2 {
		t.Errorf("got %s", c)
	}
	if !strings.HasPrefix(string(c.Auth.JWT[1].Key), "-----BEGIN PUBLIC KEY-----\npem-secret\n") {
		t.Errorf("PEM = %q", string(c.Auth.JWT[1].Key))
	}
}

// All sources read one text form, and String writes it.
func TestEverySettingHasOneTextForm(t *testing.T) {
	want, err := Load(Sources{File: file(t, everySetting)})
	if err != nil {
		t.Fatal(err)
	}
	// What must stay secret cannot be read back, and differs in nothing else.
	want.Auth.Keys, want.Auth.JWT, want.RTC.ICEServers, want.Hooks.Secret, want.Auth.Tokens, want.Trace.Headers = nil, nil, nil, "", "", ""
	want.Webhooks, want.Kafka.Password = nil, ""
	from := func(name string, s Sources) {
		t.Helper()
		got, err := Load(s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got.String() != want.String() {
			t.Errorf("%s: got\n%s, want\n%s", name, got, want)
		}
	}
	from("String as a file", Sources{File: file(t, want.String())})

	var env, args []string
	v := reflect.ValueOf(want)
	for _, s := range Settings() {
		if s.Secret {
			continue
		}
		text := strings.Trim(show(s.value(v)), `[]"`)
		text = strings.ReplaceAll(text, `"`, "")
		env = append(env, s.Env+"="+text)
		args = append(args, "--"+s.Flag+"="+text)
	}
	from("environment", Sources{Env: env})
	from("flags", Sources{Flags: flags(t, args...)})
}

func TestSecretsFromTheEnvironment(t *testing.T) {
	inFile := file(t, `[{"key": "from-file", "stream": ["live/a"], "can": ["publish"]}]`+"\n")
	c, err := Load(Sources{Env: []string{
		"LECTERN_AUTH_KEYS_FILE=" + inFile,
		"LECTERN_AUTH_JWT=[{alg: HS256, key: 0123456789abcdef0123456789abcdef}]",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Auth.Keys) != 1 || c.Auth.Keys[0].Key != "from-file" || len(c.Auth.JWT) != 1 || c.Auth.JWT[0].Alg != "HS256" {
		t.Errorf("got %#v", c.Auth)
	}
	// The environment replaces the file's list, it does not add to it.
	c, err = Load(Sources{File: file(t, everySetting), Env: []string{"LECTERN_AUTH_KEYS="}})
	if err != nil || len(c.Auth.Keys) != 0 {
		t.Errorf("keys = %v, error %v", c.Auth.Keys, err)
	}
}

func TestFileIsFound(t *testing.T) {
	t.Chdir(t.TempDir())
	if c, err := Load(Sources{}); err != nil || c.HTTP.Listen != ":8080" {
		t.Errorf("without a file: %q, %v", c.HTTP.Listen, err)
	}
	if err := os.WriteFile("lectern.yaml", []byte("http.listen: :1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(Sources{}); err != nil || c.HTTP.Listen != ":1" {
		t.Errorf("in the working directory: %q, %v", c.HTTP.Listen, err)
	}
	other := file(t, "http.listen: :2")
	if c, err := Load(Sources{Env: []string{"LECTERN_CONFIG=" + other}}); err != nil || c.HTTP.Listen != ":2" {
		t.Errorf("by LECTERN_CONFIG: %q, %v", c.HTTP.Listen, err)
	}
	if c, err := Load(Sources{File: file(t, "http.listen: :3"), Env: []string{"LECTERN_CONFIG=" + other}}); err != nil || c.HTTP.Listen != ":3" {
		t.Errorf("by name: %q, %v", c.HTTP.Listen, err)
	}
	if _, err := Load(Sources{File: "nowhere.yaml"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a named file that is missing: %v", err)
	}
}

func TestEmptyFilesAreFine(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "http:\n", "http:\n  # listen: :80\n", "http:\n  listen:\n", "{}\n", "http: {}\n", "~\n"} {
		if c, err := Load(Sources{File: file(t, text)}); err != nil || c.String() != Default().String() {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestErrorsNameSourceKeyAndWhatIsAllowed(t *testing.T) {
	const name = "F" // stands for the file's path
	for _, c := range []struct {
		about, yaml string
		env, args   []string
		want        string
	}{
		{about: "unknown key", yaml: "rtc:\n  pubic_ip: 1.2.3.4\n",
			want: "F:2: rtc.pubic_ip: unknown setting, did you mean rtc.public_ip?"},
		{about: "unknown group", yaml: "htpp:\n  listen: :1\n", want: "F:1: htpp: unknown setting, did you mean http?"},
		{about: "forgotten group", yaml: "public_ip: 1.2.3.4\n", want: "F:1: public_ip: unknown setting, did you mean rtc.public_ip?"},
		{about: "forgotten group, ambiguous", yaml: "listen: :80\n", want: "F:1: listen: unknown setting"},
		{about: "nothing near", yaml: "zzzzzz: 1\n", want: "F:1: zzzzzz: unknown setting"},
		{about: "set twice", yaml: "http.listen: :1\nhttp:\n  listen: :2\n", want: "F:3: http.listen: set before at F:1"},
		{about: "the same name twice", yaml: "drain: 1s\ndrain: 2s\n", want: `F:2: mapping key "drain" already defined at [1:1]`},
		{about: "bad address", yaml: "\nhttp: {listen: 8080}\n", want: `F:2: http.listen: "8080": want HOST:PORT or :PORT, such as :8080 or 127.0.0.1:8080`},
		{about: "bad port", yaml: "http.listen: ':99999'\n", want: `F:1: http.listen: ":99999": want a port from 0 to 65535 after the last colon`},
		{about: "bad host", yaml: "http.listen: 'a b:80'\n", want: `F:1: http.listen: "a b:80": want an IP address or a host's name before the port`},
		{about: "needed", yaml: "http.listen: ''\n", want: `F:1: http.listen: "": want a value`},
		{about: "bad choice", yaml: "auth:\n  publish: keys\n", want: `F:2: auth.publish: "keys": want key or open`},
		{about: "bad number", yaml: "limits.sdp_rids: many\n", want: `F:1: limits.sdp_rids: "many": want a whole number`},
		{about: "number out of range", yaml: "limits.sdp_rids: 99\n", want: `F:1: limits.sdp_rids: 99: want 1 to 16`},
		{about: "duration without unit", yaml: "drain: 30\n", want: `F:1: drain: "30": want a duration with its unit, such as 500ms, 30s or 5m`},
		{about: "duration out of range", yaml: "drain: -1s\n", want: `F:1: drain: -1s: want 0s to 1h`},
		{about: "bad bool", yaml: "rtc.tcp: maybe\n", want: `F:1: rtc.tcp: "maybe": want true or false`},
		{about: "bad rate", yaml: "limits.join_rate: 50\n", want: `F:1: limits.join_rate: "50": want a rate such as "2/s burst 10", up to 1000000 a second, or off`},
		{about: "bad bitrate", yaml: "limits.publisher_bitrate: 20\n", want: `F:1: limits.publisher_bitrate: "20": want a bitrate such as 800kbit/s, 20Mbit/s or 1Gbit/s, or 0 for no limit`},
		{about: "bad network", yaml: "http.trusted_proxies:\n  - 10.0.0.0/8\n  - 10.0.0.0/33\n", want: `F:3: http.trusted_proxies[1]: "10.0.0.0/33": want an IP address or a network such as 10.0.0.0/8`},
		{about: "bad IP", yaml: "rtc.public_ip: example.org\n", want: `F:1: rtc.public_ip: "example.org": want an IP address`},
		{about: "bad IP of several", yaml: "rtc.public_ip: 192.0.2.1, example.org\n", want: `F:1: rtc.public_ip: "192.0.2.1, example.org": "example.org": want an IP address`},
		{about: "any IP", yaml: "rtc.public_ip: [0.0.0.0]\n", want: `F:1: rtc.public_ip: "0.0.0.0": want the IP address of one machine`},
		{about: "origin with a path", yaml: "http.cors_origins: [https://a.example/]\n", want: `F:1: http.cors_origins: "https://a.example/": want * or an origin in lower case, without a path, such as https://example.org`},
		{about: "null origin", yaml: "http.cors_origins: ['null']\n", want: `F:1: http.cors_origins: "null": want * or an origin in lower case, without a path, such as https://example.org`},
		{about: "star and another", yaml: "http.cors_origins: ['*', https://a.example]\n", want: `F:1: http.cors_origins: * is every origin: name no other beside it`},
		{about: "header injection", yaml: `web.frame_ancestors: ["https://a.example; script-src *"]`, want: `F:1: web.frame_ancestors: "https://a.example; script-src *": want 'self', * or an origin such as https://example.org or https://*.example.org`},
		{about: "certificate without key", yaml: "http.tls_cert: a.pem\n", want: `http.tls_key: needed, because http.tls_cert is set`},
		{about: "key without certificate", yaml: "http.tls_key: a.pem\n", want: `http.tls_cert: needed, because http.tls_key is set`},
		{about: "sound that is too thin", yaml: "rtmp.audio_bitrate: 8kbit/s\n", want: `F:1: rtmp.audio_bitrate: "8kbit/s": want 16kbit/s to 510kbit/s`},
		{about: "a hook without a scheme", yaml: "hooks.on_play: localhost:9000\n",
			want: `F:1: hooks.on_play: "localhost:9000": want an address such as http://127.0.0.1:9000/publish, without a user's name in it`},
		{about: "RTMP on the web port", yaml: "rtmp.listen: :8080\n", want: `F:1: rtmp.listen: ":8080" is http.listen too, which takes RTMP anyhow: use another port, or ""`},
		{about: "one address for two", yaml: "admin.listen: :8080\n", want: `F:1: admin.listen: ":8080" is http.listen too: use another port`},
		{about: "a value where a group is", yaml: "http: 80\n", want: `F:1: http holds settings, each on a line of its own as name: value`},
		{about: "a list where the settings are", yaml: "- http\n", want: `F:1: the file holds settings, each on a line of its own as name: value`},
		{about: "a group where a value is", yaml: "drain:\n  after: 1s\n", want: `F:2: drain: want one plain value`},
		{about: "a list where a value is", yaml: "http.listen: [':1', ':2']\n", want: `F:1: http.listen: want one plain value`},
		{about: "an alias", yaml: "http.listen: &a ':1'\nrtc.udp: *a\n", want: "F:1: http.listen: want one plain value\nF:2: rtc.udp: want one plain value"},
		{about: "two documents", yaml: "drain: 1s\n---\ndrain: 2s\n", want: "F:3: a second YAML document: only one is read"},
		{about: "not YAML", yaml: "drain: [1s\n", want: "F:1: sequence end token ']' not found"},
		{about: "not text", yaml: "data.dir: \xff\n", want: "F: is not UTF-8 text"},
		{about: "several", yaml: "drain: x\nlog.level: loud\n",
			want: "F:1: drain: \"x\": want a duration with its unit, such as 500ms, 30s or 5m\nF:2: log.level: \"loud\": want debug or info or warn or error"},

		{about: "keys not a list", yaml: "auth.keys: abc\n", want: "F:1: auth.keys: want a list: each item on a line of its own after a dash"},
		{about: "a key not a record", yaml: "auth.keys: [s3cret]\n", want: "F:1: auth.keys[0]: want key, stream, can, sub as name: value\n" +
			"F:1: auth.keys[0].key: want 1 to 8192 visible ASCII characters without spaces\nF:1: auth.keys[0].stream: needed: the streams that the key is for, such as live/cam1, live/* or *\n" +
			"F:1: auth.keys[0].can: needed: what the key is for, publish, watch or both"},
		{about: "unknown field", yaml: "auth.keys:\n- key: s3cret\n  steam: [live/a]\n  stream: [live/a]\n  can: watch\n", want: "F:3: auth.keys[0].steam: unknown setting, did you mean stream?"},
		{about: "bad right", yaml: "auth.keys:\n- {key: s3cret, stream: '*', can: [view]}\n", want: `F:2: auth.keys[0].can[0]: "view": want publish or watch`},
		{about: "bare stream", yaml: "auth.keys:\n- {key: s3cret, stream: [cam1], can: watch}\n", want: `F:2: auth.keys[0].stream[0]: stream pattern "cam1" has no app: did you mean "live/cam1"`},
		{about: "key twice", yaml: "auth.keys:\n- {key: s3cret, stream: '*', can: watch}\n- {key: s3cret, stream: '*', can: watch}\n", want: `F:3: auth.keys[1].key: the same key is there twice`},
		{about: "key with a space", yaml: "auth.keys:\n- {key: s3c ret, stream: '*', can: watch}\n", want: `F:2: auth.keys[0].key: want 1 to 8192 visible ASCII characters without spaces`},
		{about: "jwt algorithm", yaml: "auth.jwt:\n- {alg: none, key: s3cret}\n", want: `F:2: auth.jwt[0].alg: "none": want HS256 or EdDSA or ES256`},
		{about: "jwt without key", yaml: "auth.jwt:\n- {alg: HS256}\n", want: `F:2: auth.jwt[0].key: needed, or key_file`},
		{about: "jwt with two keys", yaml: "auth.jwt:\n- {alg: HS256, key: s3cret, key_file: k}\n", want: `F:2: auth.jwt[0].key: set together with key_file: use one of them`},
		{about: "ICE server", yaml: "rtc.ice_servers: [{url: 'http://s3cret'}]\n", want: `F:1: rtc.ice_servers[0].url: "http://s3cret": want stun:HOST:PORT, turn:HOST:PORT?transport=udp or turns:HOST:PORT`},
		{about: "TURN without credential", yaml: "rtc.ice_servers:\n- url: turns:a.example\n  username: a\n", want: `F:2: rtc.ice_servers[0]: a TURN server needs username and credential`},

		{about: "unknown variable", env: []string{"LECTERN_HTTP_LISTN=:1"}, want: "LECTERN_HTTP_LISTN: unknown setting, did you mean LECTERN_HTTP_LISTEN?"},
		{about: "a port by itself", env: []string{"LECTERN_PORT=8080"}, want: "LECTERN_PORT: unknown setting"},
		{about: "a port of something", env: []string{"LECTERN_HTTP_PORT=8080"}, want: "LECTERN_HTTP_PORT: unknown setting"},
		{about: "bad value in a variable", env: []string{"LECTERN_DRAIN=soon"}, want: `LECTERN_DRAIN: drain: "soon": want a duration with its unit, such as 500ms, 30s or 5m`},
		{about: "bad choice in a variable", env: []string{"LECTERN_LOG_LEVEL=loud"}, want: `LECTERN_LOG_LEVEL: log.level: "loud": want debug or info or warn or error`},
		{about: "no _FILE for what is no secret", env: []string{"LECTERN_HTTP_LISTEN_FILE=x"}, want: "LECTERN_HTTP_LISTEN_FILE: unknown setting, did you mean LECTERN_HTTP_LISTEN?"},
		{about: "a secret's file is missing", env: []string{"LECTERN_AUTH_JWT_FILE=/nowhere/x"}, want: "LECTERN_AUTH_JWT_FILE: auth.jwt: open /nowhere/x: no such file or directory"},
		{about: "a secret and its file", env: []string{"LECTERN_AUTH_JWT_FILE=/nowhere/x", "LECTERN_AUTH_JWT=[]"}, want: "LECTERN_AUTH_JWT_FILE: auth.jwt: set by LECTERN_AUTH_JWT too: use one of them"},
		{about: "bad record in a variable", env: []string{"LECTERN_AUTH_JWT=[{alg: HS256, kee: s3cret, key: s3cret}]"}, want: "LECTERN_AUTH_JWT: auth.jwt[0].kee: unknown setting, did you mean key?"},
		{about: "not YAML in a variable", env: []string{"LECTERN_AUTH_JWT=[{key: 's3cret]"}, want: "LECTERN_AUTH_JWT: could not find end character of single-quoted text"},

		{about: "bad value of a flag", args: []string{"--drain=soon"}, want: `--drain: "soon": want a duration with its unit, such as 500ms, 30s or 5m`},
		{about: "bad choice of a flag", args: []string{"--log.level", "loud"}, want: `--log.level: "loud": want debug or info or warn or error`},
		{about: "the flag is to blame, not the file", yaml: "log.level: info\n", args: []string{"--log.level", "loud"}, want: `--log.level: "loud": want debug or info or warn or error`},
	} {
		t.Run(c.about, func(t *testing.T) {
			path := file(t, c.yaml)
			_, err := Load(Sources{File: path, Env: c.env, Flags: flags(t, c.args...)})
			if err == nil {
				t.Fatalf("no error, want %q", c.want)
			}
			if got := strings.ReplaceAll(err.Error(), path, name); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if strings.Contains(err.Error(), "s3cret") && !strings.Contains(c.want, "s3cret") {
				t.Errorf("%q shows a secret", err)
			}
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Errorf("%T holds no *Error", err)
			}
		})
	}
}

func TestVariablesOfKubernetesServicesAreIgnored(t *testing.T) {
	_, err := Load(Sources{File: file(t, ""), Env: []string{
		"LECTERN_PORT=tcp://10.0.0.1:8080",
		"LECTERN_PORT_8080_TCP=tcp://10.0.0.1:8080",
		"LECTERN_PORT_8080_TCP_PROTO=tcp",
		"LECTERN_PORT_8080_UDP_PORT=8080",
		"LECTERN_PORT_8080_TCP_ADDR=10.0.0.1",
		"LECTERN_SERVICE_HOST=10.0.0.1",
		"LECTERN_SERVICE_PORT=8080",
		"LECTERN_SERVICE_PORT_HTTP=8080",
		"LECTERN_MEDIA_SERVICE_HOST=10.0.0.2",
		"LECTERN_MEDIA_PORT=udp://10.0.0.2:8080",
	}})
	if err != nil {
		t.Error(err)
	}
}

func TestListFlagsGrow(t *testing.T) {
	c, err := Load(Sources{File: file(t, ""), Flags: flags(t, "--rtc.interfaces=eth0,eth1", "--rtc.interfaces", "wg0", "--auth.query_token", "--drain", "1s", "--drain", "2s")})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.RTC.Interfaces, " "); got != "eth0 eth1 wg0" || !c.Auth.QueryToken || c.Drain != 2*time.Second {
		t.Errorf("got %q", c.Changed())
	}
}

func TestUnknownFlags(t *testing.T) {
	for _, c := range []struct{ arg, want string }{
		{"--http.lisen=:1", "--http.lisen: unknown flag, did you mean --http.listen?"},
		{"--public_ip=1.2.3.4", "--public_ip: unknown flag, did you mean --rtc.public_ip?"},
		{"--nonsense-at-all", "--nonsense-at-all: unknown flag"},
		{"--auth.keys=s3cret", "--auth.keys: holds secrets, which other users of this machine could read from the command line: set it in the file, or by LECTERN_AUTH_KEYS or LECTERN_AUTH_KEYS_FILE"},
		{"-x", "unknown shorthand flag: 'x' in -x"},
		{"--drain", "flag needs an argument: --drain"},
	} {
		fs := pflag.NewFlagSet("lectern", pflag.ContinueOnError)
		AddFlags(fs)
		err := fs.Parse([]string{c.arg})
		if err == nil {
			t.Errorf("%s: no error", c.arg)
			continue
		}
		if got := FlagError(fs, err).Error(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.arg, got, c.want)
		}
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte(everySetting))
	f.Add([]byte("http: {listen: ':1'}"))
	f.Add([]byte("auth.keys: [{key: a, stream: '*', can: [watch]}]"))
	f.Add([]byte("a: &b [*b, *b]\n? [x]\n: !!str 1\n<<: *b\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		l := &loader{config: Default(), sources: make(map[string]string)}
		l.readYAML(text, position{name: "F", lines: true})
		problems := l.config.problems()
		if len(l.errs) > 0 || len(problems) > 0 {
			return
		}
		// What was accepted reads back as itself, but for its secrets.
		c := l.config
		c.Auth.Keys, c.Auth.JWT, c.RTC.ICEServers = nil, nil, nil
		again := &loader{config: Default(), sources: make(map[string]string)}
		again.readYAML([]byte(c.String()), position{name: "G", lines: true})
		if len(again.errs) > 0 || again.config.String() != c.String() {
			t.Errorf("%s\nreads back with %v as\n%s", c, again.errs, again.config)
		}
	})
}

package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"lectern/internal/auth"
	"lectern/internal/config"
)

// result is what one run of the command line did.
type result struct {
	code           int
	stdout, stderr string
	served         *config.Config // nil if the server was not started
}

// lectern runs a command line in an empty folder with a server that ends with end.
func lectern(t *testing.T, end error, args ...string) result {
	t.Helper()
	t.Chdir(t.TempDir())
	var r result
	serve := func(_ context.Context, c config.Config, _ io.Writer) error {
		r.served = &c
		return end
	}
	var stdout, stderr bytes.Buffer
	r.code = execute(context.Background(), serve, args, &stdout, &stderr)
	r.stdout, r.stderr = stdout.String(), stderr.String()
	return r
}

func TestExitCodes(t *testing.T) {
	broken := errors.New("listen tcp :8080: address already in use")
	for _, c := range []struct {
		name   string
		end    error
		args   []string
		code   int
		serves bool
		stderr string
	}{
		{"nothing said", nil, nil, 0, true, ""},
		{"serve", nil, []string{"serve"}, 0, true, ""},
		{"a flag", nil, []string{"--http.listen", ":0"}, 0, true, ""},
		{"a flag of serve", nil, []string{"serve", "--http.listen=:0"}, 0, true, ""},
		{"the server fails", broken, nil, 1, true, "lectern: listen tcp :8080: address already in use\n"},
		{"the server fails after serve", broken, []string{"serve"}, 1, true, "lectern: listen tcp :8080: address already in use\n"},
		{"unknown flag", nil, []string{"--http.lisen=:0"}, 2, false, "lectern: --http.lisen: unknown flag, did you mean --http.listen?\n"},
		{"unknown flag of serve", nil, []string{"serve", "--drian", "1s"}, 2, false, "lectern: --drian: unknown flag, did you mean --drain?\n"},
		{"unknown flag of token", nil, []string{"token", "--strem", "live/a"}, 2, false, "lectern: --strem: unknown flag, did you mean --stream?\n"},
		{"secret as a flag", nil, []string{"--auth.keys=x"}, 2, false, "lectern: --auth.keys: holds secrets"},
		{"bad value", nil, []string{"--drain=soon"}, 2, false, "lectern: --drain: \"soon\": want a duration"},
		{"missing value", nil, []string{"--drain"}, 2, false, "lectern: flag needs an argument: --drain\nTry \"lectern --help\".\n"},
		{"missing file", nil, []string{"--config", "nowhere.yaml"}, 2, false, "lectern: read the configuration: open nowhere.yaml"},
		{"unknown command", nil, []string{"serv"}, 2, false, "Did you mean this?\n\tserve"},
		{"argument too many", nil, []string{"serve", "now"}, 2, false, `unknown command "now" for "lectern serve"`},
		{"arguments missing", nil, []string{"key", "revoke"}, 2, false, "lectern: want lectern key revoke ID...\nTry \"lectern key revoke --help\".\n"},
		{"help", nil, []string{"--help"}, 0, false, ""},
		{"version", nil, []string{"version"}, 0, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := lectern(t, c.end, c.args...)
			if r.code != c.code || (r.served != nil) != c.serves {
				t.Errorf("exit code %d, served %v, want %d, %v; stderr %s", r.code, r.served != nil, c.code, c.serves, r.stderr)
			}
			if !strings.Contains(r.stderr, c.stderr) || c.stderr == "" && r.stderr != "" {
				t.Errorf("stderr %q, want %q", r.stderr, c.stderr)
			}
		})
	}
}

func TestServeUsesItsSettings(t *testing.T) {
	t.Setenv("LECTERN_LOG_LEVEL", "warn")
	r := lectern(t, nil, "serve", "--http.listen=127.0.0.1:0", "--rtc.tcp=false")
	if r.served == nil || r.served.HTTP.Listen != "127.0.0.1:0" || r.served.RTC.TCP || r.served.Log.Level != "warn" {
		t.Errorf("served with %v; stderr %s", r.served, r.stderr)
	}
}

func TestTokenIsAcceptedByTheServerItIsFor(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	keyFile := filepath.Join(t.TempDir(), "ed25519.pem")
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, jwt := range map[string]string{
		"HS256": "[{alg: HS256, key: 0123456789abcdef0123456789abcdef, iss: here, aud: lectern}]",
		"EdDSA": "[{alg: EdDSA, key_file: " + keyFile + "}]",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("LECTERN_AUTH_JWT", jwt)
			r := lectern(t, nil, "token", "--stream", "live/cam1", "--can", "publish,watch", "--sub", "alice", "--ttl", "2h")
			if r.code != 0 || r.stderr != "" {
				t.Fatalf("exit code %d, stderr %s", r.code, r.stderr)
			}
			settings, err := config.Load(config.Sources{Env: os.Environ()})
			if err != nil {
				t.Fatal(err)
			}
			o, err := settings.Auth.Options()
			if err != nil {
				t.Fatal(err)
			}
			keys, err := auth.New(o)
			if err != nil {
				t.Fatal(err)
			}
			g, err := keys.Decide(context.Background(), auth.Request{Action: auth.Publish, Stream: "live/cam1", Token: strings.TrimSuffix(r.stdout, "\n")})
			if err != nil {
				t.Fatal(err)
			}
			if left := time.Until(g.Expires); g.Sub != "alice" || !g.Allows(auth.Watch, "live/cam1") || left < 119*time.Minute || left > 2*time.Hour {
				t.Errorf("grant %+v", g)
			}
		})
	}
}

func TestTokenSaysWhatIsMissing(t *testing.T) {
	const secret = "[{alg: HS256, key: 0123456789abcdef0123456789abcdef}]"
	for _, c := range []struct{ jwt, args, want string }{
		{"", "--stream live/a --can publish", "no key to sign with: set auth.jwt"},
		{secret, "--can publish", "--stream is needed"},
		{secret, "--stream live/a", "--can is needed"},
		{secret, "--stream live/a --can view", `--can "view": want publish or watch`},
		{secret, "--stream a --can watch", `did you mean "live/a"`},
		{secret, "--stream live/a --can watch --ttl -1h", "--ttl -1h0m0s"},
		{"[{alg: HS256, key: short}]", "--stream live/a --can watch", "with auth.jwt[0]: the HS256 key has 5 bytes"},
		{"[{alg: HS256, key_file: /nowhere}]", "--stream live/a --can watch", "auth.jwt[0].key_file: open /nowhere"},
		{`[{alg: EdDSA, key: "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"}]`,
			"--stream live/a --can watch", "every key of auth.jwt is public"},
	} {
		t.Run(c.want, func(t *testing.T) {
			if c.jwt != "" {
				t.Setenv("LECTERN_AUTH_JWT", c.jwt)
			}
			r := lectern(t, nil, append([]string{"token"}, strings.Fields(c.args)...)...)
			if r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, c.want) {
				t.Errorf("exit code %d, stdout %q, stderr %q, want %q", r.code, r.stdout, r.stderr, c.want)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	if r := lectern(t, nil, "version"); !strings.HasPrefix(r.stdout, "lectern ") || !strings.Contains(r.stdout, " go1.") || !strings.Contains(r.stdout, "/") {
		t.Errorf("printed %q", r.stdout)
	}
	commit := debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}}
	module := debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}
	for _, c := range []struct {
		linked string
		info   *debug.BuildInfo
		want   string
	}{
		{"v9", &module, "v9"}, {"", &module, "v1.2.3"}, {"", &commit, "0123456789ab-dirty"}, {"", &debug.BuildInfo{}, "unknown"}, {"", nil, "unknown"},
	} {
		if got := versionOf(c.linked, c.info); got != c.want {
			t.Errorf("versionOf(%q, %+v) = %q, want %q", c.linked, c.info, got, c.want)
		}
	}
}

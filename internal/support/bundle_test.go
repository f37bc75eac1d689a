package support

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern/internal/config"
	"lectern/internal/doctor"
)

// unpack returns the files of a bundle.
func unpack(t *testing.T, bundle []byte) map[string]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(bundle))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for a := tar.NewReader(z); ; {
		h, err := a.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(a)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(h.Name, "lectern-support/")] = string(text)
	}
}

// Secrets that come by whatever way are in no file.
func TestSecretsAreInNoFile(t *testing.T) {
	c := config.Default()
	c.Auth.Keys = []config.Key{{Key: "canary-key", Stream: []string{"*"}, Can: []string{"publish"}}}
	c.Auth.JWT = []config.JWT{{Alg: "HS256", Key: "canary-signing-secret"}}
	c.Auth.Tokens = "redis://:canary-redis@127.0.0.1/0"
	c.Hooks.Secret, c.Hooks.OnPublish = "canary-hook", "http://127.0.0.1:9/publish?pass=canary-query"
	c.Webhooks = []config.Webhook{{URL: "https://hooks.slack.com/services/T0/canary-in-a-path"}}
	c.RTC.ICEServers = []config.ICEServer{{URL: "turn:x", Username: "u", Credential: "canary-turn"}}
	asked := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path] = r.Header.Get("Authorization")
		_, _ = w.Write([]byte(`a line with canary-key, canary-signing-secret, canary-redis, canary-hook, canary-turn and canary-owner; ` +
			`"url":"rtmp://h/live/cam?k=canary-in-a-url" Bearer canary-bearer redis://u:canary-in-redis@h/ ` +
			`lk_canary_canary_canary eyJhbGciOiJIUzI1NiJ9.canarycanary.canary ?pass=canary-query https://hooks.slack.com/services/T0/canary-in-a-path and canary-in-a-path goes on`))
	}))
	defer server.Close()
	var out bytes.Buffer
	missing, err := Write(t.Context(), &out, Options{
		Config: c, Version: "lectern 1.0", URL: server.URL, Admin: server.URL, Token: "canary-owner", Now: time.Unix(0, 0),
		Report: doctor.Report{Checks: []doctor.Check{{ID: "x", Level: doctor.Fail, Title: "hook", Detail: "canary-query"}}},
	})
	if err != nil || len(missing) != 0 {
		t.Fatalf("%v, missing %v", err, missing)
	}
	files := unpack(t, out.Bytes())
	for name, text := range files {
		if name == "heap.pb.gz" {
			continue // a profile, which is not looked into
		}
		if at := strings.Index(text, "canary"); at >= 0 {
			t.Errorf("%s has a secret: …%s", name, text[max(0, at-40):min(len(text), at+40)])
		}
	}
	for _, name := range []string{"version.txt", "doctor.json", "config.yaml", "log.json", "goroutines.txt", "heap.pb.gz"} {
		if files[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	if !strings.Contains(files["log.json"], "goes on") || !strings.Contains(files["config.yaml"], "http.listen") {
		t.Errorf("too much is masked: %s", files["log.json"])
	}
	if asked["/metrics"] != "" || asked["/api/v1/logs"] == "" {
		t.Errorf("the token went to %v", asked)
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer refusing.Close()
	var out bytes.Buffer
	missing, err := Write(t.Context(), &out, Options{Config: config.Default(), URL: refusing.URL, Now: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	files := unpack(t, out.Bytes())
	for _, want := range []string{"log.json: GET /api/v1/logs gives 403 Forbidden", "heap.pb.gz: no server runs here, or this part of it is turned off"} {
		if !slices.Contains(missing, want) || !strings.Contains(files["missing.txt"], want) {
			t.Errorf("%q is not named: %q", want, missing)
		}
	}
	if files["config.yaml"] == "" {
		t.Error("no configuration")
	}
}

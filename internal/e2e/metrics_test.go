package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"lectern/internal/testtool"
)

// monitor is a Prometheus that scrapes a server every second.
type monitor struct{ url string }

// startMonitor runs a Prometheus, with our alert rules, until the test ends.
func startMonitor(t *testing.T, s *server) *monitor {
	t.Helper()
	rules, err := filepath.Abs("../../docs/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	dir, at := t.TempDir(), freePort(t)
	config := fmt.Sprintf(`
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - job_name: lectern
    static_configs: [{targets: [%q]}]
`, rules, strings.TrimPrefix(s.admin, "http://"))
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	output := &log{}
	c := exec.Command("prometheus", "--config.file", file, "--storage.tsdb.path", filepath.Join(dir, "data"), "--web.listen-address", at)
	c.Stdout, c.Stderr = output, output
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = c.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		select {
		case <-exited:
		case <-time.After(15 * time.Second):
			_ = c.Process.Kill()
			<-exited
		}
		if t.Failed() {
			t.Logf("Prometheus:\n%s", output)
		}
	})
	return &monitor{"http://" + at}
}

// ask answers a path of Prometheus's API with the data.
func (m *monitor) ask(path string, data any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.url+"/api/v1/"+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	answer := struct {
		Status, Error string
		Data          any
	}{Data: data}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("%s: %w", resp.Status, err)
	}
	if answer.Status != "success" {
		return fmt.Errorf("%s: %s", resp.Status, answer.Error)
	}
	return nil
}

// query returns the first value of a query's answer; false when it is empty.
func (m *monitor) query(expression string) (value float64, found bool, err error) {
	var data struct{ Result []struct{ Value [2]any } }
	if err := m.ask("query?query="+url.QueryEscape(expression), &data); err != nil || len(data.Result) == 0 {
		return 0, false, err
	}
	text, _ := data.Result[0].Value[1].(string)
	value, err = strconv.ParseFloat(text, 64)
	return value, err == nil, err
}

// wait asks until the answer is as it should be.
func (m *monitor) wait(t *testing.T, expression string, ok func(float64) bool) float64 {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		value, found, err := m.query(expression)
		if err == nil && found && ok(value) {
			return value
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is %v (%t, %v)", expression, value, found, err)
		}
		<-time.After(200 * time.Millisecond)
	}
}

// watchers are viewers without a browser.
func watchers(t *testing.T, s *server, stream string, n int) (sessions []*session, counters []*counter) {
	t.Helper()
	for range n {
		c := &counter{changed: make(chan struct{}, 1)}
		pc := newPC(t)
		pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
			if remote.Kind() == webrtc.RTPCodecTypeVideo {
				c.read(remote)
			}
		})
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
				t.Fatal(err)
			}
		}
		sessions, counters = append(sessions, connect(t, pc, s.url, "/whep/"+stream, "")), append(counters, c)
	}
	return sessions, counters
}

// A real Prometheus scrapes a server on which an encoder publishes and some
// people watch. Everything that the documents name is there, and what is in the
// API as well is the same.
func TestPrometheus(t *testing.T) {
	for _, program := range []string{"prometheus", "promtool", "ffmpeg"} {
		testtool.Path(t, program)
	}
	const viewers = 4
	s := startServer(t)
	m := startMonitor(t, s)
	c := clip{name: "AAC", seconds: 300, video: x264(0, "none", 30), audio: aac(2), sampleRate: 48000}
	c.push(t, s.rtmpURL("clip"))
	s.info(t, "clip", "the encoder", func(i streamInfo) bool { return i.State == "live" && len(i.Tracks) == 2 })
	sessions, counters := watchers(t, s, "clip", viewers)
	for _, c := range counters {
		c.wait(t, 200)
	}

	check := exec.Command("promtool", "check", "metrics")
	check.Stdin = strings.NewReader(get(t, s.admin+"/metrics"))
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}

	one := func(v float64) bool { return v == 1 }
	m.wait(t, `up{job="lectern"}`, one)
	m.wait(t, `lectern_active_streams`, one)
	m.wait(t, `lectern_clients{protocol="rtmp", direction="in"}`, one)
	all := func(v float64) bool { return v == viewers }
	inAPI := s.info(t, "clip", "the viewers", func(i streamInfo) bool { return i.Viewers == viewers }).Viewers
	t.Logf("%d watch in the API, %v in Prometheus", inAPI, m.wait(t, `sum(lectern_clients{direction="out"})`, all))
	m.wait(t, `lectern_join_seconds_count{protocol="whep"}`, all)
	m.wait(t, `lectern_first_frame_seconds_count{protocol="whep"}`, all)
	m.wait(t, `lectern_packets_out_total{protocol="whep", kind="video"}`, func(v float64) bool { return v >= 200*viewers })
	m.checkBitrate(t, s)
	m.checkDocuments(t)

	for _, session := range sessions {
		session.end(t)
	}
	m.wait(t, `lectern_sessions_ended_total{protocol="whep", cause="deleted"}`, all)
	m.wait(t, `sum(lectern_clients{direction="out"})`, func(v float64) bool { return v == 0 })
	// What has left stays counted.
	m.wait(t, `lectern_packets_out_total{protocol="whep", kind="video"}`, func(v float64) bool { return v >= 200*viewers })
	m.checkRules(t)
}

// checkBitrate holds what comes in by Prometheus against the API's figure of the
// last second. The encoder keeps to its rate over a second, and the windows of
// the two differ.
func (m *monitor) checkBitrate(t *testing.T, s *server) {
	t.Helper()
	var list struct {
		Streams []struct{ Tracks []struct{ BPS float64 } }
	}
	deadline := time.Now().Add(60 * time.Second)
	for {
		if err := json.Unmarshal([]byte(get(t, s.url+"/api/v1/streams")), &list); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, track := range list.Streams[0].Tracks {
			sum += track.BPS
		}
		in, found, err := m.query(`8 * sum(rate(lectern_bytes_in_total{protocol="rtmp"}[10s]))`)
		if err == nil && found && in > 500_000 && math.Abs(in-sum) < 0.15*sum {
			t.Logf("%.0f bit/s come in by the API, %.0f by Prometheus", sum, in)
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%.0f bit/s come in by the API, %.0f (%t, %v) by Prometheus", sum, in, found, err)
		}
		<-time.After(500 * time.Millisecond)
	}
}

// checkDocuments asks for each metric of the reference, and asks each question
// of the reference and of the dashboard.
func (m *monitor) checkDocuments(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	metrics := regexp.MustCompile("(?m)^\\| `(lectern_[a-z_]+)` \\| (\\w+) \\|").FindAllStringSubmatch(string(text), -1)
	for _, f := range metrics {
		name := f[1]
		if f[2] == "histogram" {
			name += "_count"
		}
		m.wait(t, "count("+name+")", func(v float64) bool { return v > 0 })
	}
	var questions []string
	for _, q := range regexp.MustCompile("(?m)^\\| [A-Z0-9][^|]+ \\| `([^`]+)` \\|$").FindAllStringSubmatch(string(text), -1) {
		questions = append(questions, q[1])
	}
	documented := len(questions)
	var dashboard struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	file, err := os.ReadFile("../../docs/grafana/lectern.json")
	if err == nil {
		err = json.Unmarshal(file, &dashboard)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			questions = append(questions, strings.NewReplacer("$instance", ".*", "$__rate_interval", "1m", "$__range", "1h").Replace(target.Expr))
		}
	}
	answered := 0
	for _, q := range questions {
		if _, found, err := m.query(q); err != nil {
			t.Errorf("%s: %v", q, err)
		} else if found {
			answered++
		}
	}
	if len(metrics) < 30 || documented < 5 || answered < len(questions)/2 {
		t.Errorf("%d metrics, %d questions of which %d have an answer", len(metrics), len(questions), answered)
	}
	t.Logf("%d metrics are there; %d questions are asked, %d have an answer", len(metrics), len(questions), answered)
}

// checkRules waits until Prometheus has evaluated our alerts, none of which is
// firing.
func (m *monitor) checkRules(t *testing.T) {
	t.Helper()
	var data struct {
		Groups []struct {
			Rules []struct{ Name, Health, State, LastError string }
		}
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		if err := m.ask("rules", &data); err != nil {
			t.Fatal(err)
		}
		waiting := ""
		for _, g := range data.Groups {
			for _, r := range g.Rules {
				if r.Health != "ok" {
					waiting += fmt.Sprintf("%s: %s %s\n", r.Name, r.Health, r.LastError)
				}
				if r.State == "firing" {
					t.Errorf("%s is firing", r.Name)
				}
			}
		}
		if len(data.Groups) == 1 && waiting == "" {
			t.Logf("%d alert rules are evaluated", len(data.Groups[0].Rules))
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d groups of rules; not evaluated:\n%s", len(data.Groups), waiting)
		}
		<-time.After(200 * time.Millisecond)
	}
}

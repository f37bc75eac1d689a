package metrics

import (
	"io"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"lectern/bridge/rtmp"
	"lectern/internal/histogram"
	"lectern/internal/hook"
	"lectern/internal/kafka"
	"lectern/internal/limit"
	"lectern/internal/store"
	"lectern/internal/trace"
	"lectern/internal/webhook"
	"lectern/sfu"
	"lectern/sfu/peer"
	"lectern/signaling"
)

// idle are the parts of a server in which nothing has happened.
func idle() Sources {
	none := func() map[string]histogram.Snapshot {
		return map[string]histogram.Snapshot{"whip": histogram.New(histogram.Waits()...).Snapshot()}
	}
	return Sources{
		Version:  "1.2.3",
		Media:    sfu.NewCounts().Totals,
		HTTP:     func() signaling.Stats { return signaling.Stats{Joins: none()} },
		Peers:    func() peer.Stats { return peer.Stats{} },
		RTMP:     func() rtmp.Stats { return rtmp.Stats{} },
		Hooks:    func() []hook.CallStats { return nil },
		Traces:   func() trace.Stats { return trace.Stats{} },
		Rooms:    func() (int, int) { return 0, 0 },
		Webhooks: func() webhook.Stats { return webhook.Stats{} },
		Kafka:    func() map[string]kafka.Stats { return map[string]kafka.Stats{"events": {}, "raw": {}} },
		Store:    func() store.Stats { return store.Stats{} },
		Audit:    func() uint64 { return 0 },
	}
}

// exposed are the names of our metrics in an answer.
func exposed(t *testing.T, text string) []string {
	t.Helper()
	var names []string
	for line := range strings.SplitSeq(text, "\n") {
		if fields := strings.Fields(line); len(fields) == 4 && fields[1] == "TYPE" && strings.HasPrefix(fields[2], "lectern_") {
			names = append(names, fields[2])
		}
	}
	slices.Sort(names)
	return names
}

func scraped(t *testing.T, s Sources) string {
	t.Helper()
	w := httptest.NewRecorder()
	Handler(s).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("%d %v %s", w.Code, err, text)
	}
	return string(text)
}

func TestAnIdleServerShowsEveryMetric(t *testing.T) {
	var want []string
	for _, f := range families {
		want = append(want, f.name)
	}
	slices.Sort(want)
	text := scraped(t, idle())
	if got := exposed(t, text); !slices.Equal(got, want) {
		t.Errorf("shown are %q, want %q", got, want)
	}
	for _, line := range []string{
		`lectern_build_info{goversion="`,
		`lectern_bytes_in_total{kind="video",protocol="whip"} 0`,
		`lectern_limit_hit_total{limit="join_rate"} 0`,
		`lectern_packets_dropped_total{reason="overrun"} 0`,
		`lectern_sessions_ended_total{cause="no_connection",direction="out",protocol="whep"} 0`,
		`lectern_hook_calls_total{hook="on_publish",result="failed"} 0`,
		"go_goroutines ", "process_cpu_seconds_total ",
	} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("there is no %s", line)
		}
	}
}

func TestNamesAreAsPrometheusWantsThem(t *testing.T) {
	problems, err := promlint.New(strings.NewReader(scraped(t, idle()))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "lectern_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestNumbersOfThePartsAreShown(t *testing.T) {
	s := idle()
	cameras, screens := sfu.Flow{Protocol: "whip", Kind: sfu.Video}, sfu.Flow{Protocol: "whep", Kind: sfu.Video}
	sent := sfu.Sent{Packets: 10, Bytes: 11_000, Resent: 2, Nacked: 3, KeyFrameRequests: 4}
	sent.Dropped[sfu.DropResendLimit] = 5
	waits := histogram.New(histogram.Waits()...)
	waits.Observe(30 * time.Millisecond)
	waits.Observe(time.Minute)
	s.Media = func() sfu.Totals {
		return sfu.Totals{
			Live: 1, Waiting: 2, Panics: 1,
			In:           map[sfu.Flow]sfu.Received{cameras: {Packets: 6, Bytes: 7, Missing: 2, Recovered: 1, KeyFrameRequests: 9}, {}: {Packets: 1000}},
			Out:          map[sfu.Flow]sfu.Sent{screens: sent},
			FirstPicture: map[string]histogram.Snapshot{"whep": waits.Snapshot(), "": waits.Snapshot()},
		}
	}
	s.HTTP = func() signaling.Stats {
		stats := signaling.Stats{Sessions: map[string]int{"whep": 3}, Ended: map[signaling.End]uint64{{Protocol: "whep", Cause: "left"}: 8}, Problems: map[string]uint64{"conflict": 2}}
		stats.Limits[limit.JoinRate] = 1
		return stats
	}
	s.RTMP = func() rtmp.Stats {
		stats := rtmp.Stats{Players: 2, Transcoders: rtmp.TranscoderStats{Running: 1, Starts: 4}}
		stats.Limits[limit.JoinRate] = 2
		return stats
	}
	s.Hooks = func() []hook.CallStats {
		return []hook.CallStats{{Hook: "on_play_done", Stats: hook.Stats{Answered: 3, Dropped: 4}, Waiting: 5}}
	}
	text := scraped(t, s)
	for _, line := range []string{
		`lectern_active_streams 1`,
		`lectern_waiting_streams 2`,
		`lectern_clients{direction="out",protocol="whep"} 3`,
		`lectern_clients{direction="out",protocol="rtmp"} 2`,
		`lectern_bytes_out_total{kind="video",protocol="whep"} 11000`,
		`lectern_packets_in_total{kind="video",protocol="whip"} 6`,
		`lectern_packets_missing_total{kind="video",protocol="whip"} 2`,
		`lectern_packets_recovered_total{kind="video",protocol="whip"} 1`,
		`lectern_packets_dropped_total{reason="resend_limit"} 5`,
		`lectern_limit_hit_total{limit="resends"} 5`,
		`lectern_limit_hit_total{limit="join_rate"} 3`,
		`lectern_limit_hit_total{limit="hook_queue"} 4`,
		`lectern_nack_received_packets_total 3`,
		`lectern_pli_sent_total 9`,
		`lectern_pli_received_total 4`,
		`lectern_first_frame_seconds_bucket{protocol="whep",le="0.025"} 0`,
		`lectern_first_frame_seconds_bucket{protocol="whep",le="0.05"} 1`,
		`lectern_first_frame_seconds_bucket{protocol="whep",le="+Inf"} 2`,
		`lectern_first_frame_seconds_sum{protocol="whep"} 60.03`,
		`lectern_sessions_ended_total{cause="left",direction="out",protocol="whep"} 8`,
		`lectern_http_problems_total{code="conflict"} 2`,
		`lectern_panics_total{part="sink"} 1`,
		`lectern_transcoders 1`,
		`lectern_hook_waiting{hook="on_play_done"} 5`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("there is no %s", line)
		}
	}
	if strings.Contains(text, `protocol=""`) {
		t.Error("the server's own flows are shown as clients")
	}
}

// The table is made from the families: UPDATE=1 go test ./internal/metrics
// writes it.
func TestTheReferenceIsUpToDate(t *testing.T) {
	const file, begin, end = "../../docs/metrics.md", "| metric ", "\n\n<!-- end of the table -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), begin)
	_, tail, found := strings.Cut(rest, end)
	if !found {
		t.Fatalf("%s has no table", file)
	}
	want := head + table() + end + tail
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("%s is not what there is: UPDATE=1 go test ./internal/metrics", file)
	}
}

// table is the reference as Markdown.
func table() string {
	var b strings.Builder
	b.WriteString("| metric | type | labels | |\n|---|---|---|---|")
	for _, f := range families {
		var labels []string
		for _, l := range f.labels {
			labels = append(labels, "`"+l+"`")
		}
		b.WriteString("\n| `" + f.name + "` | " + string(f.kind) + " | " + strings.Join(labels, ", ") + " | " + f.help + " |")
	}
	return b.String()
}

package metrics

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lectern/internal/testtool"
)

// What the operator gets besides the metrics.
const (
	alerts    = "../../docs/alerts.yml"
	dashboard = "../../docs/grafana/lectern.json"
	reference = "../../docs/metrics.md"
)

func promtool(t *testing.T, stdin string, args ...string) {
	t.Helper()
	c := exec.Command(testtool.Path(t, "promtool"), args...)
	c.Stdin = strings.NewReader(stdin)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestPromtoolTakesTheMetrics(t *testing.T) {
	var ours strings.Builder // Go's own are not ours to mend
	for line := range strings.Lines(scraped(t, idle())) {
		if strings.Contains(line, "lectern_") {
			ours.WriteString(line)
		}
	}
	promtool(t, ours.String(), "check", "metrics")
}

func TestAlertsGoOffWhenTheyShould(t *testing.T) {
	promtool(t, "", "check", "rules", alerts)
	promtool(t, "", "test", "rules", "testdata/alerts_test.yml")
}

// Each alert is in the tests of promtool, so that none can never go off.
func TestEveryAlertIsTried(t *testing.T) {
	rules, err := os.ReadFile(alerts)
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("testdata/alerts_test.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(string(rules), -1) {
		if !regexp.MustCompile(`alertname: ` + m[1] + `\s+exp_alerts`).Match(tests) {
			t.Errorf("nothing tries %s", m[1])
		}
	}
}

// named are the metrics of ours that a text names.
func named(text string) []string {
	return regexp.MustCompile(`\blectern_[a-z_]+\b`).FindAllString(text, -1)
}

func TestWhatIsAskedForIsThere(t *testing.T) {
	var known []string
	for _, f := range families {
		known = append(known, f.name)
		if f.kind == waits {
			known = append(known, f.name+"_bucket", f.name+"_sum", f.name+"_count")
		}
	}
	for _, file := range []string{alerts, dashboard, reference, "testdata/alerts_test.yml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range named(string(text)) {
			if !slices.Contains(known, name) {
				t.Errorf("%s asks for %s, which there is not", file, name)
			}
		}
	}
}

func TestTheDashboardShowsEveryMetric(t *testing.T) {
	text, err := os.ReadFile(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Title  string
		Panels []struct {
			ID      int
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	var shown []string
	ids := map[int]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %d %q is none", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			shown = append(shown, named(target.Expr)...)
		}
	}
	for _, f := range families {
		if f.kind != waits && f.name != "lectern_build_info" && !slices.Contains(shown, f.name) {
			t.Errorf("the dashboard does not show %s", f.name)
		}
	}
}

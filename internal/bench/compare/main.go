// Command compare makes one table of the reports of lectern bench --json: a
// column a server, and how the others stand to the first.
//
//	go run ./internal/bench/compare naive=a.json lectern=b.json naive=c.json lectern=d.json
//
// Reports of one server with the same number of viewers are runs of one
// measurement: each figure is their median, so that one moment in which the
// machine did something else does not decide.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	if err := compare(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "compare: %v\n", err)
		os.Exit(1)
	}
}

// report is what is compared of a report.
type report struct {
	server string

	Date    string
	Machine string
	Load    float64 `json:"load_average"`
	Viewers int
	Seconds float64
	Counts  struct{ Packets, Lost int64 }
	Server  struct {
		MicrosPerPacket float64 `json:"cpu_us_per_packet"`
		MillisPerJoin   float64 `json:"cpu_ms_per_join"`
		KiBPerViewer    float64 `json:"kib_per_viewer"`
	}
	JoinsPerSecond float64 `json:"joins_per_second"`
	FirstKeyFrame  spread  `json:"first_key_frame"`
	Latency        spread
	WholeLatency   spread `json:"whole_latency"`
}

type spread struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
	P99 float64 `json:"p99_ms"`
}

// figures are the rows of the table. Of all of them, less is better, except
// where more is said.
var figures = []struct {
	name string
	unit string
	of   func(r report) float64
}{
	{"CPU a packet", "µs", func(r report) float64 { return r.Server.MicrosPerPacket }},
	{"CPU a join", "ms", func(r report) float64 { return r.Server.MillisPerJoin }},
	{"memory a viewer", "KiB", func(r report) float64 { return r.Server.KiBPerViewer }},
	{"latency of a picture's first packet, p50", "ms", func(r report) float64 { return r.Latency.P50 }},
	{"… p99", "ms", func(r report) float64 { return r.Latency.P99 }},
	{"latency of a whole picture, p50", "ms", func(r report) float64 { return r.WholeLatency.P50 }},
	{"… p99", "ms", func(r report) float64 { return r.WholeLatency.P99 }},
	{"POST to a whole key frame, p50", "ms", func(r report) float64 { return r.FirstKeyFrame.P50 }},
	{"… p95", "ms", func(r report) float64 { return r.FirstKeyFrame.P95 }},
	{"joins a second, one at a time (more is better)", "", func(r report) float64 { return r.JoinsPerSecond }},
	{"lost packets", "%", func(r report) float64 {
		return 100 * float64(r.Counts.Lost) / max(1, float64(r.Counts.Packets+r.Counts.Lost))
	}},
}

func compare(args []string, w io.Writer) error {
	var reports []report
	var servers []string
	var viewers []int
	for _, arg := range args {
		r, err := read(arg)
		if err != nil {
			return err
		}
		reports = append(reports, r)
		if !slices.Contains(servers, r.server) {
			servers = append(servers, r.server)
		}
		if !slices.Contains(viewers, r.Viewers) {
			viewers = append(viewers, r.Viewers)
		}
	}
	if len(reports) == 0 {
		return fmt.Errorf("nothing to compare: want SERVER=REPORT.json")
	}
	fmt.Fprintf(w, "%s, %.10s, %.0f s each, load %.1f before the first\n", reports[0].Machine, reports[0].Date, reports[0].Seconds, reports[0].Load)
	for _, n := range viewers {
		fmt.Fprintf(w, "\n| %d viewers |", n)
		for i, s := range servers {
			fmt.Fprintf(w, " %s |", s)
			if i > 0 {
				fmt.Fprintf(w, " ÷ %s |", servers[0])
			}
		}
		fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat("---|", 2*len(servers)-1))
		for _, f := range figures {
			fmt.Fprintf(w, "| %s |", f.name)
			first := 0.0
			for i, s := range servers {
				value, ok := median(reports, s, n, f.of)
				if !ok {
					value = 0
				}
				fmt.Fprintf(w, " %s |", strings.TrimSpace(short(value)+" "+f.unit))
				if i == 0 {
					first = value
					continue
				}
				fmt.Fprintf(w, " %s |", ratio(value, first))
			}
			fmt.Fprintln(w)
		}
	}
	return nil
}

// read takes SERVER=FILE.
func read(arg string) (report, error) {
	server, file, ok := strings.Cut(arg, "=")
	if !ok {
		return report{}, fmt.Errorf("%q: want SERVER=REPORT.json", arg)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return report{}, err
	}
	r := report{server: server}
	if err := json.Unmarshal(text, &r); err != nil {
		return report{}, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}

func median(reports []report, server string, viewers int, of func(report) float64) (float64, bool) {
	var values []float64
	for _, r := range reports {
		if r.server == server && r.Viewers == viewers {
			values = append(values, of(r))
		}
	}
	if len(values) == 0 {
		return 0, false
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2, true
	}
	return values[middle], true
}

func short(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// ratio is empty where it would say nothing.
func ratio(value, first float64) string {
	if first == 0 || value == 0 {
		return ""
	}
	if value < first/10 {
		return fmt.Sprintf("%.3f", value/first)
	}
	return fmt.Sprintf("%.2f", value/first)
}

package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteTable writes the report for a person.
func (report *Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range report.rows() {
		fmt.Fprintf(t, "%s\t%s\n", row[0], row[1])
	}
	return t.Flush()
}

func (report *Report) rows() [][2]string {
	var rows [][2]string
	add := func(name, format string, values ...any) {
		rows = append(rows, [2]string{name, fmt.Sprintf(format, values...)})
	}
	add("server", "%s", report.WHEP)
	add("machine, date", "%s, load %.1f; %s", report.Machine, report.Load, report.Date.Format("2006-01-02 15:04 MST"))
	if p := report.Published; p.Codec != "" {
		add("published", "%s", p.describe())
	}
	add("viewers", "%d%s%s", report.Viewers, report.reads(), report.failures())
	measured := fmt.Sprintf("%.1f s", report.Seconds)
	if report.Interrupted {
		measured += " (interrupted)"
	}
	add("measured", "%s, %.0f packets/s, %.1f Mbit/s", measured, report.PacketsPerSecond, report.BitsPerSecond/1e6)
	c := report.Counts
	add("lost", "%d of %d (%s), in %s; %s; %s", c.Lost, c.Packets+c.Lost, percent(c.Lost, c.Packets+c.Lost), plural(int(c.Gaps), "gap"),
		plural(int(c.Duplicates), "repetition"), plural(int(report.DroppedHere), "drop")+" at the bench's own sockets")
	if s := report.Server; s != nil {
		add("CPU a packet", "%.2f µs (%.2f cores)", s.MicrosPerPacket, s.Cores)
		add("CPU a join", "%.2f ms", s.MillisPerJoin)
		add("memory a viewer", "%.0f KiB (%d MiB before, %d MiB after)", s.KiBPerViewer, s.RSSBefore>>20, s.RSSAfter>>20)
	}
	add("the bench itself", "%.2f cores", report.BenchCores)
	add("joins", "%.1f a second", report.JoinsPerSecond)
	add("POST to first packet", "%s", report.FirstPacket.describe(report.Viewers))
	add("POST to whole key frame", "%s", report.FirstKeyFrame.describe(report.Viewers))
	if report.Latency.Samples > 0 {
		add("latency, first packet", "%s", report.Latency.describe(0))
		add("latency, whole picture", "%s", report.WholeLatency.describe(0))
	}
	return rows
}

func (p Published) describe() string {
	text := fmt.Sprintf("%s, %.1f Mbit/s, %d pictures/s, a key frame every %g s", p.Codec, float64(p.Bitrate)/1e6, p.FPS, p.GOP)
	if !p.Deaf {
		text += " and when asked"
	}
	if p.Audio {
		text += "; Opus"
	}
	return text
}

// reads says how viewers read their sockets.
func (report *Report) reads() string {
	if !report.Together {
		return ""
	}
	return ", who read together what has left together (UDP_GRO)"
}

func (report *Report) failures() string {
	if report.Failed == 0 {
		return ""
	}
	return fmt.Sprintf("; %d could not join, the first because: %s", report.Failed, report.Failure)
}

// describe says of how many, if not of all.
func (s Spread) describe(all int) string {
	if s.Samples == 0 {
		return "none"
	}
	text := fmt.Sprintf("p50 %s, p95 %s, p99 %s, max %s", short(s.P50), short(s.P95), short(s.P99), short(s.Max))
	switch {
	case all == 0:
		text += fmt.Sprintf(" (%s)", plural(s.Samples, "picture"))
	case s.Samples < all:
		text += fmt.Sprintf(" (%d of %d viewers)", s.Samples, all)
	}
	return text
}

// short is milliseconds, with a digit more where that says something.
func short(d time.Duration) string {
	ms := d.Seconds() * 1e3
	if ms < 10 {
		return fmt.Sprintf("%.2f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

func percent(part, all int64) string {
	if all <= 0 {
		return "0 %"
	}
	text := fmt.Sprintf("%.3f", float64(part)/float64(all)*100)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + " %"
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

package bench

import (
	"math"
	"runtime"
	"time"
)

// Report is what a run has found out. Durations in JSON are milliseconds, as
// their names say.
type Report struct {
	Date    time.Time `json:"date"`
	Machine string    `json:"machine"` // the bench's: processor, cores, system
	// Load is how many processes wanted a processor in the minute before the
	// run; 0 where it is not known. With more than a part of the cores, the
	// figures are those of a busy machine.
	Load        float64   `json:"load_average"`
	WHIP        string    `json:"whip,omitempty"`
	WHEP        string    `json:"whep"`
	Published   Published `json:"published"`
	Interrupted bool      `json:"interrupted,omitempty"` // ended early

	// Together says that viewers took from the kernel together what had left
	// together: a server that sends so is spared cutting it apart (UDP_GRO).
	Together bool `json:"gro"`

	Viewers int    `json:"viewers"` // that joined
	Failed  int    `json:"failed"`  // that could not
	Failure string `json:"failure,omitempty"`

	Seconds          float64 `json:"seconds"` // measured
	Counts           Counts  `json:"counts"`  // of the measured time
	PacketsPerSecond float64 `json:"packets_per_second"`
	BitsPerSecond    float64 `json:"bits_per_second"`
	// DroppedHere is how many packets the kernel dropped at the bench's own
	// sockets in that time. Such a run measures the bench.
	DroppedHere int64 `json:"dropped_here"`

	// BenchCores is how many processors the bench itself kept busy. On one
	// machine it takes them from the server.
	BenchCores float64 `json:"bench_cores"`

	JoinsPerSecond float64 `json:"joins_per_second"`
	// FirstPacket and FirstKeyFrame are from a viewer's POST.
	FirstPacket   Spread `json:"first_packet"`
	FirstKeyFrame Spread `json:"first_key_frame"`
	// Latency is from a picture's leaving the publisher to its first packet's
	// coming to a probe, and WholeLatency to its last packet's.
	Latency      Spread `json:"latency"`
	WholeLatency Spread `json:"whole_latency"`

	Server *Server `json:"server,omitempty"` // with PIDs
}

// Published is what the bench has published.
type Published struct {
	Codec   string  `json:"codec,omitempty"`
	Bitrate int     `json:"bitrate,omitempty"`
	FPS     int     `json:"fps,omitempty"`
	GOP     float64 `json:"gop_seconds,omitempty"`
	Deaf    bool    `json:"deaf,omitempty"`
	Audio   bool    `json:"audio,omitempty"`
}

// Server is what the run cost the server's processes.
type Server struct {
	PIDs []int `json:"pids"`
	// MicrosPerPacket is all its processor time of the measured time, for each
	// packet that came to a viewer.
	MicrosPerPacket float64 `json:"cpu_us_per_packet"`
	// Cores is how many processors it kept busy.
	Cores float64 `json:"cores"`
	// MillisPerJoin is its processor time while viewers joined, less what the
	// packets of that time cost, for each viewer.
	MillisPerJoin float64 `json:"cpu_ms_per_join"`
	// KiBPerViewer is what its resident memory grew by, for each viewer, from
	// before the first came to the end of the measured time.
	KiBPerViewer float64 `json:"kib_per_viewer"`
	RSSBefore    int64   `json:"rss_before"` // octets
	RSSAfter     int64   `json:"rss_after"`
}

func newReport(r *run) *Report {
	o := r.options
	report := &Report{
		Date: time.Now().UTC().Truncate(time.Second), Machine: describeMachine(), Load: loadAverage(),
		WHIP: o.WHIP, WHEP: o.WHEP,
	}
	if len(o.PIDs) > 0 {
		report.Server = &Server{PIDs: o.PIDs}
	}
	if r.codec != nil {
		report.Published = Published{r.codec.shown, o.Bitrate, o.FPS, o.GOP.Seconds(), o.Deaf, !o.Silent}
	}
	return report
}

func describeMachine() string {
	text := ""
	if model := machine(); model != "" {
		text = model + ", "
	}
	return text + plural(runtime.NumCPU(), "core") + ", " + runtime.GOOS + "/" + runtime.GOARCH
}

// fill takes the differences of observations: before the first join, after the
// last, and at both ends of the measured time.
func (report *Report) fill(before, joined, from, to observation) {
	measured := to.counts.minus(from.counts)
	report.Counts = measured
	report.Seconds = round((to.at - from.at).Seconds(), 3)
	report.BenchCores = round((to.own-from.own).Seconds()/report.Seconds, 2)
	report.DroppedHere = to.drops - from.drops
	report.PacketsPerSecond = round(float64(measured.Packets)/report.Seconds, 1)
	report.BitsPerSecond = round(float64(measured.Bytes)*8/report.Seconds, 0)
	if report.Server == nil || report.Viewers == 0 {
		return
	}
	s := report.Server
	cpu := to.cpu - from.cpu
	perPacket := 0.0
	if measured.Packets > 0 {
		perPacket = cpu.Seconds() / float64(measured.Packets)
	}
	joining := (joined.cpu - before.cpu).Seconds() - perPacket*float64(joined.counts.Packets-before.counts.Packets)
	s.MicrosPerPacket = round(perPacket*1e6, 2)
	s.Cores = round(cpu.Seconds()/report.Seconds, 2)
	s.MillisPerJoin = round(max(0, joining)*1e3/float64(report.Viewers), 2)
	s.KiBPerViewer = round(float64(to.rss-before.rss)/1024/float64(report.Viewers), 0)
	s.RSSBefore, s.RSSAfter = before.rss, to.rss
}

// attend takes what the viewers know.
func (report *Report) attend(viewers []*viewer) {
	var packets, keyFrames, first, whole []time.Duration
	for _, v := range viewers {
		packet, keyFrame := v.started()
		if packet > 0 {
			packets = append(packets, packet)
		}
		if keyFrame > 0 {
			keyFrames = append(keyFrames, keyFrame)
		}
		for _, a := range v.measured() {
			first, whole = append(first, a.first), append(whole, a.whole)
		}
	}
	report.FirstPacket, report.FirstKeyFrame = spreadOf(packets), spreadOf(keyFrames)
	report.Latency, report.WholeLatency = spreadOf(first), spreadOf(whole)
}

func round(v float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(v*scale) / scale
}

package bench

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

func TestStamps(t *testing.T) {
	for _, at := range []time.Duration{0, 1, time.Second, 100 * time.Hour, 1<<63 - 1} {
		stamped := append(appendStamp([]byte("before"), at), "after"...)
		if got, ok := readStamp(stamped); !ok || got != at {
			t.Errorf("%v comes back as %v, %v", at, got, ok)
		}
		for n := range len("before") + stampSize {
			if _, ok := readStamp(stamped[:n]); ok {
				t.Errorf("%d octets of a stamp are one", n)
			}
		}
	}
	if _, ok := readStamp([]byte(stampMark + "not-a-hexa-number")); ok {
		t.Error("a stamp without a time is one")
	}
	if _, ok := readStamp([]byte(stampMark + "ffffffffffffffff")); ok {
		t.Error("a stamp before the beginning is one")
	}
}

func FuzzReadStamp(f *testing.F) {
	f.Add(appendStamp(nil, time.Second))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if at, ok := readStamp(payload); ok && at < 0 {
			t.Fatal(at)
		}
	})
}

func TestSpreads(t *testing.T) {
	if got := spreadOf(nil); got != (Spread{}) {
		t.Errorf("of nothing: %+v", got)
	}
	var samples []time.Duration
	for i := 100; i > 0; i-- {
		samples = append(samples, time.Duration(i)*time.Millisecond)
	}
	want := Spread{Samples: 100, P50: 50 * time.Millisecond, P95: 95 * time.Millisecond, P99: 99 * time.Millisecond, Max: 100 * time.Millisecond}
	if got := spreadOf(samples); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	one := spreadOf([]time.Duration{1500 * time.Microsecond})
	text, err := json.Marshal(one)
	if want := `{"samples":1,"p50_ms":1.5,"p95_ms":1.5,"p99_ms":1.5,"max_ms":1.5}`; err != nil || string(text) != want {
		t.Errorf("JSON %s, %v, want %s", text, err, want)
	}
}

func TestProcessTimesAreRead(t *testing.T) {
	got, err := parseStat([]byte("42 (a b) c) S 1 42 42 0 -1 4194560 500 0 0 0 250 75 0 0 20 0 9 0 100 1000 200"))
	if want := 3250 * time.Millisecond; err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, wrong := range []string{"", "42 (x) S", "42 (x) S 1 42 42 0 -1 4194560 500 0 0 0 many 75 0"} {
		if _, err := parseStat([]byte(wrong)); err == nil {
			t.Errorf("%q is read", wrong)
		}
	}
}

func TestDropsOfOtherSocketsAreNotOurs(t *testing.T) {
	const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  601: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12345 2 0000000000000000 17
  602: 00000000:1F91 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12346 2 0000000000000000 5
  603: 00000000:1F92 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12347 2 0000000000000000 300
`
	if got := parseDrops([]byte(table), map[int]bool{0x1f90: true, 0x1f91: true}); got != 22 {
		t.Errorf("got %d, want 22", got)
	}
}

func TestConsumptionOfOurselves(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("needs Linux")
	}
	got, err := consume([]int{os.Getpid(), os.Getpid()})
	if err != nil || got.rss < 1<<20 {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := consume([]int{0}); err == nil || !strings.Contains(err.Error(), "process 0 (--pid)") {
		t.Errorf("of no process: %v", err)
	}
}

func TestReportTakesJoinsAndPacketsApart(t *testing.T) {
	at := func(seconds float64, packets int64, cpu time.Duration, rss int64) observation {
		return observation{at: time.Duration(seconds * 1e9), counts: Counts{Packets: packets, Bytes: packets * 1000}, consumption: consumption{cpu, rss}}
	}
	report := &Report{Viewers: 10, Server: &Server{}}
	// 10 µs a packet, so that 10 000 packets while joining cost 100 ms of 150.
	report.fill(at(1, 0, 0, 10<<20), at(2, 10_000, 150*time.Millisecond, 15<<20), at(3, 20_000, 250*time.Millisecond, 16<<20), at(13, 120_000, 1250*time.Millisecond, 20<<20))
	s := report.Server
	if s.MicrosPerPacket != 10 || s.Cores != .1 || s.MillisPerJoin != 5 || s.KiBPerViewer != 1024 {
		t.Errorf("got %+v", s)
	}
	if report.PacketsPerSecond != 10_000 || report.BitsPerSecond != 80e6 || report.Seconds != 10 {
		t.Errorf("got %+v", report)
	}
	var table strings.Builder
	if err := report.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"CPU a packet", "10.00 µs (0.10 cores)", "5.00 ms", "1024 KiB (10 MiB before, 20 MiB after)"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table does not have %q:\n%s", want, table.String())
		}
	}
}

func TestProbesAreSpreadAmongTheViewers(t *testing.T) {
	for _, c := range []struct {
		viewers, probes int
		want            string
	}{{8, 2, "...x...x"}, {3, 0, "..."}, {3, 3, "xxx"}, {5, 2, "..x.x"}} {
		r := &run{options: Options{Viewers: c.viewers, Probes: c.probes}}
		got := ""
		for i := range c.viewers {
			got += map[bool]string{true: "x", false: "."}[r.isProbe(i)]
		}
		if got != c.want {
			t.Errorf("%d of %d: %s, want %s", c.probes, c.viewers, got, c.want)
		}
	}
}

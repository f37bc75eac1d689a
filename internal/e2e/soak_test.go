package e2e

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lectern/internal/bench"
)

const (
	// soakEnv is for how many minutes TestSoak runs; without it, it does not.
	soakEnv = "SOAK_MINUTES"
	// Bounds of what may be left at the end, against the beginning.
	soakGoroutines = 20
	soakFiles      = 10
	// soakSlope is how much memory in use may grow in twenty minutes, MiB.
	soakSlope = 5
)

// sample is what the server has of the machine at a moment.
type sample struct {
	at                time.Duration
	goroutines, files int
	heap              float64 // in use after a collection, MiB
	rss               int     // KiB
	joins             int64   // so far
}

// F24: people come and go by every protocol, a join a second and more, some
// without a goodbye. At the end the server has of goroutines, files and memory
// what it had at the beginning.
func TestSoak(t *testing.T) {
	minutes, err := strconv.ParseFloat(os.Getenv(soakEnv), 64)
	if err != nil || minutes <= 0 {
		t.Skip("make soak runs this, for half an hour")
	}
	s := startServer(t, "--limits.exempt", "127.0.0.0/8", "--demo.stream", "clock", "--log.level", "error", "--streams.grace", "5s")
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(minutes*float64(time.Minute)))
	defer cancel()
	began := time.Now()
	var joins, refused atomic.Int64
	look := func() sample {
		u := s.usage(t)
		return sample{time.Since(began), u.goroutines, s.files(t), s.heap(t), u.rss, joins.Load()}
	}
	samples := []sample{look()}
	t.Logf("%8s %10s %6s %10s %9s %7s", "minute", "goroutines", "files", "heap MiB", "rss MiB", "joins")
	report := func(x sample) {
		t.Logf("%8.1f %10d %6d %10.1f %9.1f %7d", x.at.Minutes(), x.goroutines, x.files, x.heap, float64(x.rss)/1024, x.joins)
	}
	report(samples[0])

	var running sync.WaitGroup
	for name, visit := range visits {
		running.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := visit(ctx, s, n); err == nil {
					joins.Add(1)
				} else if ctx.Err() == nil {
					if refused.Add(1) < 10 {
						t.Logf("%s: %v", name, err)
					}
				}
			}
		})
	}
	tick := time.NewTicker(max(10*time.Second, time.Duration(minutes*float64(time.Minute))/30))
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
			samples = append(samples, look())
			report(samples[len(samples)-1])
		case <-ctx.Done():
		}
	}
	running.Wait()

	// What was cut off is noticed, and streams that wait for their publisher end.
	first := samples[0]
	last := look()
	for quiet := time.Now().Add(60 * time.Second); time.Now().Before(quiet) && (last.goroutines > first.goroutines+soakGoroutines || last.files > first.files+soakFiles); last = look() {
		wait, done := context.WithTimeout(t.Context(), time.Second)
		<-wait.Done()
		done()
	}
	report(last)
	t.Logf("%d joins, %d failed", joins.Load(), refused.Load())
	if last.goroutines > first.goroutines+soakGoroutines || last.files > first.files+soakFiles {
		t.Errorf("left: %d goroutines more, %d files more", last.goroutines-first.goroutines, last.files-first.files)
		t.Log(get(t, s.admin+"/debug/pprof/goroutine?debug=1"))
	}
	if total := joins.Load(); refused.Load() > total/20 {
		t.Errorf("%d of %d joins failed", refused.Load(), total)
	}
	slope, spread := growth(samples)
	t.Logf("memory in use grows by %.2f MiB in twenty minutes, after the first third; it varies by %.2f MiB", slope, spread)
	if minutes >= 20 && slope > soakSlope && slope > spread {
		t.Errorf("want %d MiB at the most", soakSlope)
	}
}

// visits are what people do, one of each at a time, over and over.
var visits = map[string]func(ctx context.Context, s *server, n int) error{
	"whip and whep over udp": func(ctx context.Context, s *server, n int) error { return soakTrip(ctx, s, "u", n, false) },
	"whip and whep over tcp": func(ctx context.Context, s *server, n int) error { return soakTrip(ctx, s, "t", n, true) },
	"viewers who are cut off": func(ctx context.Context, s *server, n int) error {
		return soakProgram(ctx, time.Duration(1+rand.IntN(5))*time.Second, binary, "bench", "--whep", s.url+"/whep/clock", "-n", "3", "--duration", "60s")
	},
	"a publisher who is cut off": func(ctx context.Context, s *server, n int) error {
		name := fmt.Sprintf("cut%d", n%5)
		return soakProgram(ctx, time.Duration(2+rand.IntN(5))*time.Second, binary, "bench", "--whip", s.url+"/whip/"+name, "--whep", s.url+"/whep/"+name, "-n", "2", "--duration", "60s")
	},
	"an encoder by rtmp": func(ctx context.Context, s *server, n int) error {
		args := append(append([]string{}, testMedia...), "-bf", strconv.Itoa(n%2*2), "-c:a", "aac", "-f", "flv", rtmpAt(s, fmt.Sprintf("obs%d", n%3)))
		return soakProgram(ctx, time.Duration(2+n%2*6)*time.Second, "ffmpeg", args...) // some to their end
	},
	"a player by rtmp": func(ctx context.Context, s *server, n int) error {
		return soakProgram(ctx, 4*time.Second, "ffmpeg", "-v", "quiet", "-i", rtmpAt(s, fmt.Sprintf("obs%d", n%3)), "-f", "null", "-")
	},
	"one who listens to events": func(ctx context.Context, s *server, n int) error {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/v1/events", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body) // until he leaves
		return nil
	},
}

func soakTrip(ctx context.Context, s *server, kind string, n int, tcp bool) error {
	name := fmt.Sprintf("%s%d", kind, n%20)
	_, err := bench.Trip{WHIP: s.url + "/whip/" + name, WHEP: s.url + "/whep/" + name, TCP: tcp, Pictures: 5}.Run(ctx)
	return err
}

// soakProgram runs a program, and kills it after a while.
func soakProgram(ctx context.Context, after time.Duration, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, after)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Run(); err != nil && ctx.Err() == nil && name != "ffmpeg" { // which says so when a stream ends
		return err
	}
	return nil
}

// files is how many the server has open.
func (s *server) files(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

var heapAlloc = regexp.MustCompile(`(?m)^# HeapAlloc = (\d+)$`)

// heap is the memory in use after a collection, MiB.
func (s *server) heap(t *testing.T) float64 {
	t.Helper()
	m := heapAlloc.FindStringSubmatch(get(t, s.admin+"/debug/pprof/heap?debug=1&gc=1"))
	if m == nil {
		t.Fatal("no HeapAlloc in the profile")
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return n / (1 << 20)
}

// growth is the slope of the heap after the first third, in MiB for twenty
// minutes, by least squares, and how far the samples are from that line.
func growth(samples []sample) (slope, spread float64) {
	part := samples[len(samples)/3:]
	if len(part) < 3 {
		return 0, 0
	}
	var n, sx, sy, sxx, sxy float64
	for _, x := range part {
		at := x.at.Minutes() / 20
		n, sx, sy, sxx, sxy = n+1, sx+at, sy+x.heap, sxx+at*at, sxy+at*x.heap
	}
	slope = (n*sxy - sx*sy) / (n*sxx - sx*sx)
	middle := (sy - slope*sx) / n
	low, high := 0.0, 0.0
	for _, x := range part {
		off := x.heap - middle - slope*x.at.Minutes()/20
		low, high = min(low, off), max(high, off)
	}
	return slope, high - low
}

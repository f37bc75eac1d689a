package bench

import (
	"context"
	"net"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"lectern/sfu"
	"lectern/sfu/peer"
	"lectern/signaling"
)

// wantNoGoroutines fails the test if there are more goroutines after it, and
// what it cleans up, than now.
func wantNoGoroutines(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		limit := time.After(10 * time.Second)
		for runtime.NumGoroutine() > before {
			select {
			case <-tick.C:
			case <-limit:
				stacks := make([]byte, 1<<20)
				t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
				return
			}
		}
	})
}

// startServer returns a real server's URL, and how many sessions it has.
func startServer(t *testing.T) (url string, sessions func() int) {
	t.Helper()
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	peers, err := peer.New(peer.Options{UDP: udp})
	if err != nil {
		t.Fatal(err)
	}
	router := sfu.NewRouter(sfu.Options{})
	server := signaling.New(signaling.Options{Router: router, Peers: peers})
	web := httptest.NewServer(server.Handler(nil))
	t.Cleanup(func() {
		server.Close()
		web.Close()
		peers.Close()
		router.Close()
	})
	return web.URL, server.Sessions
}

// loopback is a run of five viewers against a server on this machine.
func loopback(url string) Options {
	o := valid(url + "/whep/bench")
	o.WHIP, o.Viewers, o.Probes = url+"/whip/bench", 5, 2
	return o
}

func TestFiveViewersOfARealServer(t *testing.T) {
	for _, codec := range []string{"h264", "vp8"} {
		t.Run(codec, func(t *testing.T) {
			wantNoGoroutines(t)
			url, sessions := startServer(t)
			o := loopback(url)
			o.Codec, o.Duration, o.Joins, o.Deaf = codec, 3*time.Second, 2, true
			o.PIDs = []int{os.Getpid()}
			report, err := Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			var table strings.Builder
			if err := report.WriteTable(&table); err != nil {
				t.Fatal(err)
			}
			t.Logf("\n%s", &table)
			if report.Viewers != 5 || report.Failed != 0 || report.Interrupted {
				t.Errorf("%d viewers, %d failed, interrupted %v", report.Viewers, report.Failed, report.Interrupted)
			}
			if c := report.Counts; c.Lost != 0 || c.Duplicates != 0 {
				t.Errorf("got %+v, want nothing lost", c)
			}
			// 2 Mbit/s of video in 250 packets, and 50 of sound, to each; on a
			// busy machine the publisher cannot keep up.
			if n := report.PacketsPerSecond / 5; n < 50 || n > 400 {
				t.Errorf("%.0f packets a second and viewer, want about 300", n)
			}
			if n := report.BitsPerSecond / 5; n < .4e6 || n > 3e6 {
				t.Errorf("%.0f bit/s a viewer, want about 2.1 million", n)
			}
			if report.FirstPacket.Samples != 5 || report.FirstKeyFrame.Samples != 5 || report.FirstPacket.P50 <= 0 || report.FirstKeyFrame.P50 < report.FirstPacket.P50 {
				t.Errorf("first packet %+v, first key frame %+v", report.FirstPacket, report.FirstKeyFrame)
			}
			// Thirty pictures a second to two probes.
			if n := report.Latency.Samples; n < 30 || n > 220 {
				t.Errorf("the age of %d pictures is known, want about 180", n)
			}
			if report.Latency.P50 <= 0 || report.Latency.P50 > report.WholeLatency.P50 {
				t.Errorf("latency %+v, of whole pictures %+v", report.Latency, report.WholeLatency)
			}
			if report.Server.MicrosPerPacket <= 0 || report.JoinsPerSecond <= 0 {
				t.Errorf("%+v, %.1f joins a second", report.Server, report.JoinsPerSecond)
			}
			if n := sessions(); n != 0 {
				t.Errorf("%d sessions are left on the server", n)
			}
		})
	}
}

func TestInterruptedRunReportsWhatItHas(t *testing.T) {
	wantNoGoroutines(t)
	url, sessions := startServer(t)
	o := loopback(url)
	o.Duration = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lines := 0
	o.Progress = func(line string) {
		if strings.HasPrefix(line, "measuring: 5 of 5 viewers, ") {
			if lines++; lines == 2 {
				cancel()
			}
		}
	}
	report, err := Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Interrupted || report.Seconds < 1 || report.Counts.Packets == 0 {
		t.Errorf("got %+v", report)
	}
	if n := sessions(); n != 0 {
		t.Errorf("%d sessions are left on the server", n)
	}
}

func TestViewersOfSomebodyElsesStream(t *testing.T) {
	wantNoGoroutines(t)
	url, _ := startServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	publishing := loopback(url)
	publishing.Duration = time.Hour
	measuring := make(chan struct{})
	publishing.Progress = func(line string) {
		if measuring != nil && strings.HasPrefix(line, "measuring: ") {
			close(measuring)
			measuring = nil
		}
	}
	started, ended := measuring, make(chan error)
	go func() {
		_, err := Run(ctx, publishing)
		ended <- err
	}()
	<-started
	o := valid(url + "/whep/bench")
	o.Probes = 1
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Error(err)
	} else if report.Counts.Packets == 0 || report.Counts.Lost != 0 || report.FirstKeyFrame.Samples != 2 || report.Published.Codec != "" {
		t.Errorf("got %+v", report)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

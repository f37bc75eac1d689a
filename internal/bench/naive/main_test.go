package main

import (
	"errors"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/pion/ice/v4"

	"lectern/internal/bench"
)

// A server that shares no code with Lectern is measured, and its viewers get
// everything.
func TestYardstickCanBeMeasured(t *testing.T) {
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: udp})
	defer mux.Close()
	web := httptest.NewServer(newServer(mux))
	defer web.Close()
	report, err := bench.Run(t.Context(), bench.Options{
		WHIP: web.URL + "/whip/a", WHEP: web.URL + "/whep/a", Viewers: 3, Probes: 1, Joins: 1,
		Codec: "h264", Bitrate: 1_000_000, FPS: 30, GOP: time.Second, Duration: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.Viewers != 3 || report.Counts.Packets == 0 || report.Counts.Lost != 0 || report.FirstKeyFrame.Samples != 3 || report.Latency.Samples == 0 {
		t.Errorf("got %+v", report)
	}
}

func TestNobodyPublishes(t *testing.T) {
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: udp})
	defer mux.Close()
	web := httptest.NewServer(newServer(mux))
	defer web.Close()
	_, err = bench.Run(t.Context(), bench.Options{
		WHEP: web.URL + "/whep/a", Viewers: 1, Joins: 1, Codec: "h264", Bitrate: 1_000_000, FPS: 30, GOP: time.Second, Duration: time.Second,
	})
	if refusal, ok := errors.AsType[*bench.Refusal](err); !ok || refusal.Status != 404 {
		t.Errorf("got %v, want 404", err)
	}
}

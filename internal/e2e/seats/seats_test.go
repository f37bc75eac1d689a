package seats

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
	"lectern/sfu"
	"lectern/sfu/peer"
)

//go:embed testdata/seats.html
var seatsPage []byte

// seatCount is the seat for what is shared and six for people.
const seatCount = 7

// lossy is a UDP socket that loses some of the media that leave by it.
type lossy struct {
	*net.UDPConn
	mu     sync.Mutex
	random *rand.Rand
	part   float64
}

func (l *lossy) WriteTo(b []byte, to net.Addr) (int, error) {
	l.mu.Lock()
	lost := len(b) > 300 && l.random.Float64() < l.part
	l.mu.Unlock()
	if lost {
		return len(b), nil
	}
	return l.UDPConn.WriteTo(b, to)
}

// seatsLab is a server of nothing but seats: a page that publishes, one that
// watches, and the engine.
type seatsLab struct {
	url    string
	router *sfu.Router
	names  []string

	mu     sync.Mutex
	tracks *peer.Tracks
	seats  *peer.Seats
	offers int
}

func newSeatsLab(t *testing.T, loss float64) *seatsLab {
	t.Helper()
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	options := peer.Options{UDP: udp}
	if loss > 0 {
		options.UDP = &lossy{UDPConn: udp, random: rand.New(rand.NewPCG(1, 2)), part: loss}
	}
	engine, err := peer.New(options)
	if err != nil {
		t.Fatal(err)
	}
	l := &seatsLab{router: sfu.NewRouter(sfu.Options{Grace: sfu.Forever})}
	for i := range seatCount {
		l.names = append(l.names, fmt.Sprintf("room/seat%d", i))
	}
	t.Cleanup(func() {
		engine.Close()
		l.router.Close()
	})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(seatsPage)
	})
	mux.HandleFunc("POST /{pc}", func(w http.ResponseWriter, r *http.Request) {
		var body struct{ SDP string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer, err := l.answer(engine, r.PathValue("pc"), body.SDP)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		_, _ = w.Write([]byte(answer))
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: mux}
	go func() { _ = web.Serve(listener) }()
	t.Cleanup(func() { _ = web.Close() })
	l.url = "http://" + listener.Addr().String()
	return l
}

func (l *seatsLab) answer(engine *peer.Engine, pc, sdp string) (string, error) {
	codecs := []string{"audio/opus", "video/VP8", "video/VP9", "video/H264"}
	l.mu.Lock()
	defer l.mu.Unlock()
	if pc == "pub" {
		tracks, err := engine.PublishTracks(codecs, peer.Offer{SDP: sdp})
		if err != nil {
			return "", err
		}
		l.tracks = tracks
		return tracks.Answer(), nil
	}
	l.offers++
	seats, err := engine.WatchSeats(l.router, l.names, codecs, peer.Offer{SDP: sdp})
	if err != nil {
		return "", err
	}
	l.seats = seats
	return seats.Answer(), nil
}

// occupant puts one of the publisher's pairs of sections on a seat.
func (l *seatsLab) occupy(t *testing.T, seat, pair int) *sfu.Publication {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	sections := l.tracks.Sections()
	p, err := l.router.Publish(l.names[seat], sfu.PublishOptions{Identity: "seat", Protocol: "room", RequestKeyFrame: l.tracks.RequestKeyFrame})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sections[2*pair : 2*pair+2] {
		l.tracks.Direct(s.MID, p)
		l.tracks.Open(s.MID, true)
	}
	return p
}

// seatReport is what the page says of a seat.
type seatReport struct {
	Frames, KeyFrames, Freezes int
	Retransmitted              int
	Samples, Concealed         float64
	Codec                      string
	Red, Green, Blue           int
	Negotiations               int
}

func TestSeatsInChromium(t *testing.T) {
	testSeats(t, func(t *testing.T) browser.Page { return browser.Chromium(t) })
}
func TestSeatsInFirefox(t *testing.T) {
	testSeats(t, func(t *testing.T) browser.Page { return browser.Firefox(t) })
}

// A viewer connects once to seven seats. Two publishers, one with VP8 and one
// with H.264, come and go on one of them: each time the viewer sees the new
// one's picture and no other, and is never asked for anything.
func testSeats(t *testing.T, open func(*testing.T) browser.Page) {
	for _, c := range []struct {
		name     string
		other    string
		loss     float64
		switches int
	}{
		{"VP8 and VP8", "video/VP8", 0, 40},
		{"VP8 and VP8, 2 % lost", "video/VP8", 0.02, 10},
		{"VP8 and VP9", "video/VP9", 0, 20},
		{"VP8 and H.264", "video/H264", 0, 40},
		{"VP8 and H.264, 2 % lost", "video/H264", 0.02, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			l := newSeatsLab(t, c.loss)
			publisher, viewer := browser.Chromium(t), open(t)
			if err := publisher.Goto(ctx, l.url); err != nil {
				t.Fatal(err)
			}
			if err := publisher.Eval(ctx, fmt.Sprintf("publish('video/VP8', '%s')", c.other), nil); err != nil {
				t.Fatal(err)
			}
			if err := viewer.Goto(ctx, l.url); err != nil {
				t.Fatal(err)
			}
			var offered []string
			if err := viewer.Eval(ctx, "[...new Set(RTCRtpReceiver.getCapabilities('video').codecs.map((c) => c.mimeType + ' ' + (c.sdpFmtpLine ?? '')))]", &offered); err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(offered, func(codec string) bool { return strings.HasPrefix(codec, c.other) }) {
				t.Skipf("this browser offers no %s, only %q", c.other, offered)
			}
			if err := viewer.Eval(ctx, fmt.Sprintf("watch(%d)", seatCount), nil); err != nil {
				t.Fatal(err)
			}
			const seat = 3
			report := fmt.Sprintf("await report(%d)", seat)
			colours := []func(seatReport) bool{
				func(r seatReport) bool { return r.Red > 150 && r.Blue < 100 },
				func(r seatReport) bool { return r.Blue > 150 && r.Red < 100 },
			}
			var last seatReport
			var slowest, sum time.Duration
			for i := range c.switches {
				pair := i % 2
				at := time.Now()
				p := l.occupy(t, seat, pair)
				var err error
				last, err = browser.WaitFor(ctx, viewer, report, colours[pair])
				if err != nil {
					t.Fatalf("switch %d: %v", i, err)
				}
				took := time.Since(at)
				slowest, sum = max(slowest, took), sum+took
				if i < c.switches-1 {
					p.Close(nil)
				}
			}
			t.Logf("%s: %d switches, %v each, %v the slowest: %+v", c.name, c.switches, (sum / time.Duration(c.switches)).Round(time.Millisecond), slowest.Round(time.Millisecond), last)
			if last.Negotiations > 1 || l.offers != 1 {
				t.Errorf("%d negotiations, %d offers, want 1", last.Negotiations, l.offers)
			}
			end, err := browser.WaitFor(ctx, viewer, report, func(r seatReport) bool { return r.Frames > last.Frames+30 })
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d frames later: %+v", end.Frames-last.Frames, end)
			if c.loss > 0 && end.Retransmitted == 0 {
				t.Log("nothing was seen to be sent again")
			}
		})
	}
}

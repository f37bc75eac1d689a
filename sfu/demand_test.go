package sfu_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// encoder sends one layer, 25 pictures a second of two packets, as long as it
// is on.
type encoder struct {
	track  *sfu.Track
	width  int
	size   int // of a packet
	number uint16
	key    atomic.Bool // the next picture is to be one
	off    bool
}

func (e *encoder) picture(t *testing.T, number int) {
	t.Helper()
	if e.off {
		return
	}
	for i := range 2 {
		e.number++
		p := &sfu.Packet{
			Header:  rtp.Header{Version: 2, Marker: i == 1, SequenceNumber: e.number, Timestamp: uint32(number) * 3600},
			Payload: make([]byte, e.size),
			Arrival: time.Now(),
		}
		p.Payload[1] = 0x01 // a picture that is no key frame
		if i == 0 {
			p.Payload[0] = 0x10
			if e.key.Swap(false) {
				height := e.width * 9 / 16
				copy(p.Payload[1:], []byte{0, 0, 0, 0x9d, 0x01, 0x2a, byte(e.width), byte(e.width >> 8), byte(height), byte(height >> 8)})
			}
		}
		write(t, e.track, p)
	}
}

// studio is a publisher of three layers that does as it is told: 80, 320 and
// 1 200 kbit/s.
type studio struct {
	publication *sfu.Publication
	encoders    map[string]*encoder
	demand      *sfu.Demand
	told        []string // what it was told, one after the other
	check       time.Time
	number      int
}

func newStudio(t *testing.T, r *sfu.Router) *studio {
	t.Helper()
	s := &studio{encoders: map[string]*encoder{}}
	s.publication = publish(t, r, sfu.PublishOptions{RequestKeyFrame: func(track *sfu.Track) { s.encoders[track.RID].key.Store(true) }})
	for _, e := range []struct {
		rid         string
		width, size int
	}{{"f", 1280, 3000}, {"h", 640, 800}, {"q", 320, 200}} {
		track, err := s.publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8, RID: e.rid})
		if err != nil {
			t.Fatal(err)
		}
		s.encoders[e.rid] = &encoder{track: track, width: e.width, size: e.size}
		s.encoders[e.rid].key.Store(true)
	}
	s.demand = s.publication.Demand()
	t.Cleanup(s.demand.Close)
	s.obey()
	return s
}

// play sends for a time, and does as the demand says.
func (s *studio) play(t *testing.T, d time.Duration) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		s.number++
		for _, rid := range []string{"q", "h", "f"} {
			s.encoders[rid].picture(t, s.number)
		}
		synctest.Wait()
		select {
		case <-s.demand.Changed():
			s.obey()
		default:
			if !s.check.IsZero() && !time.Now().Before(s.check) {
				s.obey()
			}
		}
		time.Sleep(40 * time.Millisecond)
	}
}

func (s *studio) obey() {
	layers, again := s.demand.Layers(time.Now())
	s.check = time.Time{}
	if again > 0 {
		s.check = time.Now().Add(again)
	}
	var wanted []string
	for _, l := range layers {
		e := s.encoders[l.RID]
		if e.off && l.Wanted {
			e.key.Store(true) // as encoders begin
		}
		e.off = !l.Wanted
		if l.Wanted {
			wanted = append(wanted, l.RID)
		}
	}
	if text := strings.Join(wanted, ""); len(s.told) == 0 || s.told[len(s.told)-1] != text {
		s.told = append(s.told, text)
	}
}

func (s *studio) wantTold(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(s.told, want) {
		t.Fatalf("told %q, want %q", s.told, want)
	}
}

// What nobody wants is told ten seconds later, and what somebody wants at once.
func TestLayersThatNobodyWants(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		s := newStudio(t, r)
		s.play(t, 9*time.Second)
		s.wantTold(t, "fhq")
		s.play(t, 2*time.Second)
		s.wantTold(t, "fhq", "q")

		record := sfutest.NewRecorder()
		viewer, sub := watch(t, r, sfu.Video, record)
		s.play(t, 200*time.Millisecond)
		s.wantTold(t, "fhq", "q", "fq")
		if got := sub.Layer(); got != "f" {
			t.Errorf("the viewer gets %q, want the best", got)
		}
		sub.SetLayer("h")
		s.play(t, 200*time.Millisecond)
		if got := sub.Layer(); got != "h" {
			t.Errorf("the viewer gets %q, want the one it asked for", got)
		}
		s.play(t, 11*time.Second)
		s.wantTold(t, "fhq", "q", "fq", "fhq", "hq")
		viewer.Close()
		s.play(t, 9*time.Second)
		s.wantTold(t, "fhq", "q", "fq", "fhq", "hq")
		s.play(t, 2*time.Second)
		s.wantTold(t, "fhq", "q", "fq", "fhq", "hq", "q")
		wantContinuous(t, record.Packets())
	})
}

// A viewer whose network has a limit keeps what it would fall to, and is told
// what a layer needs that rests.
func TestALayerThatRestsIsWantedBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		s := newStudio(t, r)
		_, sub := watch(t, r, sfu.Video, sfutest.NewRecorder())
		s.play(t, 3*time.Second)
		sub.SetBitrate(500_000)
		s.play(t, 20*time.Second)
		if last := s.told[len(s.told)-1]; last != "hq" {
			t.Fatalf("told %q, want what the viewer gets and what it would fall to at last", s.told)
		}
		if got := sub.Wanted(); got < 1_200_000 || got > 1_500_000 {
			t.Errorf("wanted %d bit/s, want what the layer needs that rests", got)
		}
		sub.SetBitrate(2_000_000)
		s.play(t, 3*time.Second)
		if got := sub.Layer(); got != "f" {
			t.Errorf("the viewer gets %q, want the best again; told %q", got, s.told)
		}
		if usual := s.encoders["f"].track.Stats().BitsPerSecond; usual < 1_000_000 {
			t.Errorf("%d bit/s counted after the rest, want what the layer has", usual)
		}
	})
}

// Without anybody who does as he is told, nothing rests.
func TestNothingRestsWithoutADemand(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		s := newStudio(t, r)
		s.play(t, 12*time.Second)
		s.wantTold(t, "fhq", "q")
		s.demand.Close()
		_, sub := watch(t, r, sfu.Video, sfutest.NewRecorder())
		s.play(t, time.Second)
		if got := sub.Layer(); got != "q" {
			t.Errorf("the viewer gets %q, want the one that is sent", got)
		}
		if got := sub.Wanted(); got > 100_000 {
			t.Errorf("wanted %d bit/s, want no more than there is", got)
		}
		if layers, again := s.demand.Layers(time.Now()); layers != nil || again != 0 {
			t.Errorf("a closed demand says %v, %v", layers, again)
		}
	})
}

// wantContinuous says that no number is left out, and no time goes back.
func wantContinuous(t *testing.T, packets []sfu.Forwarded) {
	t.Helper()
	for i, p := range packets[1:] {
		if p.SequenceNumber != packets[i].SequenceNumber+1 || int32(p.Timestamp-packets[i].Timestamp) < 0 {
			t.Fatalf("packet %d: number %d at %d after %d at %d", i+1, p.SequenceNumber, p.Timestamp, packets[i].SequenceNumber, packets[i].Timestamp)
		}
	}
}

// A picture that is paused sends nothing, and begins again with a key frame:
// the one that is cached when it is young, or the next one.
func TestAPictureThatIsPaused(t *testing.T) {
	for _, away := range []time.Duration{200 * time.Millisecond, 5 * time.Second} {
		t.Run(fmt.Sprint(away), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := newRouter(t)
				s := newStudio(t, r)
				record := sfutest.NewRecorder()
				_, sub := watch(t, r, sfu.Video, record)
				s.play(t, 500*time.Millisecond)
				sub.SetPaused(true)
				s.play(t, away)
				before := len(record.Packets())
				s.play(t, time.Second)
				if got := len(record.Packets()); got != before {
					t.Errorf("%d packets while it is paused", got-before)
				}
				if sub.Layer() != "" || sub.Wanted() != 0 {
					t.Errorf("layer %q, %d bit/s wanted while it is paused", sub.Layer(), sub.Wanted())
				}
				sub.SetPaused(false)
				s.play(t, 100*time.Millisecond)
				packets := record.Packets()
				if len(packets) == before {
					t.Fatal("nothing comes any more")
				}
				if !packets[before].KeyFrame() {
					t.Error("it does not begin with a key frame")
				}
				wantContinuous(t, packets)
			})
		})
	}
}

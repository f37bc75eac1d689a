package sfutest

import (
	"testing"

	"lectern/sfu"
)

// TestSink runs what every Sink must bear: a publisher that starts, loses
// packets, sends padding, goes away and comes back with other numbers. A sink
// passes when it never ends its viewer, and leaves no goroutine once the
// cleanups of t have run. newSink is called once a kind of media.
func TestSink(t *testing.T, newSink func(t *testing.T, kind sfu.Kind) sfu.Sink) {
	for _, kind := range []sfu.Kind{sfu.Audio, sfu.Video} {
		t.Run(kind.String(), func(t *testing.T) {
			NoLeaks(t)
			router := sfu.NewRouter(sfu.Options{})
			t.Cleanup(router.Close)
			viewer, err := router.Join("live/suite")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(viewer.Close)
			tap := &tap{Sink: newSink(t, kind), seen: NewRecorder()}
			if _, err := viewer.Subscribe(kind, tap); err != nil {
				t.Fatal(err)
			}
			for _, start := range []uint16{65530, 7} {
				publication, err := router.Publish("live/suite", sfu.PublishOptions{Identity: "suite"})
				if err != nil {
					t.Fatal(err)
				}
				before := len(tap.seen.Packets())
				writeScript(t, publication, kind, start)
				tap.seen.Wait(t, before+48)
				publication.Close(nil)
			}
			if err := viewer.Err(); err != nil {
				t.Errorf("the sink ended its viewer: %v", err)
			}
		})
	}
}

// writeScript writes 50 packets, of which one is lost and one is padding.
func writeScript(t *testing.T, publication *sfu.Publication, kind sfu.Kind, start uint16) {
	t.Helper()
	info := sfu.TrackInfo{Kind: kind, Codec: Opus}
	if kind == sfu.Video {
		info.Codec = VP8
	}
	track, err := publication.AddTrack(info)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint16(50) {
		p := OpusPacket(start+i, uint32(i)*960)
		if kind == sfu.Video {
			p = VP8Packet(start+i, uint32(i)*3000, i%25 == 0)
		}
		switch i {
		case 10:
			continue
		case 20:
			p.Payload = nil
		}
		if err := track.Write(p); err != nil {
			t.Fatal(err)
		}
	}
}

// tap records what a sink has taken without an error.
type tap struct {
	sfu.Sink
	seen *Recorder
}

func (s *tap) WriteRTP(burst []sfu.Forwarded) error {
	if err := s.Sink.WriteRTP(burst); err != nil {
		return err
	}
	return s.seen.WriteRTP(burst)
}

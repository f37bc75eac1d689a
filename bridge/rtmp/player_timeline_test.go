package rtmp

import (
	"testing"
	"time"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// forwarded writes packets of a stream's picture and sound, with the
// timestamps given and in the order of their arrival, and returns what a
// viewer gets of them.
func forwarded(t *testing.T, publish func(picture, sound *sfu.Track)) (pictures, sounds []sfu.Forwarded) {
	t.Helper()
	router := sfu.NewRouter(sfu.Options{})
	t.Cleanup(router.Close)
	viewer, err := router.Join("live/x")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(viewer.Close)
	seen := [2]*sfutest.Recorder{sfutest.NewRecorder(), sfutest.NewRecorder()}
	for kind, r := range seen {
		if _, err := viewer.Subscribe(sfu.Kind(kind), r); err != nil {
			t.Fatal(err)
		}
	}
	publication, err := router.Publish("live/x", sfu.PublishOptions{Identity: "x"})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
	if err != nil {
		t.Fatal(err)
	}
	sound, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Audio, Codec: sfutest.Opus})
	if err != nil {
		t.Fatal(err)
	}
	publish(picture, sound)
	return seen[sfu.Video].Wait(t, int(picture.Stats().Packets)), seen[sfu.Audio].Wait(t, int(sound.Stats().Packets))
}

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func writeAt(t *testing.T, track *sfu.Track, number uint16, timestamp uint32, arrival time.Time) {
	t.Helper()
	p := sfutest.OpusPacket(number, timestamp)
	if track.Kind == sfu.Video {
		p = sfutest.VP8Packet(number, timestamp, true)
	}
	p.Arrival = arrival
	if err := track.Write(p); err != nil {
		t.Fatal(err)
	}
}

// Picture and sound that belong together have the same place, however they
// have travelled, and wherever their timestamps begin and wrap.
func TestPicturesAndSoundKeepInStep(t *testing.T) {
	for _, start := range []uint32{0, 1, 1 << 31, 0xffffffff - 90000*2} {
		pictures, sounds := forwarded(t, func(picture, sound *sfu.Track) {
			picture.Sync(noon, start, noon)
			sound.Sync(noon, start+77, noon)
			for i := range 200 {
				at := noon.Add(time.Duration(i) * 20 * time.Millisecond)
				late := time.Duration(i%5) * 10 * time.Millisecond // the picture comes unevenly
				writeAt(t, picture, uint16(i), start+uint32(i)*1800, at.Add(50*time.Millisecond+late))
				writeAt(t, sound, uint16(i), start+77+uint32(i)*960, at.Add(5*time.Millisecond))
			}
		})
		var l timeline
		for i := range pictures {
			shown := l.place(pictures[i], pictures[i].Timestamp, pictures[i].Arrival)
			heard := l.place(sounds[i], sounds[i].Timestamp, sounds[i].Arrival)
			if want := uint32(i) * 20; shown != want || heard != want {
				t.Fatalf("from %d: picture %d is shown at %d ms and heard at %d ms, want %d", start, i, shown, heard, want)
			}
		}
	}
}

// The past that a viewer gets first is over in an instant, and does not move
// the present.
func TestPastIsSqueezed(t *testing.T) {
	pictures, sounds := forwarded(t, func(picture, sound *sfu.Track) {
		picture.Sync(noon, 0, noon)
		sound.Sync(noon, 0, noon)
		for i := range 200 {
			at := noon.Add(time.Duration(i) * 20 * time.Millisecond)
			writeAt(t, picture, uint16(i), uint32(i)*1800, at)
			writeAt(t, sound, uint16(i), uint32(i)*960, at)
		}
	})
	// The viewer comes with picture 100: those before have timestamps within 50 ms.
	now := pictures[100].Arrival
	for i := range 100 {
		pictures[i].Timestamp = pictures[100].Timestamp - uint32(100-i)*45
	}
	var l timeline
	var shown uint32
	for i, p := range pictures {
		before := shown
		shown = l.place(p, p.Timestamp, maxTime(now, p.Arrival))
		if i > 0 && shown <= before {
			t.Fatalf("picture %d is shown at %d, after %d", i, shown, before)
		}
		if i < 100 {
			continue
		}
		// 100 pictures take 100 ms at the least, and then all is in step.
		heard := l.place(sounds[i], sounds[i].Timestamp, sounds[i].Arrival)
		if apart := int(shown) - int(heard); i > 110 && (apart < -1 || apart > 1) {
			t.Errorf("picture %d is shown at %d ms and heard at %d ms", i, shown, heard)
		}
	}
	if shown > 2200 {
		t.Errorf("the last of two seconds is shown at %d ms", shown)
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

package sfu_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// movie is 30 pictures a second of two packets of 2 000 bytes together, 480
// kbit/s; key frames have three times as many. temporal is the layer of a
// picture by its number.
type movie struct {
	track    *sfu.Track
	size     int // of a packet
	temporal func(picture int) byte
	number   uint16
	picture  int
}

func (m *movie) play(t *testing.T, pictures int, key func(picture int) bool) {
	t.Helper()
	for range pictures {
		isKey := key(m.picture)
		packets := 2
		if isKey {
			packets = 6
		}
		for i := range packets {
			m.number++
			p := &sfu.Packet{
				Header:  rtp.Header{Version: 2, Marker: i == packets-1, SequenceNumber: m.number, Timestamp: uint32(m.picture) * 3000},
				Payload: make([]byte, m.size),
				Arrival: time.Now(),
			}
			var layer byte
			if m.temporal != nil {
				layer = m.temporal(m.picture)
			}
			// RFC 7741 §4.2: X, S on the first packet; T; the layer.
			copy(p.Payload, []byte{0x80, 0x20, layer << 6, 0x01})
			if i == 0 {
				p.Payload[0] = 0x90
				if isKey {
					copy(p.Payload[3:], []byte{0x00, 0, 0, 0x9d, 0x01, 0x2a, 640 & 0xff, 640 >> 8, 360 & 0xff, 360 >> 8})
				}
			}
			write(t, m.track, p)
		}
		synctest.Wait()
		m.picture++
		time.Sleep(time.Second / 30)
	}
}

func every(n int) func(int) bool { return func(picture int) bool { return picture%n == 0 } }

// whole checks that pictures come whole, without a gap in the numbers, with
// timestamps that are as far apart as they were, and returns how many.
func whole(t *testing.T, packets []sfu.Forwarded) (pictures int) {
	t.Helper()
	for i, p := range packets {
		if i == 0 {
			continue
		}
		before := packets[i-1]
		if p.SequenceNumber != before.SequenceNumber+1 {
			t.Fatalf("packet %d has number %d after %d", i, p.SequenceNumber, before.SequenceNumber)
		}
		if got, want := p.Timestamp-before.Timestamp, p.Header.Timestamp-before.Header.Timestamp; got != want {
			t.Fatalf("packet %d is %d ticks after the one before, was %d", i, got, want)
		}
		if before.Header.Marker != (p.Header.Timestamp != before.Header.Timestamp) {
			t.Fatalf("packet %d begins another picture in the middle of one", i)
		}
		if p.Header.Marker {
			pictures++
		}
	}
	return pictures
}

func payloads(packets []sfu.Forwarded) (bytes int) {
	for _, p := range packets {
		bytes += len(p.Payload)
	}
	return bytes
}

// A picture goes out whole or not at all, and nothing between one that did not
// and the next key frame.
func TestPicturesThatDoNotFit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		asked := 0
		m := &movie{track: addTrack(t, publish(t, r, sfu.PublishOptions{RequestKeyFrame: func(*sfu.Track) { asked++ }}), sfu.Video, sfutest.VP8), size: 1000}
		thin, fat := sfutest.NewRecorder(), sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Video, thin)
		watch(t, r, sfu.Video, fat)
		m.play(t, 60, every(60))
		sub.SetBitrate(200_000)
		before := len(thin.Packets())
		m.play(t, 600, every(60))
		packets := thin.Packets()
		pictures := whole(t, packets)
		rate := payloads(packets[before:]) * 8 / 20
		t.Logf("%d pictures of 660, %d bit/s, %d key frames asked for", pictures, rate, asked)
		if rate > 220_000 || rate < 40_000 {
			t.Errorf("%d bit/s, want at most 200 000, and at least 40 000", rate)
		}
		if all := whole(t, fat.Packets()); all < 659 {
			t.Errorf("the other viewer got %d pictures, want 660", all)
		}
		if asked > 21 { // once a second, because none comes by it
			t.Errorf("asked for %d key frames in 20 s", asked)
		}
		last := uint32(0)
		for i, p := range packets {
			if p.Header.Timestamp > last+3000 && i > 0 && !p.KeyFrame() {
				t.Errorf("a picture follows one that was left out, and is no key frame")
			}
			last = p.Header.Timestamp
		}
		if got := sub.Stats().Dropped[sfu.DropBitrate]; got < 600 {
			t.Errorf("%d packets were dropped for the bit rate", got)
		}
		sub.SetBitrate(0)
		before = len(thin.Packets())
		m.play(t, 120, every(60))
		if got := whole(t, thin.Packets()[before:]); got < 60 {
			t.Errorf("%d pictures of 120 without a limit, want all from the next key frame on", got)
		}
		if sub.Wanted() == 0 {
			t.Error("nothing is wanted")
		}
	})
}

// What fits is not touched, key frames of many times a picture's size included.
func TestPicturesThatFit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		m := &movie{track: addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8), size: 1000}
		rec := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Video, rec)
		sub.SetBitrate(600_000)
		m.play(t, 600, every(30))
		if got := whole(t, rec.Packets()); got < 600 {
			t.Errorf("%d pictures, want 600", got)
		}
	})
}

// Where there are temporal layers, the higher ones go first, and the film goes
// on with fewer pictures a second.
func TestTemporalLayersAreThinned(t *testing.T) {
	for _, c := range []struct {
		bps    uint64
		least  int // pictures a second
		layers int // that are left, at the most
	}{{430_000, 20, 3}, {300_000, 14, 3}, {150_000, 7, 2}} {
		bubble(t, func(t *testing.T) {
			r := newRouter(t)
			m := &movie{track: addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8), size: 1000,
				temporal: func(picture int) byte { return []byte{0, 2, 1, 2}[picture%4] }}
			rec := sfutest.NewRecorder()
			_, sub := watch(t, r, sfu.Video, rec)
			only := func(picture int) bool { return picture == 0 }
			m.play(t, 60, only)
			sub.SetBitrate(c.bps)
			before := len(rec.Packets())
			m.play(t, 600, only)
			got := rec.Packets()[before:]
			pictures, rate := whole(t, got), payloads(got)*8/20
			t.Logf("%d bit/s: %d pictures in 20 s, %d bit/s", c.bps, pictures, rate)
			if pictures < c.least*20 {
				t.Errorf("%d bit/s: %d pictures a second, want at least %d", c.bps, pictures/20, c.least)
			}
			if rate > int(c.bps)*105/100 {
				t.Errorf("%d bit/s, want at most %d", rate, c.bps)
			}
		})
	}
}

// With several layers, the best that fits is forwarded, from a key frame on.
func TestTheLayerFollowsTheBitrate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		wanted := map[*sfu.Track]bool{}
		p := publish(t, r, sfu.PublishOptions{RequestKeyFrame: func(track *sfu.Track) { wanted[track] = true }})
		layers := []*movie{{size: 300}, {size: 1000}}
		for i, rid := range []string{"q", "f"} {
			track, err := p.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8, RID: rid})
			if err != nil {
				t.Fatal(err)
			}
			layers[i].track = track
		}
		played := 0
		both := func(pictures int) {
			for range pictures {
				played++
				for i, m := range layers {
					var payload []byte
					key := played == 1 || wanted[m.track]
					delete(wanted, m.track)
					payload = append(payload, sfutest.VP8Packet(0, 0, key).Payload...)
					if key && i == 1 {
						payload[7] = 640 * 2 & 0xff
						payload[8] = 640 * 2 >> 8
					}
					payload = append(payload, make([]byte, 2*m.size)...)
					m.number++
					write(t, m.track, &sfu.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: m.number, Timestamp: uint32(played) * 3000}, Payload: payload, Arrival: time.Now()})
				}
				synctest.Wait()
				time.Sleep(time.Second / 30)
			}
		}
		rec := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Video, rec)
		both(90)
		for i, step := range []struct {
			bitrate uint64
			layer   string // chosen by hand
			want    string
		}{{0, "", "f"}, {200_000, "", "q"}, {1_000_000, "", "f"}, {1_000_000, "q", "q"}, {200_000, "f", "f"}, {200_000, "", "q"}} {
			sub.SetBitrate(step.bitrate)
			if step.layer != "" || i == 5 {
				sub.SetLayer(step.layer)
			}
			both(240)
			if got := sub.Layer(); got != step.want {
				t.Errorf("step %d: %q is forwarded, want %q", i, got, step.want)
			}
		}
		packets := rec.Packets()
		for i := 1; i < len(packets); i++ {
			if packets[i].SequenceNumber != packets[i-1].SequenceNumber+1 {
				t.Fatalf("packet %d has number %d after %d", i, packets[i].SequenceNumber, packets[i-1].SequenceNumber)
			}
			if packets[i].Track() != packets[i-1].Track() && !packets[i].KeyFrame() {
				t.Errorf("packet %d is of another layer, and no key frame", i)
			}
		}
	})
}

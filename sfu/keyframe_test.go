package sfu_test

import (
	"bytes"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lectern/internal/testmedia"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// video gives pictures as a publisher's packets, the first a key frame.
func video(t *testing.T, mimeType string, frames, gop int) [][]*sfu.Packet {
	t.Helper()
	var made [][]*sfu.Packet
	for _, f := range testmedia.Video(t, mimeType, frames, 30, gop) {
		var packets []*sfu.Packet
		for _, p := range f.Packets {
			packets = append(packets, &sfu.Packet{Header: p.Header, Payload: p.Payload, Arrival: time.Now()})
		}
		made = append(made, packets)
	}
	return made
}

func h(mimeType string) sfu.Codec { return sfu.Codec{MimeType: mimeType, ClockRate: 90000} }

func wantKeyFrame(t *testing.T, r *sfu.Router, want bool, when string) sfu.KeyFrame {
	t.Helper()
	got, ok := r.KeyFrame(name)
	if ok != want {
		t.Fatalf("%s: a key frame: %v, want %v", when, ok, want)
	}
	return got
}

func TestAKeyFrameIsThereWhenItHasComeWhole(t *testing.T) {
	for mimeType, codec := range map[string]string{
		"video/H264": "avc1.", "video/H265": "hev1.", "video/VP8": "vp8", "video/VP9": "vp09.", "video/AV1": "av01.",
	} {
		t.Run(mimeType, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := newRouter(t)
				wantKeyFrame(t, r, false, "before there is a source")
				p := publish(t, r, sfu.PublishOptions{})
				track := addTrack(t, p, sfu.Video, h(mimeType))
				wantKeyFrame(t, r, false, "before the first packet")
				pictures := video(t, mimeType, 3, 2)
				first, last := pictures[0][:len(pictures[0])-1], pictures[0][len(pictures[0])-1]
				arrival := pictures[0][0].Arrival
				write(t, track, first...)
				wantKeyFrame(t, r, false, "before the marker")
				write(t, track, last)
				got := wantKeyFrame(t, r, true, "after the marker")
				if !bytes.HasPrefix([]byte(got.Codec), []byte(codec)) || got.Width != 320 || got.Height != 180 ||
					!got.Arrival.Equal(arrival) || got.Track != track.TrackInfo || len(got.Data) == 0 {
					t.Errorf("%s, %dx%d, %v, %d octets", got.Codec, got.Width, got.Height, got.Track, len(got.Data))
				}

				write(t, track, pictures[1]...)
				if again := wantKeyFrame(t, r, true, "after other pictures"); !bytes.Equal(again.Data, got.Data) {
					t.Error("it has changed without another key frame")
				}
				lost := pictures[2][1]
				write(t, track, pictures[2][0])
				write(t, track, pictures[2][2:]...)
				wantKeyFrame(t, r, false, "while a packet is missing")
				write(t, track, lost)
				if again := wantKeyFrame(t, r, true, "when it has come late"); !bytes.Equal(again.Data, got.Data) {
					t.Error("the second key frame is the same picture, and is not")
				}
				p.Close(nil)
				wantKeyFrame(t, r, false, "after the publisher")
			})
		})
	}
}

func TestAPictureWithoutAMarkerEndsBeforeTheNext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, h("video/H264"))
		pictures := video(t, "video/H264", 2, 2)
		pictures[0][0].Header.Marker = true // of parameter sets
		pictures[0][len(pictures[0])-1].Header.Marker = false
		write(t, track, pictures[0]...)
		wantKeyFrame(t, r, false, "with the end open")
		write(t, track, pictures[1]...)
		wantKeyFrame(t, r, true, "after the next picture")
	})
}

func TestPaddingIsNoPartOfAKeyFrame(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
		key, padding := sfutest.VP8Packet(1, 3000, true), sfutest.VP8Packet(2, 3000, false)
		padding.Payload, padding.Header.Marker = nil, false
		write(t, track, key, padding)
		if got := wantKeyFrame(t, r, true, "with padding behind it"); !bytes.Equal(got.Data, key.Payload[1:]) {
			t.Errorf("%x, want %x", got.Data, key.Payload[1:])
		}
	})
}

func TestWhatIsNoPictureIsNoKeyFrame(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		p := publish(t, r, sfu.PublishOptions{})
		write(t, addTrack(t, p, sfu.Audio, sfutest.Opus), sfutest.OpusPacket(1, 0))
		wantKeyFrame(t, r, false, "of sound alone")
		track := addTrack(t, p, sfu.Video, sfutest.VP8)
		broken := sfutest.VP8Packet(1, 0, true)
		broken.Payload[4] ^= 1 // the start code
		write(t, track, broken)
		wantKeyFrame(t, r, false, "of garbage")
	})
}

func TestTheKeyFrameIsOfTheLargestLayer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		p := publish(t, r, sfu.PublishOptions{})
		for _, rid := range []string{"h", "l"} {
			track, err := p.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8, RID: rid})
			if err != nil {
				t.Fatal(err)
			}
			packet := sfutest.VP8Packet(1, 0, true)
			if rid == "l" {
				packet.Payload[7], packet.Payload[8] = 64, 0 // of width
			}
			write(t, track, packet)
		}
		if got := wantKeyFrame(t, r, true, "of two layers"); got.Track.RID != "h" || got.Width != 640 || got.Height != 360 {
			t.Errorf("of layer %q, %dx%d, want h, 640x360", got.Track.RID, got.Width, got.Height)
		}
	})
}

// Publishers that send key frames only on demand are asked for one, so that
// whoever asks again gets one: at once when there is none, and before a
// picture is too old.
func TestAnOldKeyFrameIsAskedForAnew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		asked := 0
		p := publish(t, r, sfu.PublishOptions{RequestKeyFrame: func(*sfu.Track) { asked++ }})
		track := addTrack(t, p, sfu.Video, sfutest.VP8)
		next := uint16(1)
		send := func(key bool) {
			t.Helper()
			write(t, track, sfutest.VP8Packet(next, uint32(next)*3000, key))
			next++
		}
		want := func(n int, when string) {
			t.Helper()
			synctest.Wait()
			if asked != n {
				t.Fatalf("%s: asked %d times, want %d", when, asked, n)
			}
		}
		send(false)
		for range 10 {
			wantKeyFrame(t, r, false, "before the first one")
		}
		want(1, "before the first one")
		send(true)
		wantKeyFrame(t, r, true, "fresh")
		want(1, "fresh")
		for range 11 {
			time.Sleep(time.Second)
			send(false)
		}
		want(1, "with nobody who looks")
		wantKeyFrame(t, r, true, "old")
		want(2, "old")
		send(true)
		for range 5000 {
			send(false)
		}
		time.Sleep(time.Second)
		send(false)
		wantKeyFrame(t, r, false, "gone from the cache")
		want(3, "gone from the cache")
		send(true)
		wantKeyFrame(t, r, true, "new")
		want(3, "new")
	})
}

// Somebody looks while the publisher writes: run with the race detector.
func TestKeyFramesAreReadWhileOthersAreWritten(t *testing.T) {
	sfutest.NoLeaks(t)
	r := newRouter(t)
	track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, h("video/VP9"))
	pictures := video(t, "video/VP9", 300, 3)
	write(t, track, pictures[0]...)
	first := wantKeyFrame(t, r, true, "the first one")
	var reading sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		reading.Go(func() {
			for {
				if got, ok := r.KeyFrame(name); ok && !bytes.Equal(got.Data, first.Data) {
					t.Error("a key frame that nobody has sent")
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for _, picture := range pictures[1:] {
		write(t, track, picture...)
	}
	close(done)
	reading.Wait()
}

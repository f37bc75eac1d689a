package testmedia

import (
	"fmt"
	"slices"
	"testing"

	"lectern/internal/codec"
)

var videos = []string{"video/H264", "video/H265", "video/VP8", "video/VP9", "video/AV1"}

func TestVideoIsNumberedWithoutGapsAcrossWraps(t *testing.T) {
	for _, mime := range videos {
		t.Run(mime, func(t *testing.T) {
			const frames, fps, gop = 200, 30, 60
			made := Video(t, mime, frames, fps, gop)
			if len(made) != frames {
				t.Fatalf("got %d frames, want %d", len(made), frames)
			}
			sequence := made[0].Packets[0].SequenceNumber
			first := made[0].Packets[0].Timestamp
			wrapped := false
			for i, f := range made {
				if want := i%gop == 0; f.Key != want {
					t.Errorf("frame %d: key %v, want %v", i, f.Key, want)
				}
				for n, p := range f.Packets {
					if p.SequenceNumber != sequence {
						t.Fatalf("frame %d packet %d: sequence %d, want %d", i, n, p.SequenceNumber, sequence)
					}
					sequence++
					wrapped = wrapped || sequence == 0
					if want := first + uint32(i*videoClock/fps); p.Timestamp != want {
						t.Fatalf("frame %d: timestamp %d, want %d", i, p.Timestamp, want)
					}
					if want := n == len(f.Packets)-1; p.Marker != want {
						t.Errorf("frame %d packet %d: marker %v, want %v", i, n, p.Marker, want)
					}
					if len(p.Payload) == 0 || len(p.Payload) > mtu {
						t.Errorf("frame %d packet %d: %d octets, want 1 to %d", i, n, len(p.Payload), mtu)
					}
				}
			}
			if !wrapped || made[frames-1].Packets[0].Timestamp > first {
				t.Error("sequence numbers or timestamps did not wrap around")
			}
		})
	}
}

// The inspectors and the encoders must agree on where pictures begin, which
// are key frames and how large they are.
func TestInspectorsFindRealKeyFrames(t *testing.T) {
	for _, mime := range videos {
		for _, gop := range []int{1, 7, Longest} {
			t.Run(fmt.Sprint(mime, " gop ", gop), func(t *testing.T) {
				inspector, err := codec.New(mime)
				if err != nil {
					t.Fatal(err)
				}
				for i, f := range Video(t, mime, 2*Longest, 30, gop) {
					keys := 0
					for n, p := range f.Packets {
						got := inspector.Inspect(p.Payload, p.Timestamp)
						if want := n == 0; got.Start != want {
							t.Errorf("frame %d packet %d: start %v, want %v", i, n, got.Start, want)
						}
						if !got.Key {
							continue
						}
						keys++
						if !got.Start || !f.Key {
							t.Errorf("frame %d packet %d: a key, start %v in a key frame %v", i, n, got.Start, f.Key)
						}
						if got.Width != 320 || got.Height != 180 {
							t.Errorf("frame %d: size %dx%d, want 320x180", i, got.Width, got.Height)
						}
					}
					if want := f.Key; (keys == 1) != want || keys > 1 {
						t.Errorf("frame %d: %d keys in a key frame %v", i, keys, want)
					}
				}
			})
		}
	}
}

func TestKeyFramesTakeSeveralPackets(t *testing.T) {
	for _, mime := range videos {
		if n := len(Video(t, mime, 1, 30, 1)[0].Packets); n < 2 {
			t.Errorf("%s: key frame in %d packets, want fragments", mime, n)
		}
	}
}

func TestVideoIsTheSameEachTime(t *testing.T) {
	for _, mime := range videos {
		one, two := Video(t, mime, 10, 30, 5), Video(t, mime, 10, 30, 5)
		for i := range one {
			for n := range one[i].Packets {
				if !slices.Equal(one[i].Packets[n].Payload, two[i].Packets[n].Payload) {
					t.Errorf("%s: frame %d packet %d differs", mime, i, n)
				}
			}
		}
	}
}

func TestOpusIsTwentyMillisecondsAPacket(t *testing.T) {
	const frames = 130
	packets := Opus(t, frames)
	if len(packets) != frames {
		t.Fatalf("got %d packets, want %d", len(packets), frames)
	}
	for i, p := range packets {
		if want := packets[0].SequenceNumber + uint16(i); p.SequenceNumber != want {
			t.Errorf("packet %d: sequence %d, want %d", i, p.SequenceNumber, want)
		}
		if want := packets[0].Timestamp + uint32(i)*960; p.Timestamp != want {
			t.Errorf("packet %d: timestamp %d, want %d", i, p.Timestamp, want)
		}
		// The table of contents octet of RFC 6716 §3.1: one frame, stereo, in
		// a configuration of 20 ms.
		toc := p.Payload[0]
		config := toc >> 3
		twenty := config < 12 && config&3 == 1 || config >= 12 && config < 16 && config&1 == 1 || config >= 16 && config&3 == 3
		if toc&3 != 0 || toc&4 == 0 || !twenty {
			t.Errorf("packet %d: table of contents %#02x, want one stereo frame of 20 ms", i, toc)
		}
	}
}

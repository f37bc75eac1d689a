package bench

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/pion/rtp"

	"lectern/internal/frame"
	"lectern/internal/testtool"
)

// packetsOf numbers the payloads of a picture.
func packetsOf(payloads [][]byte, number *uint16, timestamp uint32) []*rtp.Packet {
	var packets []*rtp.Packet
	for i, payload := range payloads {
		packets = append(packets, &rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: *number, Timestamp: timestamp, Marker: i == len(payloads)-1},
			Payload: payload,
		})
		*number++
	}
	return packets
}

func TestFilmsHaveTheirSizeTheirStampAndWholeKeyFrames(t *testing.T) {
	for _, c := range codecs {
		for _, size := range []int{0, 1, 300, 1179, 1180, 1181, 1200, 8333, 33333, 100_000} {
			f := c.film()
			made := pictures{mimeType: c.capability.MimeType}
			number := uint16(65530)
			total := 0
			for i := range 5 {
				key := i == 0 || i == 3
				sent := time.Duration(i+1) * time.Millisecond
				payloads := f.picture(key, size, sent)
				octets := 0
				for _, p := range payloads {
					octets += len(p)
					if len(p) > payloadSize {
						t.Errorf("%s: a payload of %d octets, want at most %d", c.name, len(p), payloadSize)
					}
				}
				total += octets
				if size > 6000 && (octets < size-2*pcmMacroblock || octets > size+pcmMacroblock+size/50) {
					t.Errorf("%s: a picture of %d octets, want %d", c.name, octets, size)
				}
				var got picture
				var whole bool
				for _, p := range packetsOf(payloads, &number, uint32(i)*3000) {
					if whole {
						t.Errorf("%s: whole before the last packet", c.name)
					}
					got, whole = made.add(p, sent)
				}
				if !whole || made.isKey(got) != key {
					t.Errorf("%s of %d: picture %d is whole: %v, key: %v, want key %v", c.name, size, i, whole, made.isKey(got), key)
				}
				if at, ok := got.stamp(); !ok || at != sent {
					t.Errorf("%s of %d: stamp %v, %v, want %v", c.name, size, at, ok, sent)
				}
			}
			if size > 6000 && (total < 5*size-pcmMacroblock-50 || total > 5*size+size/10) {
				t.Errorf("%s: five pictures of %d octets, want %d", c.name, total, 5*size)
			}
		}
	}
}

// The key frames of package frame are what a decoder takes; all others differ
// in the way of packing alone, which is tested above. What is seen is grey but
// for the stamp.
func TestFFmpegShowsTheFilm(t *testing.T) {
	ffmpeg := testtool.Path(t, "ffmpeg")
	f := newH264Film()
	var stream bytes.Buffer
	const pictures = 40
	for i := range pictures {
		payloads := f.picture(i%25 == 0, 3000, time.Second)
		if i%25 == 0 {
			key, err := frame.Join("video/H264", payloads)
			if err != nil {
				t.Fatal(err)
			}
			stream.Write(key.Data)
			continue
		}
		slice := newH264Film()
		slice.frame = uint32(i % 25 % h264FrameNumbers)
		stream.WriteString("\x00\x00\x00\x01")
		stream.Write(h264SEI(time.Second, 2000))
		stream.WriteString("\x00\x00\x00\x01")
		stream.Write(slice.slice(false, i*1000, time.Second))
	}
	folder := t.TempDir()
	file, shown := filepath.Join(folder, "film.h264"), filepath.Join(folder, "out.raw")
	if err := os.WriteFile(file, stream.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(ffmpeg, "-hide_banner", "-loglevel", "warning", "-xerror", "-err_detect", "explode", "-i", file, "-f", "rawvideo", "-pix_fmt", "gray", "-fps_mode", "passthrough", shown).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if bytes.Contains(out, []byte("error")) {
		t.Errorf("ffmpeg says %s", out)
	}
	samples, err := os.ReadFile(shown)
	if err != nil {
		t.Fatal(err)
	}
	if want := pictures * 640 * 360; len(samples) != want {
		t.Fatalf("%d samples are shown, want %d", len(samples), want)
	}
	for i := range pictures {
		picture := samples[i*640*360:][:640*360]
		// Each picture with a stamp in another place leaves it there.
		if other := len(picture) - bytes.Count(picture, []byte{picture[0]}); picture[0] < 120 || picture[0] > 136 || other > (i+1)*stampSize {
			t.Errorf("picture %d: %d samples are not the grey of %d, want at most %d", i, other, picture[0], (i+1)*stampSize)
		}
	}
}

func TestSizesKeepTheBitrate(t *testing.T) {
	for _, c := range []struct{ bitrate, fps, gop int }{{2_000_000, 30, 60}, {2_000_000, 30, 1}, {500_000, 25, 2}, {4_000_000, 60, 3}} {
		key, delta := sizes(c.bitrate, c.fps, c.gop)
		got := float64(key+delta*(c.gop-1)) / float64(c.gop) * float64(c.fps) * 8
		if got < float64(c.bitrate)*.99 || got > float64(c.bitrate)*1.01 || delta <= 0 && c.gop > 4 {
			t.Errorf("%+v: %.0f bit/s, key frames of %d octets, others of %d", c, got, key, delta)
		}
	}
}

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media/h264reader"
	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
)

// film is real video with the test clock's barcode in it, made before it is
// shown, so that key frames are as far apart as a test wants and nobody can
// ask for one.
type film struct {
	mimeType string
	begins   time.Time // what the first picture's barcode says
	pictures [][]byte
}

const (
	filmWidth, filmHeight = 640, 360
	filmRate              = 30 // pictures a second
)

// makeFilm encodes so many seconds at about 2 Mbit/s with a key frame every gop
// seconds. Its first picture is due a few seconds from now.
func makeFilm(t *testing.T, mimeType string, seconds, gop int) *film {
	t.Helper()
	lead := 2 + seconds/5 // what it takes to make, with some to spare
	if mimeType == webrtc.MimeTypeVP8 {
		lead = 5 + seconds/2
	}
	f := &film{mimeType: mimeType, begins: time.Now().Add(time.Duration(lead) * time.Second).Truncate(time.Second)}
	args := []string{"-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "gray", "-s", fmt.Sprintf("%dx%d", filmWidth, filmHeight), "-r", fmt.Sprint(filmRate), "-i", "-", "-pix_fmt", "yuv420p"}
	key := []string{"-g", fmt.Sprint(gop * filmRate), "-keyint_min", fmt.Sprint(gop * filmRate), "-b:v", "2M", "-maxrate", "2.5M", "-bufsize", "1M"}
	if mimeType == webrtc.MimeTypeH264 {
		args = append(append(args, "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "baseline", "-sc_threshold", "0", "-x264-params", "sliced-threads=0:slices=1"), append(key, "-f", "h264", "-")...)
	} else {
		args = append(append(args, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "16", "-lag-in-frames", "0"), append(key, "-f", "ivf", "-")...)
	}
	ffmpeg := exec.Command("ffmpeg", args...)
	in, err := ffmpeg.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := ffmpeg.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := ffmpeg.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer in.Close()
		w := bufio.NewWriterSize(in, 1<<20)
		defer w.Flush()
		for i := range seconds * filmRate {
			if _, err := w.Write(picture(i, f.begins.Add(time.Duration(i)*time.Second/filmRate))); err != nil {
				return
			}
		}
	}()
	f.read(t, out)
	if err := ffmpeg.Wait(); err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	if len(f.pictures) != seconds*filmRate {
		t.Fatalf("%d pictures, want %d", len(f.pictures), seconds*filmRate)
	}
	return f
}

func (f *film) read(t *testing.T, out io.Reader) {
	if f.mimeType != webrtc.MimeTypeH264 {
		r, _, err := ivfreader.NewWith(out)
		if err != nil {
			t.Fatal(err)
		}
		for {
			frame, _, err := r.ParseNextFrame()
			if err != nil {
				return
			}
			f.pictures = append(f.pictures, frame)
		}
	}
	r, err := h264reader.NewReader(out)
	if err != nil {
		t.Fatal(err)
	}
	var picture []byte
	for {
		nal, err := r.NextNAL()
		if err != nil {
			return
		}
		picture = append(append(picture, 0, 0, 0, 1), nal.Data...)
		if nal.UnitType == h264reader.NalUnitTypeCodedSliceNonIdr || nal.UnitType == h264reader.NalUnitTypeCodedSliceIdr {
			f.pictures = append(f.pictures, picture)
			picture = nil
		}
	}
}

// show sends each picture when its barcode is true, until the film is over or
// the test has ended.
func (f *film) show(t *testing.T, track *webrtc.TrackLocalStaticRTP) {
	t.Helper()
	if late := time.Since(f.begins); late > 0 {
		t.Fatalf("the film took %v longer to make than was thought", late)
	}
	var payloader rtp.Payloader = &codecs.VP8Payloader{EnablePictureID: true}
	if f.mimeType == webrtc.MimeTypeH264 {
		payloader = &codecs.H264Payloader{}
	}
	packets := rtp.NewPacketizer(1200, 96, 0, payloader, rtp.NewRandomSequencer(), 90000)
	stop, stopped := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-stopped })
	go func() {
		defer close(stopped)
		for i, picture := range f.pictures {
			select {
			case <-time.After(time.Until(f.begins.Add(time.Duration(i) * time.Second / filmRate))):
			case <-stop:
				return
			}
			for _, p := range packets.Packetize(picture, 90000/filmRate) {
				_ = track.WriteRTP(p)
			}
		}
	}()
}

// picture draws the barcode of a moment over a moving pattern, in shades of
// grey.
func picture(number int, at time.Time) []byte {
	pixels := make([]byte, filmWidth*filmHeight)
	noise := uint32(number)*2654435761 + 1
	for y := range filmHeight {
		for x := range filmWidth {
			noise ^= noise << 13
			noise ^= noise >> 17
			noise ^= noise << 5
			pixels[y*filmWidth+x] = byte(60 + (x+y+3*number)%120 + int(noise%24))
		}
	}
	const columns, rows, height = 24, 2, filmHeight / 5
	cells := barcode(at)
	for y := range height {
		for x := range filmWidth {
			shade := byte(16)
			if cells[y*rows/height*columns+x*columns/filmWidth] {
				shade = 235
			}
			pixels[y*filmWidth+x] = shade
		}
	}
	return pixels
}

// barcode is what the pages read: 40 bits of milliseconds and their CRC-8.
func barcode(at time.Time) []bool {
	var bits []bool
	ms, crc := uint64(at.UnixMilli())&(1<<40-1), byte(0xff)
	for shift := 32; shift >= 0; shift -= 8 {
		b := byte(ms >> shift)
		crc ^= b
		for range 8 {
			top := crc&0x80 != 0
			crc <<= 1
			if top {
				crc ^= 0x07
			}
		}
		ms := b
		for bit := 7; bit >= 0; bit-- {
			bits = append(bits, ms>>bit&1 == 1)
		}
	}
	for bit := 7; bit >= 0; bit-- {
		bits = append(bits, crc>>bit&1 == 1)
	}
	return bits
}

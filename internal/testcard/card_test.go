package testcard

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"lectern/internal/testtool"
)

var begin = time.Date(2026, 3, 1, 9, 29, 59, 0, time.UTC)

// frameAt is the moment of the nth picture of a second and more.
func frameAt(n int) time.Time { return begin.Add(time.Duration(n) * time.Second / 30) }

// ffmpeg decodes frames to raw pictures of 4:2:0, one after another.
func ffmpeg(t *testing.T, frames [][]byte) [][]byte {
	t.Helper()
	testtool.Path(t, "ffmpeg")
	file := filepath.Join(t.TempDir(), "card.ivf")
	if err := os.WriteFile(file, ivf(frames), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	decode := exec.Command("ffmpeg", "-v", "warning", "-xerror", "-i", file, "-pix_fmt", "yuv420p", "-fps_mode", "passthrough", "-f", "rawvideo", "-")
	decode.Stderr = &stderr
	out, err := decode.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("ffmpeg: %v\n%s", err, &stderr)
	}
	const size = Width * Height * 3 / 2
	if len(out) != len(frames)*size {
		t.Fatalf("%d bytes decoded of %d frames, want %d", len(out), len(frames), len(frames)*size)
	}
	var pictures [][]byte
	for ; len(out) > 0; out = out[size:] {
		pictures = append(pictures, out[:size])
	}
	return pictures
}

// ivf puts VP8 frames into a file.
func ivf(frames [][]byte) []byte {
	out := append([]byte("DKIF\x00\x00\x20\x00VP80"), Width&0xff, Width>>8, Height&0xff, Height>>8)
	for _, word := range []uint32{30, 1, uint32(len(frames)), 0} {
		out = binary.LittleEndian.AppendUint32(out, word)
	}
	for i, f := range frames {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(f)))
		out = binary.LittleEndian.AppendUint64(out, uint64(i))
		out = append(out, f...)
	}
	return out
}

// levels are those that a canvas means.
func (c *canvas) levels() []byte {
	out := make([]byte, 0, Width*Height*3/2)
	for y := range Height {
		for _, step := range c.y[y/4] {
			l := lumaLevel(step)
			out = append(out, l, l, l, l)
		}
	}
	for _, plane := range []*[chromaRows][chromaColumns]int8{&c.u, &c.v} {
		for y := range Height / 2 {
			for _, step := range plane[y/4] {
				l := chromaLevel(step)
				out = append(out, l, l, l, l)
			}
		}
	}
	return out
}

// compare fails the test unless a decoder sees exactly those levels.
func compare(t *testing.T, frames, levels [][]byte) {
	t.Helper()
	for n, got := range ffmpeg(t, frames) {
		if bytes.Equal(got, levels[n]) {
			continue
		}
		for i := range got {
			if got[i] != levels[n][i] {
				t.Fatalf("picture %d: level %d at %d, want %d", n, got[i], i, levels[n][i])
			}
		}
	}
}

func TestADecoderSeesExactlyWhatWasDrawn(t *testing.T) {
	var card Card
	var frames, levels [][]byte
	bits := 0
	for n := range 150 {
		at := frameAt(n)
		frames = append(frames, card.Picture(at, n%60 == 0 || n == 70))
		bits += 8 * len(frames[n])
		var drawn canvas
		drawn.draw(at)
		levels = append(levels, drawn.levels())
		if got, ok := readBarcode(levels[n], at); !ok || got.UnixMilli() != at.UnixMilli() {
			t.Errorf("the barcode of picture %d says %v, %v, want %v", n, got, ok, at)
		}
	}
	t.Logf("%d kbit/s, a key frame of %d bytes", bits/5000, len(frames[60]))
	if rate := bits / 5; rate > 600_000 {
		t.Errorf("%d bit/s, want at most 600000", rate)
	}
	compare(t, frames, levels)
}

// No picture is too hard, in particular none that a clock will show one day.
func TestNoiseDecodesExactly(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var card Card
	var frames, levels [][]byte
	for n := range 12 {
		for y := range rows {
			for x := range columns {
				if random.IntN(12) < n { // more and more squares change
					card.next.set(x, y, color{int8(random.IntN(11)), int8(random.IntN(43) - 21), int8(random.IntN(43) - 21)})
				}
			}
		}
		levels = append(levels, card.next.levels())
		frames = append(frames, card.encode(n == 0 || n == 7))
	}
	compare(t, frames, levels)
}

func TestAPictureIsOfTheMomentAlone(t *testing.T) {
	at := frameAt(45)
	var late, early Card
	late.Picture(at.Add(-time.Hour), true)
	early.Picture(at.Add(time.Minute), true)
	early.Picture(at.Add(time.Hour), false)
	if late.Picture(at, false); !bytes.Equal(early.Picture(at, true), late.Picture(at, true)) || early.shown != late.shown {
		t.Error("two cards show one moment in different ways")
	}
}

func TestTheFirstPictureIsAKeyFrame(t *testing.T) {
	var card Card
	if first := card.Picture(begin, false); first[0]&1 != 0 {
		t.Error("nobody can decode the first picture")
	}
	if second := card.Picture(frameAt(1), false); second[0]&1 != 1 {
		t.Error("the second picture is a key frame that nobody asked for")
	}
}

func BenchmarkPicture(b *testing.B) {
	var card Card
	for n := 0; b.Loop(); n++ {
		card.Picture(frameAt(n), n%60 == 0)
	}
}

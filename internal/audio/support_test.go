package audio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"

	"lectern/internal/testtool"
)

// ffmpeg runs the real one and returns what it writes.
func ffmpeg(t testing.TB, input []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(testtool.Path(t, "ffmpeg"), append([]string{"-hide_banner", "-loglevel", "error"}, args...)...)
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffmpeg %q: %v\n%s", args, err, &stderr)
	}
	return out
}

var (
	formats  = map[string]string{"aac": "adts", "mp3": "mp3"}
	encoders = map[string]string{"aac": "aac", "mp3": "libmp3lame"}
)

// encode makes a file of samples with the real encoder.
func encode(t testing.TB, codec, bitrate string, rate, channels int, pcm []int16) []byte {
	t.Helper()
	octets := make([]byte, 0, 2*len(pcm))
	for _, v := range pcm {
		octets = binary.LittleEndian.AppendUint16(octets, uint16(v))
	}
	return ffmpeg(t, octets, "-f", "s16le", "-ar", fmt.Sprint(rate), "-ac", fmt.Sprint(channels), "-i", "-",
		"-c:a", encoders[codec], "-b:a", bitrate, "-write_xing", "0", "-id3v2_version", "0", "-f", formats[codec], "-")
}

// music is noise that swells, tones, and beats: what makes an encoder switch
// windows and borrow bits.
func music(rate, channels, samples int) []int16 {
	random := rand.New(rand.NewPCG(1, 2))
	pcm := make([]int16, 0, samples*channels)
	for i := range samples {
		at := float64(i) / float64(rate)
		left := 0.3*math.Sin(2*math.Pi*440*at) + 0.1*(random.Float64()-0.5)*(1+math.Sin(3*at))
		right := 0.2 * math.Sin(2*math.Pi*660*at)
		if _, beat := math.Modf(at * 4); beat < 0.05 {
			right += 0.5 * (random.Float64() - 0.5)
		}
		pcm = append(pcm, int16(32767*left))
		if channels == 2 {
			pcm = append(pcm, int16(32767*right))
		}
	}
	return pcm
}

// int16s are samples out of octets.
func int16s(b []byte) []int16 {
	s := make([]int16, len(b)/2)
	for i := range s {
		s[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return s
}

// adtsFrames are the access units of an ADTS file, and its config.
func adtsFrames(t testing.TB, b []byte) (config []byte, frames [][]byte) {
	t.Helper()
	for len(b) >= 7 {
		if b[0] != 0xff || b[1]&0xf6 != 0xf0 {
			t.Fatalf("no ADTS frame at % x", b[:7])
		}
		object, index := int(b[2]>>6)+1, int(b[2]>>2&15)
		channels := int(b[2]&1)<<2 | int(b[3]>>6)
		size := int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5]>>5)
		head := 7
		if b[1]&1 == 0 {
			head = 9
		}
		v := object<<11 | index<<7 | channels<<3
		config = []byte{byte(v >> 8), byte(v)}
		frames = append(frames, b[head:size])
		b = b[size:]
	}
	return config, frames
}

// mp3Frames are the frames of an MP3 file.
func mp3Frames(t testing.TB, b []byte) (frames [][]byte) {
	t.Helper()
	for len(b) > 4 {
		h, err := parseMP3Header(b)
		if err != nil || h.size > len(b) {
			t.Fatalf("no MP3 frame at % x: %v", b[:4], err)
		}
		frames = append(frames, b[:h.size])
		b = b[h.size:]
	}
	return frames
}

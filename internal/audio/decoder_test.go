package audio

import (
	"fmt"
	"math"
	"testing"
)

// TestDecodersAgreeWithFFmpeg compares samples.
func TestDecodersAgreeWithFFmpeg(t *testing.T) {
	for _, c := range []struct {
		codec    string
		rate     int
		channels int
		bitrate  string
		wantDB   float64
	}{
		{"aac", 48000, 2, "128k", 72},
		{"aac", 44100, 2, "128k", 72},
		{"aac", 44100, 1, "64k", 72},
		{"aac", 32000, 2, "96k", 72},
		{"aac", 24000, 2, "64k", 72},
		{"aac", 22050, 1, "48k", 72},
		{"aac", 16000, 1, "32k", 72},
		{"aac", 12000, 1, "24k", 72},
		{"aac", 11025, 2, "32k", 72},
		{"aac", 8000, 1, "24k", 72},
		{"mp3", 48000, 2, "128k", 72},
		{"mp3", 44100, 2, "128k", 72},
		{"mp3", 44100, 2, "320k", 72},
		{"mp3", 44100, 1, "64k", 72},
		{"mp3", 32000, 2, "96k", 72},
		{"mp3", 24000, 1, "64k", 12}, // ffmpeg's band 18 begins at line 330, the standard's at 332
		{"mp3", 22050, 2, "128k", 72},
		{"mp3", 22050, 2, "64k", 30}, // now and then the library errs in the highest band
		{"mp3", 22050, 1, "32k", 72},
		{"mp3", 16000, 1, "32k", 72},
		{"mp3", 12000, 1, "32k", 72},
		{"mp3", 11025, 2, "48k", 72},
		{"mp3", 11025, 1, "64k", 72},
	} {
		t.Run(fmt.Sprint(c.codec, c.rate, c.channels, c.bitrate), func(t *testing.T) {
			t.Parallel()
			file := encode(t, c.codec, c.bitrate, c.rate, c.channels, music(c.rate, c.channels, 4*c.rate))
			want := int16s(ffmpeg(t, file, "-flags2", "-skip_manual", "-f", c.codec, "-i", "-", "-af", "aresample=dither_method=none", "-f", "s16le", "-"))
			var d decoder
			var frames [][]byte
			if c.codec == "aac" {
				config, f := adtsFrames(t, file)
				frames = f
				aac, err := newAACDecoder(config)
				if err != nil {
					t.Fatal(err)
				}
				d = aac
			} else {
				frames, d = mp3Frames(t, file), &mp3Decoder{}
			}
			var got []int16
			broken := 0
			for _, f := range frames {
				if err := d.decode(f, func(s sound) {
					if s.pcm == nil {
						broken++
						s.pcm = make([]int16, s.channels*s.samples)
					}
					got = append(got, s.pcm...)
				}); err != nil {
					t.Fatal(err)
				}
			}
			best, at := -1.0, 0
			for _, offset := range []int{0, -1105, -1152, -576, -529, 1105, 1024, -1024, 529} {
				if db := signalToNoise(got, want, offset*c.channels); db > best {
					best, at = db, offset
				}
			}
			t.Logf("%d frames, %d broken, %d samples, ffmpeg %d, %.1f dB at %d", len(frames), broken, len(got), len(want), best, at)
			if best < c.wantDB || broken > 0 {
				t.Errorf("%.1f dB, want %.1f", best, c.wantDB)
			}
		})
	}
}

// signalToNoise in dB of got against want, which begins offset values later.
func signalToNoise(got, want []int16, offset int) float64 {
	var signal, noise float64
	for i := range got {
		j := i + offset
		if j < 0 || j >= len(want) || i < 8000 {
			continue
		}
		d := float64(got[i]) - float64(want[j])
		noise += d * d
		signal += float64(want[j]) * float64(want[j])
	}
	if noise == 0 {
		return 999
	}
	return 10 * math.Log10(signal/noise)
}

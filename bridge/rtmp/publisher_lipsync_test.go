package rtmp

import (
	"bytes"
	"fmt"
	"os/exec"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/pion/rtp/codecs"
	"github.com/thesyncim/gopus"

	"lectern/sfu"
)

// flashAndBeep is black and silent, but for a tenth of a second after two.
func flashAndBeep(rate int) []string {
	const on = "between(t,2,2.1)"
	return []string{
		"-f", "lavfi", "-i", "color=black:size=320x180:rate=30:duration=4,drawbox=color=white:thickness=fill:enable='" + on + "'",
		"-f", "lavfi", "-i", fmt.Sprintf("aevalsrc='if(%s,0.8*sin(2000*PI*t),0)':sample_rate=%d:duration=4", on, rate),
	}
}

// flash is when the picture becomes bright, on the video's clock.
func flash(t *testing.T, groups []group, timestamps []uint32) float64 {
	t.Helper()
	decode := exec.Command("ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-f", "h264", "-i", "pipe:0",
		"-fps_mode", "passthrough", "-vf", "scale=1:1:flags=area,format=gray", "-f", "rawvideo", "pipe:1")
	decode.Stdin = bytes.NewReader(joinPayloads(t, &codecs.H264Packet{}, groups))
	brightness, err := decode.Output()
	if err != nil || len(brightness) != len(groups) {
		t.Fatalf("%d of %d pictures were decoded: %v", len(brightness), len(groups), err)
	}
	for i, b := range brightness {
		if b > 128 {
			return float64(timestamps[i]) / videoClock
		}
	}
	t.Fatal("no picture is bright")
	return 0
}

// beep is when the sound becomes loud, on its clock.
func beep(t *testing.T, packets []sfu.Forwarded) float64 {
	t.Helper()
	d, err := gopus.NewDecoder(gopus.DefaultDecoderConfig(48000, 2))
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 2*5760)
	for _, p := range packets {
		n, err := d.DecodeInt16(p.Payload, pcm)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if s := pcm[2*i]; s > 6000 || s < -6000 {
				return (float64(p.Header.Timestamp) + float64(i)) / 48000
			}
		}
	}
	t.Fatal("no sound is loud")
	return 0
}

// What is seen and heard at one time at the encoder has one time at the
// viewer, whatever had to be done with it.
func TestFlashAndBeepStayTogether(t *testing.T) {
	for name, args := range map[string][]string{
		"AAC 44.1 kHz":  slices.Concat(flashAndBeep(44100), plain, []string{"-c:a", "aac"}),
		"AAC 48 kHz":    slices.Concat(flashAndBeep(48000), plain, []string{"-c:a", "aac", "-ac", "2"}),
		"MP3":           slices.Concat(flashAndBeep(44100), plain, []string{"-c:a", "libmp3lame"}),
		"one B picture": slices.Concat(flashAndBeep(44100), []string{"-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "1", "-b_strategy", "0", "-g", "60", "-c:a", "aac"}),
	} {
		t.Run(name, func(t *testing.T) {
			tags := clip(t, args...)
			var video, audio []sfu.Forwarded
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, Options{})
				if err := s.play(tags, 1<<32-3000); err != nil {
					t.Fatal(err)
				}
				video, audio = s.video.Packets(), s.audio.Packets()
			})
			groups := pictures(t, video)
			var timestamps []uint32 // as they were published
			for _, p := range video {
				if p.Header.Marker {
					timestamps = append(timestamps, p.Header.Timestamp)
				}
			}
			seen, heard := flash(t, groups, timestamps), beep(t, audio)
			t.Logf("seen at %.3f s, heard at %.3f s: %+.0f ms", seen, heard, 1000*(heard-seen))
			if skew := heard - seen; skew < -0.04 || skew > 0.04 {
				t.Errorf("the beep comes %.0f ms after the flash", 1000*skew)
			}
		})
	}
}

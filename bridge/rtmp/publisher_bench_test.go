package rtmp

import (
	"slices"
	"testing"
	"time"

	"lectern/internal/flv"
	"lectern/sfu"
)

// BenchmarkMessage takes the time from an RTMP message to the packets in the
// tracks: what the bridge itself adds to the delay of 1080p with sound.
func BenchmarkMessage(b *testing.B) {
	tags := clip(b, slices.Concat(pictureArgs(4, "1920x1080"), toneArgs(4, 44100),
		[]string{"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "0", "-g", "60", "-b:v", "6M", "-c:a", "aac", "-ac", "2"})...)
	for _, kind := range []flv.TagType{flv.TagVideo, flv.TagAudio} {
		b.Run(map[flv.TagType]string{flv.TagVideo: "H264", flv.TagAudio: "AAC"}[kind], func(b *testing.B) {
			router := sfu.NewRouter(sfu.Options{})
			defer router.Close()
			p, err := newPublisher(Options{Router: router}, "live/bench", "bench", "")
			if err != nil {
				b.Fatal(err)
			}
			defer p.close(nil)
			var took []time.Duration
			now := time.Now()
			next, turn := 0, uint32(0)
			b.ReportAllocs()
			for b.Loop() {
				if next == len(tags) {
					next, turn = 0, turn+4000
				}
				tag := tags[next]
				next++
				arrival := now.Add(milliseconds(int64(turn + tag.Timestamp)))
				begin := time.Now()
				if tag.Type == flv.TagVideo {
					err = p.video(turn+tag.Timestamp, tag.Data, arrival)
				} else {
					err = p.audio(turn+tag.Timestamp, tag.Data, arrival)
				}
				if err != nil {
					b.Fatal(err)
				}
				if tag.Type == kind {
					took = append(took, time.Since(begin))
				}
			}
			slices.Sort(took)
			if n := len(took); n > 0 {
				b.ReportMetric(float64(took[n/2].Microseconds()), "p50-µs")
				b.ReportMetric(float64(took[n*99/100].Microseconds()), "p99-µs")
				b.ReportMetric(float64(took[n-1].Microseconds()), "max-µs")
			}
		})
	}
}

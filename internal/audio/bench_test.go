package audio

import (
	"testing"
	"time"
)

// share reports which share of a core one stream of sound takes.
func share(b *testing.B, sound time.Duration) {
	b.ReportMetric(100*b.Elapsed().Seconds()/sound.Seconds(), "%core/stream")
	b.ReportMetric(sound.Seconds()/b.Elapsed().Seconds(), "×realtime")
}

func BenchmarkTranscode(b *testing.B) {
	for _, c := range []struct {
		name, codec, bitrate string
		rate, channels       int
	}{
		{"AAC 44.1 kHz stereo", "aac", "128k", 44100, 2},
		{"AAC 48 kHz stereo", "aac", "128k", 48000, 2},
		{"AAC 44.1 kHz mono", "aac", "64k", 44100, 1},
		{"MP3 44.1 kHz stereo", "mp3", "128k", 44100, 2},
	} {
		b.Run(c.name, func(b *testing.B) {
			config, messages := flv(b, c.codec, c.bitrate, c.rate, c.channels, music(c.rate, c.channels, 10*c.rate))
			x, err := NewTranscoder(Config{Codec: map[string]Codec{"aac": AAC, "mp3": MP3}[c.codec], AudioSpecificConfig: config})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			span := messages[len(messages)-1].at + 23*time.Millisecond
			n := 0
			for b.Loop() {
				m := messages[n%len(messages)]
				at := m.at + time.Duration(n/len(messages))*span
				if err := x.Write(at, m.data, func(uint64, []byte) {}); err != nil {
					b.Fatal(err)
				}
				n++
			}
			share(b, time.Duration(n)*span/time.Duration(len(messages)))
		})
	}
}

func BenchmarkResample(b *testing.B) {
	r := newResampler(44100, 2)
	pcm := music(44100, 2, 1024)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		r.push(1024, pcm)
		r.read(r.ready())
		n++
	}
	share(b, time.Duration(n)*1024*time.Second/44100)
}

func BenchmarkPlay(b *testing.B) {
	packets, _ := opusOf(b, 2, music(Rate, 2, 10*Rate))
	p, err := NewPlayer(0)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if err := p.Write(uint32(n)*opusFrame, packets[n%len(packets)].payload, func(uint64, []byte) {}); err != nil {
			b.Fatal(err)
		}
		n++
	}
	share(b, time.Duration(n)*20*time.Millisecond)
}

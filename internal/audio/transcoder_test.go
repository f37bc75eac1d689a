package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/thesyncim/gopus"
)

// message is one of a publisher's.
type message struct {
	at   time.Duration
	data []byte
}

// flv makes a publisher's messages of samples, with the real encoder and its
// timestamps. config is AAC's.
func flv(t testing.TB, codec, bitrate string, rate, channels int, pcm []int16) (config []byte, messages []message) {
	t.Helper()
	octets := make([]byte, 0, 2*len(pcm))
	for _, v := range pcm {
		octets = binary.LittleEndian.AppendUint16(octets, uint16(v))
	}
	file := ffmpeg(t, octets, "-f", "s16le", "-ar", fmt.Sprint(rate), "-ac", fmt.Sprint(channels), "-i", "-",
		"-c:a", encoders[codec], "-b:a", bitrate, "-f", "flv", "-")
	for b := file[13:]; len(b) > 15; {
		size := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		at := time.Duration(binary.BigEndian.Uint32([]byte{b[7], b[4], b[5], b[6]})) * time.Millisecond
		body := b[11 : 11+size]
		switch {
		case b[0] != 8:
		case body[0]>>4 == 10 && body[1] == 0:
			config = body[2:]
		case body[0]>>4 == 10:
			messages = append(messages, message{at, body[2:]})
		default:
			messages = append(messages, message{at, body[1:]})
		}
		b = b[11+size+4:]
	}
	return config, messages
}

// listener decodes packets and lays them out on the 48 kHz clock.
type listener struct {
	t        testing.TB
	decoder  *gopus.Decoder
	channels int
	heard    []int16 // interleaved, from position 0
	last     uint64
	packets  int
	jumps    []int64 // differences of positions other than 960
	octets   int
}

func newListener(t testing.TB, channels int) *listener {
	d, err := gopus.NewDecoder(gopus.DefaultDecoderConfig(Rate, channels))
	if err != nil {
		t.Fatal(err)
	}
	return &listener{t: t, decoder: d, channels: channels}
}

func (l *listener) packet(position uint64, opus []byte) {
	pcm := make([]int16, 5760*l.channels)
	n, err := l.decoder.DecodeInt16(opus, pcm)
	if err != nil || n != opusFrame {
		l.t.Fatalf("packet %d decodes to %d samples: %v", l.packets, n, err)
	}
	if by := int64(position - l.last); l.packets > 0 && by != opusFrame {
		l.jumps = append(l.jumps, by)
	}
	at := int(position) * l.channels
	if need := at + n*l.channels; need > len(l.heard) {
		l.heard = append(l.heard, make([]int16, need-len(l.heard))...)
	}
	copy(l.heard[at:], pcm[:n*l.channels])
	l.packets++
	l.octets += len(opus)
	l.last = position
}

// channel is one of those heard, between two times.
func (l *listener) channel(c int, from, to time.Duration) []float64 {
	var s []float64
	for i := int(ticks(from)); i < int(ticks(to)); i++ {
		s = append(s, float64(l.heard[i*l.channels+c])/32768)
	}
	return s
}

// tone is the amplitude and phase of a frequency in samples at 48 kHz.
func tone(s []float64, hz float64) (amplitude, phase float64) {
	var re, im, weight float64
	for i, v := range s {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(s)))
		x := 2 * math.Pi * hz * float64(i) / Rate
		re += w * v * math.Cos(x)
		im += w * v * math.Sin(x)
		weight += w
	}
	return 2 * math.Hypot(re, im) / weight, math.Atan2(re, im)
}

// rms of samples.
func rms(s []float64) float64 {
	sum := 0.0
	for _, v := range s {
		sum += v * v
	}
	return math.Sqrt(sum / float64(len(s)))
}

// besides is the RMS of what is not a tone, found in pieces of 25 ms because a
// clock that is being followed bends the pitch.
func besides(s []float64, hz float64) float64 {
	var sum float64
	n := 0
	for len(s) >= Rate/40 {
		piece := s[:Rate/40]
		s = s[Rate/40:]
		var ss, cc, sc, sv, cv float64
		for i, v := range piece {
			sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / Rate)
			ss, cc, sc, sv, cv = ss+sin*sin, cc+cos*cos, sc+sin*cos, sv+sin*v, cv+cos*v
		}
		det := ss*cc - sc*sc
		a, b := (sv*cc-cv*sc)/det, (cv*ss-sv*sc)/det
		for i, v := range piece {
			sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / Rate)
			sum += (v - a*sin - b*cos) * (v - a*sin - b*cos)
			n++
		}
	}
	return math.Sqrt(sum / float64(n))
}

// sine of an amplitude; the second channel has half of it.
func sine(hz, amplitude float64, rate, channels, samples int) []int16 {
	pcm := make([]int16, 0, samples*channels)
	for i := range samples {
		v := amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
		for c := range channels {
			pcm = append(pcm, int16(math.Round(32767*v/float64(c+1))))
		}
	}
	return pcm
}

var sources = []struct {
	codec    string
	rate     int
	channels int
	bitrate  string
}{
	{"aac", 48000, 2, "128k"},
	{"aac", 48000, 1, "64k"},
	{"aac", 44100, 2, "128k"},
	{"aac", 44100, 1, "64k"},
	{"aac", 32000, 2, "96k"},
	{"aac", 22050, 2, "64k"},
	{"aac", 16000, 1, "32k"},
	{"aac", 11025, 1, "24k"},
	{"aac", 8000, 1, "24k"},
	{"mp3", 48000, 2, "128k"},
	{"mp3", 44100, 2, "128k"},
	{"mp3", 44100, 1, "64k"},
	{"mp3", 22050, 2, "64k"},
	{"mp3", 11025, 1, "32k"},
}

// transcode sends messages through a Transcoder.
func transcode(t testing.TB, codec string, config []byte, messages []message, emit Emit) *Transcoder {
	t.Helper()
	x, err := NewTranscoder(Config{Codec: map[string]Codec{"aac": AAC, "mp3": MP3}[codec], AudioSpecificConfig: config})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if err := x.Write(m.at, m.data, emit); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

func TestToneOfARealEncoderIsHeardAtItsLevel(t *testing.T) {
	for _, c := range sources {
		t.Run(fmt.Sprint(c.codec, c.rate, "x", c.channels), func(t *testing.T) {
			t.Parallel()
			config, messages := flv(t, c.codec, c.bitrate, c.rate, c.channels, sine(440, 0.5, c.rate, c.channels, 3*c.rate))
			l := newListener(t, c.channels)
			x := transcode(t, c.codec, config, messages, l.packet)
			if _, rate, channels := x.Info(); rate != c.rate || channels != c.channels {
				t.Errorf("Info: %d Hz, %d channels", rate, channels)
			}
			for channel := range c.channels {
				s := l.channel(channel, time.Second, 2*time.Second)
				amplitude, _ := tone(s, 440)
				want := 0.5 / float64(channel+1)
				level := 20 * math.Log10(amplitude/want)
				rest := 20 * math.Log10(besides(s, 440)/rms(s))
				t.Logf("channel %d: level %+.2f dB, everything else %.1f dB, %d packets, %d kbit/s, %+v", channel, level, rest, l.packets, l.octets*8/l.packets*50/1000, x.Stats())
				if math.Abs(level) > 1 {
					t.Errorf("channel %d: level is %+.2f dB", channel, level)
				}
				if rest > -25 {
					t.Errorf("channel %d: everything else has %.1f dB", channel, rest)
				}
			}
			if len(l.jumps) > 0 {
				t.Errorf("positions jump by %d", l.jumps)
			}
		})
	}
}

// TestBeepIsHeardAtItsTime finds where a beep begins, to the sample as far as
// codecs allow.
func TestBeepIsHeardAtItsTime(t *testing.T) {
	for _, c := range sources {
		t.Run(fmt.Sprint(c.codec, c.rate, "x", c.channels), func(t *testing.T) {
			t.Parallel()
			pcm := sine(1000, 0.5, c.rate, c.channels, 3*c.rate)
			clear(pcm[:c.rate*c.channels])     // silence up to 1 s
			clear(pcm[c.rate*c.channels*3/2:]) // and from 1.5 s
			config, messages := flv(t, c.codec, c.bitrate, c.rate, c.channels, pcm)
			l := newListener(t, c.channels)
			transcode(t, c.codec, config, messages, l.packet)

			// ffmpeg's timestamps begin with the samples that its encoder
			// puts in front: 1024, and LAME's delay of 576 and 529.
			delay := map[string]int{"aac": 1024, "mp3": 1105}[c.codec]
			want := time.Second + time.Duration(delay)*time.Second/time.Duration(c.rate)
			begins, ends := beep(l.channel(0, 0, 2400*time.Millisecond))
			t.Logf("begins %+.2f ms, ends %+.2f ms off", ms(begins-want), ms(ends-want-time.Second/2))
			if d := begins - want; d.Abs() > 5*time.Millisecond {
				t.Errorf("begins %v after its time", d)
			}
			if d := ends - want - time.Second/2; d.Abs() > 5*time.Millisecond {
				t.Errorf("ends %v after its time", d)
			}
		})
	}
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

// beep is where a tone of 1 kHz has half of its amplitude: its energy over
// 2 ms rises above and falls below a quarter.
func beep(s []float64) (begins, ends time.Duration) {
	const width = Rate / 500
	most := 0.0
	power := make([]float64, len(s)-width)
	sum := 0.0
	for i, v := range s {
		sum += v * v
		if i >= width {
			sum -= s[i-width] * s[i-width]
			power[i-width] = sum
			most = max(most, sum)
		}
	}
	for i, p := range power {
		if p > most/4 {
			// A step at x fills half of a window, by energy, that begins at
			// x - width/2; a quarter of the energy is a quarter of the window.
			if begins == 0 {
				begins = time.Duration(i+width*3/4) * time.Second / Rate
			}
			ends = time.Duration(i+width/4) * time.Second / Rate
		}
	}
	return begins, ends
}

func TestUnsupportedSoundIsNamed(t *testing.T) {
	for _, c := range []struct {
		config []byte
		want   string
	}{
		{[]byte{0x2b, 0x92, 0x08, 0x00}, "HE-AAC"},
		{[]byte{0xeb, 0x8a, 0x08, 0x00}, "HE-AAC v2"},
		{[]byte{0x13, 0x90, 0x56, 0xe5, 0xa0}, "HE-AAC"}, // LC at 22.05 kHz, and SBR to 48 kHz behind
		{[]byte{0x11, 0xb0}, "AAC-LC with 5.1 channels"},
		{[]byte{0x12, 0x28}, "AAC-LC with 5 channels"},
		{[]byte{0x11, 0xb8}, "AAC-LC with 7.1 channels"},
		{[]byte{0x11, 0x80}, "AAC-LC with a channel layout of its own"},
		{[]byte{0x0a, 0x10}, "AAC Main"},
		{[]byte{0x1a, 0x10}, "AAC-SSR"},
		{[]byte{0x22, 0x10}, "AAC-LTP"},
		{[]byte{0x12, 0x14}, "AAC-LC with frames of 960 samples"},
		{[]byte{0xf9, 0x46, 0x40}, "xHE-AAC"},
		{[]byte{0xf8, 0xe6, 0x40}, "AAC-ELD"},
	} {
		_, err := NewTranscoder(Config{Codec: AAC, AudioSpecificConfig: c.config})
		var u *Unsupported
		if !errors.As(err, &u) || !errors.Is(err, ErrUnsupported) || u.What != c.want {
			t.Errorf("% x: %v, want %s", c.config, err, c.want)
		}
	}
	for _, config := range [][]byte{nil, {0x11}, {0x16, 0x90}} {
		if _, err := NewTranscoder(Config{Codec: AAC, AudioSpecificConfig: config}); err == nil || errors.Is(err, ErrUnsupported) {
			t.Errorf("% x: %v, want an error of the config", config, err)
		}
	}
}

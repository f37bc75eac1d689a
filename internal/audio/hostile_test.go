package audio

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

func TestBrokenFramesBecomeSilenceAndSoundComesBack(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	breaks := map[string]func(n int, data []byte) []byte{
		"empty":     func(int, []byte) []byte { return nil },
		"cut":       func(_ int, data []byte) []byte { return data[:len(data)/2] },
		"zeros":     func(_ int, data []byte) []byte { return make([]byte, len(data)) },
		"ones":      func(_ int, data []byte) []byte { return filled(len(data), 0xff) },
		"bits":      func(_ int, data []byte) []byte { return flipped(random, data, 8) },
		"noise":     func(_ int, data []byte) []byte { return noise(random, len(data)) },
		"oversized": func(_ int, data []byte) []byte { return append(append([]byte(nil), data...), make([]byte, 70000)...) },
		"twice":     func(_ int, data []byte) []byte { return append(append([]byte(nil), data...), data...) },
	}
	for _, codec := range []string{"aac", "mp3"} {
		config, messages := flv(t, codec, "128k", 44100, 2, sine(440, 0.5, 44100, 2, 6*44100))
		for name, damage := range breaks {
			t.Run(codec+" "+name, func(t *testing.T) {
				x, err := NewTranscoder(Config{Codec: map[string]Codec{"aac": AAC, "mp3": MP3}[codec], AudioSpecificConfig: config})
				if err != nil {
					t.Fatal(err)
				}
				defer x.Close()
				l := newListener(t, 2)
				for n, m := range messages {
					if n > 20 && n < 120 && n%5 == 0 {
						m.data = damage(n, append([]byte(nil), m.data...))
					}
					if err := x.Write(m.at, m.data, l.packet); err != nil {
						t.Fatal(err)
					}
				}
				if len(l.jumps) > 0 || x.Stats().Jumps > 0 {
					t.Errorf("positions jump by %d", l.jumps)
				}
				level := math.Sqrt2 * rms(l.channel(0, 4*time.Second, 5*time.Second))
				if level < 0.45 || level > 0.55 {
					t.Errorf("level is %.3f afterwards: %+v", level, x.Stats())
				}
			})
		}
	}
}

func filled(n int, v byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = v
	}
	return b
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func flipped(r *rand.Rand, b []byte, bits int) []byte {
	for range bits {
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
	}
	return b
}

// TestMP3WithoutItsPastIsSilent begins in the middle, where frames borrow from
// frames that nobody has.
func TestMP3WithoutItsPastIsSilent(t *testing.T) {
	for _, rate := range []int{44100, 22050, 11025} {
		file := encode(t, "mp3", map[int]string{44100: "128k", 22050: "64k", 11025: "32k"}[rate], rate, 1, music(rate, 1, 4*rate))
		var whole []int16
		all := mp3Frames(t, file)
		d := &mp3Decoder{}
		decode := func(d *mp3Decoder, f []byte) (out []int16) {
			if err := d.decode(f, func(s sound) { out = append(out, s.pcm...) }); err != nil {
				t.Fatal(err)
			}
			return out
		}
		var by [][]int16
		for _, f := range all {
			by = append(by, decode(d, f))
			whole = append(whole, by[len(by)-1]...)
		}
		loudest := 0
		for _, v := range whole {
			loudest = max(loudest, abs(v))
		}
		for from := 20; from < 40; from++ {
			d := &mp3Decoder{}
			for n, f := range all[from : from+12] {
				got := decode(d, f)
				same := signalToNoise(append(make([]int16, 8000), got...), append(make([]int16, 8000), by[from+n]...), 0)
				for _, v := range got {
					if abs(v) > loudest*5/4 {
						t.Fatalf("%d Hz, frame %d after %d: a sample of %d, the loudest of all is %d", rate, n, from, v, loudest)
					}
				}
				if n == 11 && same < 60 {
					t.Errorf("%d Hz, from frame %d: the twelfth differs, %.1f dB", rate, from, same)
				}
			}
		}
	}
}

func abs(v int16) int { return max(int(v), -int(v)) }

// TestHEAACThatOnlyItsFramesShow is what encoders send that announce AAC-LC
// and add SBR in each frame (ISO/IEC 14496-3 §4.5.2.8).
func TestHEAACThatOnlyItsFramesShow(t *testing.T) {
	x, err := NewTranscoder(Config{Codec: AAC, AudioSpecificConfig: []byte{0x13, 0x90}})
	if err != nil {
		t.Fatal(err)
	}
	frame := []byte{0xc3, 0xa1, 0xc0} // a fill element with SBR, and the end
	for n := range 10 {
		err = x.Write(time.Duration(n)*46*time.Millisecond, frame, func(uint64, []byte) {})
		if err != nil {
			break
		}
	}
	var u *Unsupported
	if !errors.As(err, &u) || u.What != "HE-AAC" {
		t.Errorf("got %v", err)
	}
}

func TestOtherLayersAreNamed(t *testing.T) {
	file := ffmpeg(t, octets(sine(440, 0.5, 44100, 2, 44100)), "-f", "s16le", "-ar", "44100", "-ac", "2", "-i", "-", "-c:a", "mp2", "-f", "mp2", "-")
	x, err := NewTranscoder(Config{Codec: MP3})
	if err != nil {
		t.Fatal(err)
	}
	err = x.Write(0, file[:3000], func(uint64, []byte) {})
	var u *Unsupported
	if !errors.As(err, &u) || u.What != "MPEG audio layer 2" {
		t.Errorf("got %v", err)
	}
}

// TestRateAndChannelsMayChange is what an MP3 source can do without a word.
func TestRateAndChannelsMayChange(t *testing.T) {
	x, err := NewTranscoder(Config{Codec: MP3})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	l := newListener(t, 2)
	start := time.Duration(0)
	for _, c := range []struct{ rate, channels int }{{44100, 2}, {48000, 2}, {22050, 1}, {44100, 1}, {11025, 2}} {
		_, messages := flv(t, "mp3", "64k", c.rate, c.channels, sine(440, 0.5, c.rate, c.channels, 2*c.rate))
		for _, m := range messages {
			if m.at < 1900*time.Millisecond {
				if err := x.Write(start+m.at, m.data, l.packet); err != nil {
					t.Fatal(err)
				}
			}
		}
		start += 1900 * time.Millisecond
		if _, rate, channels := x.Info(); rate != c.rate || channels != c.channels {
			t.Errorf("Info: %d Hz, %d channels, want %+v", rate, channels, c)
		}
		if level := math.Sqrt2 * rms(l.channel(0, start-time.Second, start-300*time.Millisecond)); level < 0.43 || level > 0.55 {
			t.Errorf("%+v: level %.3f", c, level)
		}
	}
	if len(l.jumps) > 0 || x.Stats().Offset.Abs() > 40*time.Millisecond {
		t.Errorf("positions jump by %d, %+v", l.jumps, x.Stats())
	}
}

func TestNothingRunsOnItsOwn(t *testing.T) {
	before := runtime.NumGoroutine()
	packets, _ := opusOf(t, 2, sine(440, 0.5, Rate, 2, Rate))
	p, err := NewPlayer(0)
	if err != nil {
		t.Fatal(err)
	}
	config := p.Config()
	x, err := NewTranscoder(Config{Codec: AAC, AudioSpecificConfig: config})
	if err != nil {
		t.Fatal(err)
	}
	for _, packet := range packets {
		if err := p.Write(packet.timestamp, packet.payload, func(position uint64, frame []byte) {
			at := time.Duration(position-1<<32) * time.Second / Rate
			if err := x.Write(at, frame, func(uint64, []byte) {}); err != nil {
				t.Fatal(err)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	x.Close()
	p.Close()
	x.Close()
	p.Close()
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines, %d before", now, before)
	}
}

// TestLibrarysPanicIsTheStreamsError stands for what nobody has found yet.
func TestLibrarysPanicIsTheStreamsError(t *testing.T) {
	err := contain(func() error { panic("index out of range") })
	if !errors.Is(err, errPanicked) {
		t.Errorf("got %v", err)
	}
}

func FuzzAACConfig(f *testing.F) {
	for _, seed := range [][]byte{{0x11, 0x90}, {0x12, 0x10}, {0x2b, 0x92, 0x08, 0}, {0xeb, 0x8a, 8, 0}, {0x13, 0x90, 0x56, 0xe5, 0xa0}, {0xf9, 0x46, 0x40}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, config []byte) {
		c, err := ParseAACConfig(config)
		if err != nil {
			return
		}
		if c.Rate <= 0 || c.Channels < 0 || c.Channels > 24 || c.Name() == "" {
			t.Errorf("%+v", c)
		}
		if c.Supported() != nil {
			return
		}
		x, err := NewTranscoder(Config{Codec: AAC, AudioSpecificConfig: config})
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		x.Close()
	})
}

// FuzzFrames writes what the octets say: two of time, one of length, and so
// many of a frame, again and again.
func FuzzFrames(f *testing.F) {
	f.Add(false, []byte{0, 0, 3, 0xc3, 0xa1, 0xc0, 0, 23, 1, 0xe0})
	f.Add(true, []byte("\x00\x00\x68\xff\xf3\x40\xc4\x00\x00\x00\x00"))
	f.Add(true, append([]byte{0, 0, 255, 0xff, 0xfb, 0x10, 0xc0, 0xff}, make([]byte, 200)...))
	for _, codec := range []string{"aac", "mp3"} {
		var script []byte
		_, messages := flv(f, codec, "64k", 22050, 1, music(22050, 1, 22050))
		for _, m := range messages[5:13] {
			n := min((len(m.data)+3)/4, 255)
			script = append(script, 0, 26, byte(n))
			script = append(script, append(m.data, 0, 0, 0)[:4*n]...)
		}
		f.Add(codec == "mp3", script)
	}
	f.Fuzz(func(t *testing.T, isMP3 bool, script []byte) {
		c := Config{Codec: AAC, AudioSpecificConfig: []byte{0x13, 0x88}}
		if isMP3 {
			c.Codec = MP3
		}
		x, err := NewTranscoder(c)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		at := time.Duration(0)
		for frames := 0; len(script) > 3 && frames < 16; frames++ {
			at += time.Duration(int16(uint16(script[0])<<8|uint16(script[1]))) * time.Millisecond
			n := min(int(script[2])*4, len(script)-3)
			err := x.Write(at, script[3:3+n], func(position uint64, opus []byte) {
				if len(opus) == 0 || position > 1<<40 {
					t.Errorf("a packet of %d octets at %d", len(opus), position)
				}
			})
			if err != nil && !errors.Is(err, ErrUnsupported) {
				t.Fatal(err)
			}
			script = script[3+n:]
		}
	})
}

// FuzzOpus is what a WebRTC publisher can send to an RTMP player.
func FuzzOpus(f *testing.F) {
	f.Add(uint32(0), []byte{0xfc, 0xff, 0xfe}, uint32(960), []byte{0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, first uint32, one []byte, second uint32, two []byte) {
		p, err := NewPlayer(0)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		frames := 0
		emit := func(_ uint64, frame []byte) {
			if frames++; len(frame) == 0 {
				t.Error("an empty frame")
			}
		}
		for _, w := range []opusPacket{{first, one}, {second, two}, {second + 960, one}, {first, two}} {
			if err := p.Write(w.timestamp, w.payload, emit); err != nil {
				t.Fatal(err)
			}
		}
		if frames > 4*(Rate+2*longestOpus)/aacFrame {
			t.Errorf("%d frames of four packets", frames)
		}
	})
}

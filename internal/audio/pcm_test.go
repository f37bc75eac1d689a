package audio

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/thesyncim/gopus/container/ogg"
)

// TestPacketsOfSamplesPlayInFFmpeg hands what comes out to a decoder that is
// not of the same library.
func TestPacketsOfSamplesPlayInFFmpeg(t *testing.T) {
	for _, rate := range []int{8000, 44100, 48000} {
		for _, channels := range []int{1, 2} {
			x, err := NewPCM(PCMConfig{Rate: rate, Channels: channels, Bitrate: 64000})
			if err != nil {
				t.Fatal(err)
			}
			pcm := sine(1000, 0.5, rate, channels, 3*rate)
			clear(pcm[:rate*channels])
			clear(pcm[rate*channels*3/2:])
			var file bytes.Buffer
			w, err := ogg.NewWriter(&file, Rate, uint8(channels))
			if err != nil {
				t.Fatal(err)
			}
			begin := 100 * time.Millisecond
			at := begin
			for len(pcm) > 0 {
				n := min(1000*channels, len(pcm))
				x.Write(at, octets(pcm[:n]), func(position uint64, opus []byte) {
					if got := position - uint64(ticks(begin)); got%opusFrame != 0 {
						t.Errorf("a packet at %d", position)
					}
					if err := w.WritePacket(opus, opusFrame); err != nil {
						t.Fatal(err)
					}
				})
				at += time.Duration(n/channels) * time.Second / time.Duration(rate)
				pcm = pcm[n:]
			}
			x.Close()
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			heard := int16s(ffmpeg(t, file.Bytes(), "-f", "ogg", "-i", "-", "-f", "s16le", "-ac", "1", "-ar", "48000", "-"))
			var s []float64
			for _, v := range heard {
				s = append(s, float64(v)/32768)
			}
			// The file says that 312 samples come before its beginning, which
			// the positions have taken out already.
			begins, ends := beep(s)
			late := 312 * time.Second / Rate
			t.Logf("%d Hz, %d channels: begins %+.2f ms, ends %+.2f ms off", rate, channels, ms(begins+late-time.Second), ms(ends+late-1500*time.Millisecond))
			if (begins+late-time.Second).Abs() > 5*time.Millisecond || (ends+late-1500*time.Millisecond).Abs() > 5*time.Millisecond {
				t.Errorf("%d Hz, %d channels: beep from %v to %v", rate, channels, begins, ends)
			}
			level, _ := tone(s[Rate*11/10:Rate*14/10], 1000)
			want := map[int]float64{1: 0.5, 2: 0.375}[channels] // ffmpeg mixes the two
			if math.Abs(20*math.Log10(level/want)) > 1 {
				t.Errorf("%d Hz, %d channels: level %.3f", rate, channels, level)
			}
		}
	}
}

func TestPCMRefusesWhatIsOutOfRange(t *testing.T) {
	for _, c := range []PCMConfig{{}, {Rate: 48000}, {Rate: 48000, Channels: 6}, {Rate: 1000, Channels: 1}, {Rate: 192000, Channels: 2}} {
		if _, err := NewPCM(c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}

func TestHalfASampleIsLeftOut(t *testing.T) {
	x, err := NewPCM(PCMConfig{Rate: 48000, Channels: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for n := range 8 {
		x.Write(0, make([]byte, n), func(uint64, []byte) { t.Error("a packet of nearly nothing") })
	}
}

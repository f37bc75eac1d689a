package audio

import (
	"encoding/binary"
	"math"
	"testing"
	"time"
)

// octets are samples as PCM takes them.
func octets(pcm []int16) []byte {
	b := make([]byte, 0, 2*len(pcm))
	for _, v := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// opusPacket is one of an RTP stream.
type opusPacket struct {
	timestamp uint32
	payload   []byte
}

// opusOf makes packets of samples at 48 kHz; the first timestamp wraps soon.
func opusOf(t testing.TB, channels int, pcm []int16) (packets []opusPacket, start uint32) {
	t.Helper()
	start = math.MaxUint32 - Rate/2
	p, err := NewPCM(PCMConfig{Rate: Rate, Channels: channels})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for at := time.Duration(0); len(pcm) > 0; at += 20 * time.Millisecond {
		n := min(opusFrame*channels, len(pcm))
		p.Write(at, octets(pcm[:n]), func(position uint64, opus []byte) {
			packets = append(packets, opusPacket{start + uint32(position), append([]byte(nil), opus...)})
		})
		pcm = pcm[n:]
	}
	return packets, start
}

// played is what a player hears of AAC frames: position 0 is start.
type played struct {
	t       testing.TB
	decoder *aacDecoder
	start   uint64
	heard   []int16
	last    uint64
	jumps   []int64
}

func (p *played) frame(position uint64, frame []byte) {
	if p.last == 0 {
		p.start = position + aacFrame
	} else if by := int64(position - p.last); by != aacFrame {
		p.jumps = append(p.jumps, by)
	}
	p.last = position
	if err := p.decoder.decode(frame, func(s sound) {
		if s.pcm == nil {
			p.t.Error("a frame is broken")
		}
		at := int(position-p.start) * playChannels
		if at < 0 {
			return // the encoder's silence
		}
		if need := at + len(s.pcm); need > len(p.heard) {
			p.heard = append(p.heard, make([]int16, need-len(p.heard))...)
		}
		copy(p.heard[at:], s.pcm)
	}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *played) channel(c int) []float64 {
	var s []float64
	for i := c; i < len(p.heard); i += playChannels {
		s = append(s, float64(p.heard[i])/32768)
	}
	return s
}

func newPlayed(t testing.TB, p *Player) *played {
	t.Helper()
	d, err := newAACDecoder(p.Config())
	if err != nil {
		t.Fatal(err)
	}
	return &played{t: t, decoder: d}
}

func TestPlayerKeepsABeepInItsPlace(t *testing.T) {
	for _, channels := range []int{1, 2} {
		pcm := sine(1000, 0.5, Rate, channels, 3*Rate)
		clear(pcm[:Rate*channels])
		clear(pcm[Rate*channels*3/2:])
		packets, start := opusOf(t, channels, pcm)
		p, err := NewPlayer(0)
		if err != nil {
			t.Fatal(err)
		}
		ears := newPlayed(t, p)
		for _, packet := range packets {
			if err := p.Write(packet.timestamp, packet.payload, ears.frame); err != nil {
				t.Fatal(err)
			}
		}
		p.Close()
		if uint32(ears.start) != start {
			t.Errorf("begins at %d, want %d", uint32(ears.start), start)
		}
		for c := range playChannels {
			begins, ends := beep(ears.channel(c)[:2*Rate])
			want := 0.5
			if c == 1 && channels == 2 {
				want = 0.25 // mono is on both alike
			}
			level, _ := tone(ears.channel(c)[Rate*11/10:Rate*14/10], 1000)
			t.Logf("%d channels: begins %+.2f ms, ends %+.2f ms off, level %+.2f dB", channels, ms(begins-time.Second), ms(ends-1500*time.Millisecond), 20*math.Log10(level/want))
			if (begins-time.Second).Abs() > 5*time.Millisecond || (ends-1500*time.Millisecond).Abs() > 5*time.Millisecond {
				t.Errorf("%d channels: beep from %v to %v", channels, begins, ends)
			}
			if math.Abs(20*math.Log10(level/want)) > 1 {
				t.Errorf("%d channels: level %.3f, want %.3f", channels, level, want)
			}
		}
		if len(ears.jumps) > 0 {
			t.Errorf("positions jump by %d", ears.jumps)
		}
	}
}

func TestPlayerLivesWithWhatANetworkDoes(t *testing.T) {
	packets, _ := opusOf(t, 2, sine(440, 0.5, Rate, 2, 8*Rate))
	for _, c := range []struct {
		name   string
		change func(packets []opusPacket) []opusPacket
		jumps  int
	}{
		{"one in twenty is lost", func(in []opusPacket) (out []opusPacket) {
			for i, p := range in {
				if i%20 != 7 {
					out = append(out, p)
				}
			}
			return out
		}, 0},
		{"half a second is lost", func(in []opusPacket) []opusPacket {
			return append(append([]opusPacket(nil), in[:100]...), in[125:]...)
		}, 0},
		{"three seconds are lost", func(in []opusPacket) []opusPacket {
			return append(append([]opusPacket(nil), in[:100]...), in[250:]...)
		}, 1},
		{"late and twice", func(in []opusPacket) (out []opusPacket) {
			for i, p := range in {
				out = append(out, p)
				if i > 10 && i%9 == 0 {
					out = append(out, in[i-1], in[i-7], p)
				}
			}
			return out
		}, 0},
		{"some are garbage", func(in []opusPacket) (out []opusPacket) {
			for i, p := range in {
				switch i % 30 {
				case 5:
					p.payload = nil
				case 12:
					p.payload = []byte{0xff, 0xff, 0xff}
				}
				out = append(out, p)
			}
			return out
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := NewPlayer(0)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			ears := newPlayed(t, p)
			for _, packet := range c.change(packets) {
				if err := p.Write(packet.timestamp, packet.payload, ears.frame); err != nil {
					t.Fatal(err)
				}
			}
			if len(ears.jumps) != c.jumps {
				t.Errorf("positions jump by %d, want %d of them", ears.jumps, c.jumps)
			}
			heard := ears.channel(0)
			if got := len(heard); got < 79*Rate/10 || got > 8*Rate {
				t.Errorf("%d samples", got)
			}
			level, _ := tone(heard[7*Rate:len(heard)-Rate/10], 440)
			if math.Abs(20*math.Log10(level/0.5)) > 1 {
				t.Errorf("the end has a level of %.3f", level)
			}
		})
	}
}

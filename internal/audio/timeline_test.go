package audio

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// clock is a source's: what it stamps the frame at a true time with.
type clock struct {
	name  string
	rate  int
	frame int
	ppm   float64 // by which a second of samples takes longer than one
	stamp func(truth time.Duration, n int) time.Duration
}

func rounded(truth time.Duration, _ int) time.Duration { return truth.Round(time.Millisecond) }
func cut(truth time.Duration, _ int) time.Duration     { return truth.Truncate(time.Millisecond) }

// bursts stamps four frames alike: an encoder that reads its microphone's
// buffer now and then, and stamps by arrival.
func bursts(truth time.Duration, n int) time.Duration {
	return rounded(truth-time.Duration(n%4)*23220*time.Microsecond, n)
}

// uneven stamps up to 15 ms early or late.
func uneven() func(time.Duration, int) time.Duration {
	random := rand.New(rand.NewPCG(3, 4))
	return func(truth time.Duration, n int) time.Duration {
		return rounded(truth+time.Duration((random.Float64()-0.5)*30e6), n)
	}
}

func clocks() []clock {
	return []clock{
		{"44.1 kHz", 44100, 1024, 0, rounded},
		{"48 kHz, 100 ppm slow, cut", 48000, 1024, 100, cut},
		{"48 kHz, 100 ppm fast", 48000, 1024, -100, rounded},
		{"44.1 kHz, 1000 ppm slow", 44100, 1024, 1000, rounded},
		{"44.1 kHz, 1000 ppm fast, cut", 44100, 1152, -1000, cut},
		{"8 kHz, 1000 ppm fast", 8000, 1024, -1000, rounded},
		{"bursts", 44100, 1024, 100, bursts},
		{"uneven", 44100, 1024, -300, uneven()},
	}
}

// TestSkewAfterAnHour counts samples without computing any.
func TestSkewAfterAnHour(t *testing.T) {
	for _, c := range clocks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const start = 49*24*time.Hour + 7*time.Millisecond // beyond what 32 bits of ms can say
			x := newTimeline(c.rate, 0, 312)
			x.sound = func(uint64, []float32) {}
			x.jump = func() { t.Error("jump") }
			var most, last float64
			for n := 0; ; n++ {
				samples := float64(n * c.frame)
				truth := time.Duration(samples / float64(c.rate) * (1 + c.ppm/1e6) * 1e9)
				if truth > time.Hour {
					break
				}
				if n > 0 {
					heard := (float64(x.next) + x.resampler.ahead()) / Rate
					skew := heard - (start + truth).Seconds()
					most, last = max(most, math.Abs(skew)), skew
				}
				x.write(start+c.stamp(truth, n), c.frame, []int16{})
			}
			t.Logf("skew: at most %.2f ms, at last %+.2f ms; clock known to %+.1f ppm; %+v",
				1000*most, 1000*last, 1e6*(x.drift.rate-c.ppm/1e6), x.stats)
			limit := 0.040
			if c.name == "bursts" {
				limit = 0.100 // its timestamps themselves are 70 ms early
			}
			if most > limit {
				t.Errorf("skew reaches %.1f ms", 1000*most)
			}
		})
	}
}

// TestSineStaysWhole looks for clicks while the ratio follows a clock.
func TestSineStaysWhole(t *testing.T) {
	for _, c := range clocks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const hz, amplitude = 440, 16000
			x := newTimeline(c.rate, 1, 312)
			var heard []float64
			x.sound = func(_ uint64, samples []float32) {
				for _, v := range samples {
					heard = append(heard, float64(v))
				}
			}
			x.jump = func() { t.Error("jump") }
			pcm := make([]int16, c.frame)
			for n := range 20 * c.rate / c.frame {
				for i := range pcm {
					at := float64(n*c.frame+i) / float64(c.rate)
					pcm[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*at)))
				}
				truth := time.Duration(float64(n*c.frame) / float64(c.rate) * (1 + c.ppm/1e6) * 1e9)
				x.write(time.Second+c.stamp(truth, n), c.frame, pcm)
			}
			heard = heard[Rate/10:]
			if c.name == "bursts" {
				heard = heard[2*Rate:] // cut until it is known for what it is
			}
			// A sine is the one signal of which the next sample follows
			// from two: what does not is a click.
			worst := 0.0
			follow := 2 * math.Cos(2*math.Pi*hz/Rate)
			for i := 2; i < len(heard); i++ {
				worst = max(worst, math.Abs(heard[i]-follow*heard[i-1]+heard[i-2]))
			}
			// The pitch, from the phase's growth in 100 ms.
			var bend float64
			const window = Rate / 10
			_, before := tone(heard[:window], hz)
			for i := window; i+window <= len(heard); i += window {
				_, phase := tone(heard[i:i+window], hz)
				bend = max(bend, math.Abs(math.Remainder(phase-before, 2*math.Pi)/(2*math.Pi*hz*0.1)))
				before = phase
			}
			t.Logf("what does not follow: %.2f of %d; pitch bent by %.0f ppm at most; %+v", worst, amplitude, 1e6*bend, x.stats)
			if worst > 4 { // a step of one of the input's 16 bit values gives 2
				t.Errorf("a click of %.1f", worst)
			}
			if bend > maxStretch {
				t.Errorf("pitch is bent by %.0f ppm", 1e6*bend)
			}
		})
	}
}

// frames writes n frames of 1024 samples at 48 kHz, from a time on.
func frames(x *timeline, at time.Duration, n int) time.Duration {
	for range n {
		x.write(at.Round(time.Millisecond), 1024, make([]int16, 1024))
		at += 1024 * time.Second / Rate
	}
	return at
}

func TestHolesOverlapsAndJumps(t *testing.T) {
	const frame = 1024 * time.Second / Rate
	for _, c := range []struct {
		name    string
		step    time.Duration // between the first 50 frames and the next 50
		filled  time.Duration
		dropped time.Duration
		jumps   uint64
		samples int // between the timestamps of first and last, less where none are
	}{
		{"nothing", 0, 0, 0, 0, 100 * 1024},
		{"a frame is lost", frame, 0, 0, 0, 101 * 1024},
		{"three frames are lost", 3 * frame, 3 * frame, 0, 0, 103 * 1024},
		{"half a second is lost", 500 * time.Millisecond, 500 * time.Millisecond, 0, 0, 100*1024 + Rate/2},
		{"a second is lost, nearly", 990 * time.Millisecond, 990 * time.Millisecond, 0, 0, 100*1024 + Rate*99/100},
		{"five seconds are lost", 5 * time.Second, 0, 0, 1, 100 * 1024},
		{"a minute is lost", time.Minute, 0, 3 * frame, 1, 97 * 1024},
		{"three frames come twice", -3 * frame, 0, 3 * frame, 0, 97 * 1024},
		{"half a second comes twice", -500 * time.Millisecond, 0, 500 * time.Millisecond, 0, 100*1024 - Rate/2},
		{"back to the beginning", -50 * frame, 0, 3 * frame, 1, 97 * 1024},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newTimeline(Rate, 1, 0)
			count, jumps := 0, 0
			var positions []uint64 // where it went on
			next := uint64(0)
			x.sound = func(p uint64, samples []float32) {
				if p != next {
					positions = append(positions, p)
				}
				next = p + uint64(len(samples))
				count += len(samples)
			}
			x.jump = func() { jumps++ }
			at := frames(x, time.Second, 50)
			frames(x, at+c.step, 50)
			near := func(a, b time.Duration) bool { return (a - b).Abs() < 3*time.Millisecond }
			if !near(x.stats.Filled, c.filled) || !near(x.stats.Dropped, c.dropped) || x.stats.Jumps != c.jumps || jumps != int(c.jumps) {
				t.Errorf("%+v, want filled %v, dropped %v, jumps %d", x.stats, c.filled, c.dropped, c.jumps)
			}
			// A lost frame alone is made good little by little.
			if slack := 1100 + 400*int(c.jumps); count < c.samples-slack || count > c.samples+slack {
				t.Errorf("%d samples, want %d", count, c.samples)
			}
			if c.jumps > 0 {
				went := at + c.step
				if c.dropped > 0 {
					went += c.dropped
				}
				if len(positions) != 2 || math.Abs(float64(positions[1])-ticks(went)) > 100 {
					t.Errorf("went on at %d, want %.0f", positions, ticks(went))
				}
			}
			skew := float64(x.next) + x.resampler.ahead() - ticks(at+c.step+50*frame)
			if math.Abs(skew)/Rate > 0.025 {
				t.Errorf("skew is %.1f ms", 1000*skew/Rate)
			}
		})
	}
}

func TestOneWildTimestampCostsItsFrame(t *testing.T) {
	for _, wild := range []time.Duration{0, 24 * time.Hour, 1193 * time.Hour} {
		x := newTimeline(Rate, 1, 0)
		x.sound, x.jump = func(uint64, []float32) {}, func() {}
		at := frames(x, time.Hour, 50)
		x.write(wild, 1024, make([]int16, 1024))
		at = frames(x, at+1024*time.Second/Rate, 50)
		if x.stats.Jumps != 0 || math.Abs(float64(x.next)-ticks(at)) > Rate*0.025 {
			t.Errorf("%v: %+v, at %d, want %.0f", wild, x.stats, x.next, ticks(at))
		}
	}
}

func TestEveryRateIsResampledCleanly(t *testing.T) {
	for _, rate := range []int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000} {
		for _, share := range []float64{0.02, 0.2, 0.4} { // of the rate: 0.5 is the end
			if rate > Rate {
				share *= 0.75 // the filter's slope is twice as wide
			}
			hz := share * float64(min(rate, Rate))
			t.Run(fmt.Sprintf("%d Hz, a tone of %.0f Hz", rate, hz), func(t *testing.T) {
				r := newResampler(rate, 2)
				const amplitude = 30000
				pcm := make([]int16, 0, rate)
				for i := range rate / 4 {
					v := amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
					pcm = append(pcm, int16(math.Round(v)), int16(math.Round(v)))
				}
				r.push(rate/4, pcm)
				var signal, noise float64
				for k, v := range r.read(r.ready()) {
					if k /= 2; k < Rate/20 || k > Rate/5 {
						continue
					}
					want := amplitude * math.Sin(2*math.Pi*hz*float64(k)/Rate)
					signal += want * want
					noise += (float64(v) - want) * (float64(v) - want)
				}
				db := 10 * math.Log10(signal/noise)
				t.Logf("%.1f dB", db)
				if want := map[bool]float64{true: 85, false: 60}[share < 0.3]; db < want {
					t.Errorf("%.1f dB, want %.0f", db, want)
				}
			})
		}
	}
}

package audio

import "math"

// The filter: 64 taps around each output sample, at 256 places between two
// input samples and straight lines between those.
const (
	taps   = 64
	before = taps/2 - 1 // taps before the sample at or left of the centre
	phases = 256

	// kaiser is the window's shape: side lobes near -90 dB.
	kaiser = 9.0
	// passband is the middle of the filter's slope, as a share of the lower
	// of the two rates: 20.9 kHz of 44.1 kHz.
	passband = 0.475
)

// resampler turns sound of any rate into 48 kHz, at a ratio that may change
// from sample to sample without a click. It has no delay: output samples are
// where their input samples are, and wait for half the filter's length of
// input only.
//
// With zero channels it computes no sample and counts all the same.
type resampler struct {
	table []float32   // a row of taps for each phase, and one more
	input [][]float32 // by channel: what outputs still need
	have  int         // samples in input
	at    float64     // of the next output, as an index of input
	base  float64     // input samples for an output sample when clocks agree
	step  float64     // the same with drift
	out   []float32
}

func newResampler(rate, channels int) *resampler {
	r := &resampler{
		table: filter(passband * min(1, float64(Rate)/float64(rate))),
		input: make([][]float32, channels),
		base:  float64(rate) / Rate,
	}
	r.restart(0)
	return r
}

// restart forgets all input. The first output will be skip output samples
// after the next input sample.
func (r *resampler) restart(skip float64) {
	for c := range r.input {
		r.input[c] = append(r.input[c][:0], make([]float32, before)...)
	}
	r.have = before
	r.step = r.base
	r.at = before + skip*r.base
}

// stretch makes the sound last longer by the share e, which may be negative.
func (r *resampler) stretch(e float64) { r.step = r.base * (1 - e) }

// ahead is how many outputs lie between the next one and the input to come.
func (r *resampler) ahead() float64 { return (float64(r.have) - r.at) / r.step }

// push takes interleaved samples: n of each channel. pcm is nil for silence.
func (r *resampler) push(n int, pcm []int16) {
	r.trim()
	for c := range r.input {
		if pcm == nil {
			r.input[c] = append(r.input[c], make([]float32, n)...)
			continue
		}
		for i := range n {
			r.input[c] = append(r.input[c], float32(pcm[i*len(r.input)+c]))
		}
	}
	r.have += n
}

// echo takes n samples that are the last ones backwards, getting quieter: what
// is put over a hole's edge instead of a click.
func (r *resampler) echo(n int) {
	r.trim()
	for c, in := range r.input {
		for i := range n {
			var v float32
			if j := r.have - 1 - i; j >= 0 {
				v = in[j] * (1 - float32(i+1)/float32(n+1))
			}
			in = append(in, v)
		}
		r.input[c] = in
	}
	r.have += n
}

// blend pushes samples of which the first fade ones come up while the echo of
// the last ones goes.
func (r *resampler) blend(n int, pcm []int16, fade int) {
	fade = min(fade, n)
	r.echo(fade)
	for c, in := range r.input {
		added := in[len(in)-fade:]
		for i := range added {
			added[i] += float32(pcm[i*len(r.input)+c]) * float32(i+1) / float32(fade+1)
		}
	}
	r.push(n-fade, pcm[fade*len(r.input):])
}

// ready is how many outputs there is enough input for.
func (r *resampler) ready() int {
	last := r.have - (taps - before) // the highest index that has its taps
	n := int(math.Ceil((float64(last+1) - r.at) / r.step))
	for n > 0 && int(r.at+float64(n-1)*r.step) > last {
		n-- // what rounding may have added
	}
	return max(n, 0)
}

// read gives the next n outputs, interleaved, of at most ready. The slice is
// valid until the next call.
func (r *resampler) read(n int) []float32 {
	r.out = grow(r.out, n*len(r.input))
	for k := range len(r.out) / max(len(r.input), 1) {
		at := r.at + float64(k)*r.step
		i := int(at)
		place := (at - float64(i)) * phases
		p := int(place)
		f := float32(place - float64(p))
		left, right := r.table[p*taps:(p+1)*taps], r.table[(p+1)*taps:(p+2)*taps]
		switch len(r.input) {
		case 1:
			r.out[k] = mono(left, right, f, r.input[0][i-before:])
		case 2:
			r.out[2*k], r.out[2*k+1] = stereo(left, right, f, r.input[0][i-before:], r.input[1][i-before:])
		}
	}
	r.at += float64(n) * r.step
	return r.out
}

// trim forgets what no output will need.
func (r *resampler) trim() {
	done := int(r.at) - before
	if done < 1024 {
		return
	}
	done = min(done, r.have)
	for c, in := range r.input {
		r.input[c] = append(in[:0], in[done:]...)
	}
	r.have -= done
	r.at -= float64(done)
}

func mono(left, right []float32, f float32, in []float32) float32 {
	left, right, in = left[:taps], right[:taps], in[:taps]
	var a, b, c, d float32 // four sums, so that additions need not wait for one another
	for i := 0; i < taps; i += 4 {
		a += (left[i] + f*(right[i]-left[i])) * in[i]
		b += (left[i+1] + f*(right[i+1]-left[i+1])) * in[i+1]
		c += (left[i+2] + f*(right[i+2]-left[i+2])) * in[i+2]
		d += (left[i+3] + f*(right[i+3]-left[i+3])) * in[i+3]
	}
	return a + b + (c + d)
}

func stereo(left, right []float32, f float32, in0, in1 []float32) (float32, float32) {
	left, right, in0, in1 = left[:taps], right[:taps], in0[:taps], in1[:taps]
	var a, b, c, d float32
	for i := 0; i < taps; i += 2 {
		h := left[i] + f*(right[i]-left[i])
		a += h * in0[i]
		c += h * in1[i]
		h = left[i+1] + f*(right[i+1]-left[i+1])
		b += h * in0[i+1]
		d += h * in1[i+1]
	}
	return a + b, c + d
}

// filter is a low-pass filter at cutoff, as a share of the input's rate: a row
// of taps for each place between two input samples. Each row has the sum 1.
func filter(cutoff float64) []float32 {
	table := make([]float32, 0, (phases+1)*taps)
	var row [taps]float64
	for p := range phases + 1 {
		sum := 0.0
		for i := range row {
			x := float64(i-before) - float64(p)/phases
			row[i] = sinc(2*cutoff*x) * window(x/(taps/2))
			sum += row[i]
		}
		for _, v := range row {
			table = append(table, float32(v/sum))
		}
	}
	return table
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// window is Kaiser's, between -1 and 1.
func window(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(kaiser*math.Sqrt(1-x*x)) / bessel(kaiser)
}

// bessel is the modified Bessel function I0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x / (2 * k) * (x / (2 * k))
		sum += term
	}
	return sum
}

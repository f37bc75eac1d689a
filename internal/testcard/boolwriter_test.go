package testcard

import (
	"math/rand/v2"
	"testing"
)

// boolReader is the decoder of RFC 6386 §7.3, a bit at a time.
type boolReader struct {
	in          []byte
	value, size uint32
	at          int // bits taken from in
}

func newBoolReader(in []byte) *boolReader {
	r := &boolReader{in: in, size: 255}
	for range 8 {
		r.take()
	}
	return r
}

func (r *boolReader) take() {
	r.value <<= 1
	if at := r.at / 8; at < len(r.in) {
		r.value |= uint32(r.in[at]>>(7-r.at%8)) & 1
	}
	r.at++
}

func (r *boolReader) read(probability uint8) bool {
	split := 1 + (r.size-1)*uint32(probability)>>8
	bit := r.value >= split
	if bit {
		r.value -= split
		r.size -= split
	} else {
		r.size = split
	}
	for ; r.size < 128; r.size <<= 1 {
		r.take()
	}
	return bit
}

func TestBitsAreReadBackAsWritten(t *testing.T) {
	for _, c := range []struct {
		name        string
		probability func(r *rand.Rand) uint8
		odds        int // of 256, of a false bit
	}{
		{"as likely as said", func(*rand.Rand) uint8 { return 200 }, 200},
		{"least likely", func(*rand.Rand) uint8 { return 255 }, 0}, // carries run far
		{"most likely", func(*rand.Rand) uint8 { return 255 }, 256},
		{"false though that is rare", func(*rand.Rand) uint8 { return 1 }, 256},
		{"anything", func(r *rand.Rand) uint8 { return uint8(1 + r.IntN(255)) }, 128},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(50) {
				random := rand.New(rand.NewPCG(seed, 0))
				var bits []bool
				var probabilities []uint8
				w := &boolWriter{}
				w.reset()
				for range random.IntN(3000) {
					bits = append(bits, random.IntN(256) >= c.odds)
					probabilities = append(probabilities, c.probability(random))
					w.write(bits[len(bits)-1], probabilities[len(bits)-1])
				}
				r := newBoolReader(w.bytes())
				for i, want := range bits {
					if got := r.read(probabilities[i]); got != want {
						t.Fatalf("seed %d: bit %d of %d is %v, want %v", seed, i, len(bits), got, want)
					}
				}
			}
		})
	}
}

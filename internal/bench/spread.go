package bench

import (
	"encoding/json"
	"math"
	"slices"
	"time"
)

// Spread is how durations are spread: the least that a part of them does not
// exceed. All are 0 when Samples is.
type Spread struct {
	Samples       int
	P50, P95, P99 time.Duration
	Max           time.Duration
}

// MarshalJSON writes milliseconds.
func (s Spread) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Samples int     `json:"samples"`
		P50     float64 `json:"p50_ms"`
		P95     float64 `json:"p95_ms"`
		P99     float64 `json:"p99_ms"`
		Max     float64 `json:"max_ms"`
	}{s.Samples, milliseconds(s.P50), milliseconds(s.P95), milliseconds(s.P99), milliseconds(s.Max)})
}

func milliseconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e6) / 1e3 }

// spreadOf sorts the samples.
func spreadOf(samples []time.Duration) Spread {
	if len(samples) == 0 {
		return Spread{}
	}
	slices.Sort(samples)
	at := func(part float64) time.Duration {
		return samples[max(0, int(math.Ceil(part*float64(len(samples))))-1)]
	}
	return Spread{Samples: len(samples), P50: at(.5), P95: at(.95), P99: at(.99), Max: samples[len(samples)-1]}
}

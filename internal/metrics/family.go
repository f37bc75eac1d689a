package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"lectern/internal/histogram"
)

// family is one metric with all values of its labels.
type family struct {
	name   string
	kind   kind
	help   string
	labels []string
	read   func(s *scrape, give give)
	// waits is read's counterpart for a histogram, by the one label.
	waits func(s *scrape) map[string]histogram.Snapshot
}

// give gives a value out, with those of the labels.
type give func(value float64, labels ...string)

// kind is a type of Prometheus.
type kind string

const (
	counter kind = "counter"
	gauge   kind = "gauge"
	waits   kind = "histogram"
)

func (f family) desc() *prometheus.Desc {
	return prometheus.NewDesc(f.name, f.help, f.labels, nil)
}

func (f family) collect(s *scrape, out chan<- prometheus.Metric) {
	desc := f.desc()
	if f.kind == waits {
		for label, h := range f.waits(s) {
			out <- distribution(desc, h, label)
		}
		return
	}
	typ := prometheus.GaugeValue
	if f.kind == counter {
		typ = prometheus.CounterValue
	}
	f.read(s, func(value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, typ, value, labels...)
	})
}

// distribution is a histogram as Prometheus has it: each bucket has those below
// it as well.
func distribution(desc *prometheus.Desc, h histogram.Snapshot, label string) prometheus.Metric {
	buckets, below := map[float64]uint64{}, uint64(0)
	for i, bound := range h.Bounds {
		below += h.Counts[i]
		buckets[bound.Seconds()] = below
	}
	return prometheus.MustNewConstHistogram(desc, h.Count(), h.Sum.Seconds(), buckets, label)
}

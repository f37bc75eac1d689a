// Package metrics shows what the server counts to Prometheus.
//
// Nothing is counted here: each part counts for itself, and is asked when
// somebody scrapes.
//
// Invariant: the number of time series does not depend on what clients do. No
// label has the name of a stream, of a person or of an address; each label has
// few values, which are there from the beginning, so that a rate can be taken of
// the first event already.
package metrics

import (
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lectern/bridge/rtmp"
	"lectern/internal/hook"
	"lectern/internal/kafka"
	"lectern/internal/limit"
	"lectern/internal/store"
	"lectern/internal/trace"
	"lectern/internal/webhook"
	"lectern/sfu"
	"lectern/sfu/peer"
	"lectern/signaling"
)

// Sources are the parts of the server, each asked once a scrape. All are
// required.
type Sources struct {
	Version string
	Media   func() sfu.Totals
	HTTP    func() signaling.Stats
	Peers   func() peer.Stats
	RTMP    func() rtmp.Stats
	Hooks   func() []hook.CallStats
	Traces  func() trace.Stats
	// Rooms are the classes that there are, and the people in them.
	Rooms func() (classes, people int)
	// Webhooks are told what happens, and so is Kafka, by what is in the topic:
	// "events" and "raw".
	Webhooks func() webhook.Stats
	Kafka    func() map[string]kafka.Stats
	// Store and Audit write to the disk.
	Store func() store.Stats
	Audit func() (dropped uint64)
}

// scraping is how many may scrape at once: Prometheus, a second one, and a
// person who looks.
const scraping = 4

// Handler answers with the metrics, in the format that is asked for.
func Handler(s Sources) http.Handler {
	return promhttp.HandlerFor(registry(s), promhttp.HandlerOpts{MaxRequestsInFlight: scraping})
}

// registry has our metrics, and those of the process and of Go's runtime.
func registry(s Sources) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collector{s},
	)
	return r
}

// collector is the Prometheus side of the families.
type collector struct{ sources Sources }

// Describe implements prometheus.Collector.
func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, f := range families {
		out <- f.desc()
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	now := c.sources.scrape()
	for _, f := range families {
		f.collect(now, out)
	}
}

// scrape is what the parts say at one moment.
type scrape struct {
	version        string
	media          sfu.Totals
	http           signaling.Stats
	peers          peer.Stats
	rtmp           rtmp.Stats
	hooks          []hook.CallStats
	webhooks       webhook.Stats
	kafka          map[string]kafka.Stats
	store          store.Stats
	auditDropped   uint64
	traces         trace.Stats
	rooms, inRooms int
	goVersion      string
}

func (s Sources) scrape() *scrape {
	now := &scrape{
		version: s.Version, goVersion: runtime.Version(),
		media: s.Media(), http: s.HTTP(), peers: s.Peers(), rtmp: s.RTMP(), hooks: s.Hooks(), traces: s.Traces(),
		webhooks: s.Webhooks(), kafka: s.Kafka(), store: s.Store(), auditDropped: s.Audit(),
	}
	now.rooms, now.inRooms = s.Rooms()
	return now
}

// Limits are how often each limit was met, in all parts.
func Limits(s Sources) limit.Counts { return s.scrape().limits() }

// limits sums up who has met which.
func (s *scrape) limits() limit.Counts {
	sum := s.http.Limits
	for n := range sum {
		sum[n] += s.peers.Limits[n] + s.rtmp.Limits[n]
	}
	for _, out := range s.media.Out {
		sum[limit.Resends] += out.Dropped[sfu.DropResendLimit]
	}
	for _, h := range s.hooks {
		sum[limit.HookQueue] += h.Dropped
	}
	sum[limit.HookQueue] += s.webhooks.Dropped
	return sum
}

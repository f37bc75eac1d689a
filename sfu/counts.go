package sfu

import (
	"maps"
	"sync"

	"lectern/internal/histogram"
)

// Counts sum up what Routers have done, from the beginning on: what has ended
// stays in the sums. One may be given to several Routers.
type Counts struct {
	// mu is taken before any router's.
	mu      sync.Mutex
	routers map[*Router]struct{}
	past    totals // of routers that are closed

	waits struct {
		sync.Mutex
		byProtocol map[string]*histogram.Histogram
	}
}

// NewCounts returns Counts for Options.Counts.
func NewCounts() *Counts {
	c := &Counts{routers: map[*Router]struct{}{}, past: newTotals()}
	c.waits.byProtocol = map[string]*histogram.Histogram{}
	return c
}

// Flow is media of one kind that come in, or go out, by one protocol: the one of
// PublishOptions, or of JoinOptions.
type Flow struct {
	Protocol string
	Kind     Kind
}

// Received is what publishers have sent.
type Received struct {
	Packets uint64
	Bytes   uint64 // of their payloads
	// Missing are gaps in the numbers; Recovered is what came late into one: by
	// another way, or because it was sent again.
	Missing, Recovered uint64
	KeyFrameRequests   uint64 // to publishers that can be asked
}

// Sent is what was sent to viewers.
type Sent struct {
	Packets          uint64 // without those sent again
	Bytes            uint64 // of their payloads
	Resent           uint64 // packets sent again
	ResentBytes      uint64 // of their payloads
	Nacked           uint64 // packets that viewers have asked for again
	KeyFrameRequests uint64 // by viewers
	Dropped          [dropReasons]uint64
}

// Totals are Counts at one moment. What counts from the beginning never becomes
// less.
type Totals struct {
	Live, Waiting       int            // sources, at the moment, but for those of inner Routers
	Publishers, Viewers map[string]int // at the moment, by protocol
	In                  map[Flow]Received
	Out                 map[Flow]Sent
	// FirstPicture is how long viewers have waited for the first packet of the
	// picture, by protocol. Who came before the publisher is not in it.
	FirstPicture map[string]histogram.Snapshot
	Panics       uint64 // of sinks
}

// totals are the sums that last.
type totals struct {
	in     map[Flow]Received
	out    map[Flow]Sent
	panics uint64
}

func newTotals() totals { return totals{in: map[Flow]Received{}, out: map[Flow]Sent{}} }

// Totals returns the present sums of all Routers.
func (c *Counts) Totals() Totals {
	t := Totals{Publishers: map[string]int{}, Viewers: map[string]int{}, FirstPicture: map[string]histogram.Snapshot{}}
	c.mu.Lock()
	sum := c.past.clone()
	for r := range c.routers {
		r.count(&t, &sum)
	}
	c.mu.Unlock()
	t.In, t.Out, t.Panics = sum.in, sum.out, sum.panics
	c.waits.Lock()
	defer c.waits.Unlock()
	for protocol, h := range c.waits.byProtocol {
		t.FirstPicture[protocol] = h.Snapshot()
	}
	return t
}

func (c *Counts) add(r *Router) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.routers[r] = struct{}{}
}

// retire keeps the sums of a router in which nothing happens any more, and
// forgets it.
func (c *Counts) retire(r *Router) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.routers[r]; ok {
		delete(c.routers, r)
		r.count(&Totals{Publishers: map[string]int{}, Viewers: map[string]int{}}, &c.past)
	}
}

// firstPicture is where the waits of a protocol's viewers are counted.
func (c *Counts) firstPicture(protocol string) *histogram.Histogram {
	c.waits.Lock()
	defer c.waits.Unlock()
	h := c.waits.byProtocol[protocol]
	if h == nil {
		h = histogram.New(histogram.Waits()...)
		c.waits.byProtocol[protocol] = h
	}
	return h
}

// count adds what the router has done.
func (r *Router) count(t *Totals, sum *totals) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sources {
		switch {
		case r.options.Inner:
		case s.live.Load() != nil:
			t.Live++
		default:
			t.Waiting++
		}
		for _, p := range s.publications {
			t.Publishers[p.options.Protocol]++
			sum.publication(p)
		}
		for v := range s.viewers {
			t.Viewers[v.options.Protocol]++
			sum.viewer(v)
		}
	}
	for v := range r.leaving {
		sum.viewer(v)
	}
	sum.add(r.past)
	sum.panics += r.panics.Load()
}

func (t totals) clone() totals {
	return totals{in: maps.Clone(t.in), out: maps.Clone(t.out), panics: t.panics}
}

func (t *totals) add(other totals) {
	for f, more := range other.in {
		t.received(f, more)
	}
	for f, more := range other.out {
		t.sent(f, more)
	}
	t.panics += other.panics
}

// publication adds one, of which the caller holds the router's lock.
func (t *totals) publication(p *Publication) {
	for _, track := range p.Tracks() {
		t.received(Flow{p.options.Protocol, track.Kind}, track.received())
	}
}

// viewer adds one, of which the caller holds the router's lock.
func (t *totals) viewer(v *Viewer) {
	for _, s := range v.subscriptions {
		if s != nil {
			t.sent(Flow{v.options.Protocol, s.kind}, s.sent())
		}
	}
}

func (t *totals) received(f Flow, more Received) {
	sum := t.in[f]
	sum.Packets += more.Packets
	sum.Bytes += more.Bytes
	sum.Missing += more.Missing
	sum.Recovered += more.Recovered
	sum.KeyFrameRequests += more.KeyFrameRequests
	t.in[f] = sum
}

func (t *totals) sent(f Flow, more Sent) {
	sum := t.out[f]
	sum.Packets += more.Packets
	sum.Bytes += more.Bytes
	sum.Resent += more.Resent
	sum.ResentBytes += more.ResentBytes
	sum.Nacked += more.Nacked
	sum.KeyFrameRequests += more.KeyFrameRequests
	for reason, n := range more.Dropped {
		sum.Dropped[reason] += n
	}
	t.out[f] = sum
}

func (t *Track) received() Received {
	return Received{
		Packets: t.stats.packets.Load(), Bytes: t.stats.bytes.Load(),
		Missing: t.stats.missing.Load(), Recovered: t.stats.recovered.Load(),
		KeyFrameRequests: t.stats.keyFrameRequests.Load(),
	}
}

func (s *Subscription) sent() Sent {
	sent := Sent{
		Packets: s.packets.Load(), Bytes: s.bytes.Load(), Resent: s.resent.Load(), ResentBytes: s.resentBytes.Load(),
		Nacked: s.nacked.Load(), KeyFrameRequests: s.keyFrameRequests.Load(), Dropped: s.drops(),
	}
	return sent
}

// drops are those of the subscription, and of a Queue that it writes to.
func (s *Subscription) drops() (drops [dropReasons]uint64) {
	for reason := range s.dropped {
		drops[reason] = s.dropped[reason].Load()
	}
	if q, ok := s.sink.(*Queue); ok {
		drops[DropQueue] = q.Dropped()
	}
	return drops
}

package peer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// pipe is a network of a width with a queue, as arithmetic.
type pipe struct {
	bps    float64
	queue  time.Duration // the longest; 0 for a network that drops what is too much
	delay  time.Duration
	jitter time.Duration
	loss   float64
	free   time.Duration
	chance *rand.Rand
}

func (p *pipe) carry(size int, sent time.Duration) (came time.Duration) {
	if p.chance.Float64() < p.loss {
		return -1
	}
	out := sent
	if p.bps > 0 {
		p.free = max(p.free, sent)
		if p.free-sent > p.queue {
			return -1
		}
		p.free += time.Duration(float64(size*8) / p.bps * 1e9)
		out = p.free
	}
	came = out + p.delay
	if p.jitter > 0 {
		came += time.Duration(p.chance.Int64N(int64(p.jitter)))
	}
	return came
}

// driver is a sender with pictures at a rate, or at the estimate when that is
// lower, over a pipe, and a report every 100 ms.
type driver struct {
	estimate
	pipe
	at          time.Duration
	owed        float64
	air         []arrival
	reported    time.Duration
	least, most float64 // estimates
}

func newDriver(p pipe) *driver {
	p.delay += 25 * time.Millisecond
	p.chance = rand.New(rand.NewPCG(1, 2))
	return &driver{pipe: p}
}

func (d *driver) drive(span time.Duration, bps float64) {
	const size, interval = 1000, 100 * time.Millisecond
	d.least, d.most = d.limit, d.limit
	for end := d.at + span; d.at < end; d.at += time.Second / 30 {
		rate := bps
		if d.limit > 0 {
			rate = min(rate, d.limit)
		}
		for d.owed += rate / 30 / 8; d.owed >= size; d.owed -= size {
			d.air = append(d.air, arrival{sent: d.at, came: d.carry(size, d.at), size: size})
		}
		if d.at-d.reported < interval {
			continue
		}
		d.reported = d.at
		d.air = slices.DeleteFunc(d.air, func(a arrival) bool {
			if a.came > d.at || a.came < 0 && a.sent+d.delay > d.at {
				return false
			}
			a.heard = d.at
			d.take(a)
			return true
		})
		d.conclude(time.Unix(1_000_000, 0).Add(d.at))
		d.least, d.most = min(d.least, d.limit), max(d.most, d.limit)
	}
}

func TestNoLimitWithoutCongestion(t *testing.T) {
	for name, p := range map[string]pipe{
		"nothing":               {},
		"delay":                 {delay: 200 * time.Millisecond},
		"loss of 5 %":           {loss: 0.05},
		"loss of 20 %":          {loss: 0.2},
		"jitter of 30 ms":       {jitter: 30 * time.Millisecond},
		"jitter of 100 ms":      {jitter: 100 * time.Millisecond},
		"jitter of 300 ms":      {jitter: 300 * time.Millisecond},
		"loss and jitter":       {loss: 0.1, jitter: 100 * time.Millisecond},
		"a network wide enough": {bps: 2_500_000, queue: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(p)
			d.drive(5*time.Minute, 2_000_000)
			if d.limit != 0 {
				t.Errorf("limit of %.0f bit/s", d.limit)
			}
		})
	}
}

// What is lost on a wide network is lost by chance, and what is lost on a narrow
// one is not: repairs that go twice would make it narrower.
func TestLossByChance(t *testing.T) {
	for _, c := range []struct {
		name string
		pipe pipe
		want bool
	}{
		{"nothing is lost", pipe{}, false},
		{"1 in 1000", pipe{loss: 0.001}, false},
		{"5 %", pipe{loss: 0.05}, true},
		{"5 % with jitter", pipe{loss: 0.05, jitter: 30 * time.Millisecond}, true},
		{"10 %", pipe{loss: 0.1}, true},
		{"a narrow network with a queue", pipe{bps: 1_500_000, queue: 300 * time.Millisecond}, false},
		{"a narrow one without", pipe{bps: 1_000_000, queue: time.Millisecond}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, times := newDriver(c.pipe), 0
			const looks = 100
			for range looks {
				d.drive(time.Second/10, 2_000_000)
				if d.lossy() {
					times++
				}
			}
			if c.want && times < looks*3/4 || !c.want && times > looks/4 {
				t.Errorf("by chance in %d of %d looks", times, looks)
			}
		})
	}
}

func TestTheEstimateFindsTheWidth(t *testing.T) {
	for name, p := range map[string]pipe{
		"a short queue":  {queue: 100 * time.Millisecond},
		"a queue":        {queue: 300 * time.Millisecond},
		"a long queue":   {queue: 2 * time.Second},
		"hardly a queue": {queue: 50 * time.Millisecond},
		"jitter":         {queue: 300 * time.Millisecond, jitter: 30 * time.Millisecond},
		"much jitter":    {queue: time.Second, jitter: 100 * time.Millisecond},
		"loss":           {queue: 300 * time.Millisecond, loss: 0.05},
		"a long way":     {queue: 500 * time.Millisecond, delay: 200 * time.Millisecond},
	} {
		for _, width := range []float64{300_000, 500_000, 1_000_000} {
			t.Run(fmt.Sprint(name, " ", width), func(t *testing.T) {
				d := newDriver(p)
				d.drive(20*time.Second, 2_500_000)
				if d.limit != 0 {
					t.Fatalf("limit of %.0f bit/s on a wide network", d.limit)
				}
				d.bps = width
				before := d.at
				for d.limit == 0 && d.at-before < 10*time.Second {
					d.drive(time.Second/30, 2_500_000)
				}
				noticed := d.at - before
				d.drive(8*time.Second, 2_500_000)
				d.drive(time.Minute, 2_500_000)
				t.Logf("width %.0f: noticed after %v, then between %.0f and %.0f", width, noticed, d.least, d.most)
				if noticed > 2*time.Second {
					t.Errorf("noticed after %v", noticed)
				}
				least := 0.6
				if p.queue < 100*time.Millisecond { // not a whole picture
					least = 0.2
				}
				if d.least < least*width || d.most > 1.3*width {
					t.Errorf("between %.0f and %.0f bit/s, the network carries %.0f", d.least, d.most, width)
				}
				d.bps = 0
				d.drive(30*time.Second, 2_500_000)
				if d.limit < 2*width && d.limit < 2_500_000 {
					t.Errorf("%.0f bit/s half a minute after the network was wide again", d.limit)
				}
			})
		}
	}
}

// A way that has become longer, without being narrower, costs something for a
// moment.
func TestALongerWayIsNotANarrowOne(t *testing.T) {
	d := newDriver(pipe{})
	d.drive(20*time.Second, 2_000_000)
	d.delay = 400 * time.Millisecond
	d.drive(20*time.Second, 2_000_000)
	if d.limit > 0 && d.limit < 1_000_000 {
		t.Errorf("%.0f bit/s", d.limit)
	}
}

package peer

import (
	"bytes"
	queue "container/heap"
	"math/rand/v2"
	"sync"
	"time"
)

// impairment is what a network does to packets. The zero value does nothing.
type impairment struct {
	loss    float64       // of each packet
	burst   float64       // the chance that a burst of loss begins, of five packets in the middle
	delay   time.Duration // of all packets
	jitter  time.Duration // the most that is added to the delay
	ordered bool          // jitter changes no order
	outage  time.Duration // at the end of every ten seconds nothing passes
	rate    float64       // bits a second, 0 for any
	queue   time.Duration // what waits at that rate; more is lost
}

// direct is one way through a network. Chance is the same in each run, a packet
// at a time.
type direct struct {
	quit chan struct{}
	wake chan struct{}

	mu     sync.Mutex
	chance *rand.Rand
	impair impairment
	since  time.Time
	losing bool
	last   time.Time // when the last packet comes out
	free   time.Time // when the wire is, at its rate
	queue  onTheWay

	passed, lost, bytes int // since it was impaired
}

func newDirect() *direct {
	return &direct{quit: make(chan struct{}), wake: make(chan struct{}, 1), chance: rand.New(rand.NewPCG(1, 2))}
}

// set impairs the wire from now on, and begins to count.
func (d *direct) set(i impairment) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.impair, d.since = i, time.Now()
	d.passed, d.lost, d.bytes = 0, 0, 0
}

func (d *direct) sent() (bytes int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bytes
}

func (d *direct) losses() (lost, passed int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lost, d.passed
}

func (d *direct) send(b []byte, deliver func([]byte)) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.passed++
	d.bytes += len(b)
	if d.loses(now) {
		d.lost++
		return
	}
	out := now
	if d.impair.rate > 0 {
		if d.free.Before(now) {
			d.free = now
		}
		if d.free.Sub(now) > d.impair.queue {
			d.lost++
			return
		}
		const headers = 28 // of IP and UDP
		d.free = d.free.Add(time.Duration(float64(len(b)+headers) * 8 / d.impair.rate * float64(time.Second)))
		out = d.free
	}
	at := out.Add(d.impair.delay)
	if d.impair.jitter > 0 {
		at = at.Add(time.Duration(d.chance.Int64N(int64(d.impair.jitter))))
		if d.impair.ordered && at.Before(d.last) {
			at = d.last
		}
		d.last = at
	}
	if !at.After(now) {
		deliver(b)
		return
	}
	queue.Push(&d.queue, carried{at: at, number: d.passed, packet: bytes.Clone(b), deliver: deliver})
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *direct) loses(now time.Time) bool {
	if d.impair.burst > 0 {
		if d.losing {
			d.losing = d.chance.Float64() >= 1.0/5
		} else {
			d.losing = d.chance.Float64() < d.impair.burst
		}
		if d.losing {
			return true
		}
	}
	if d.impair.outage > 0 && now.Sub(d.since)%(10*time.Second) > 10*time.Second-d.impair.outage {
		return true
	}
	return d.chance.Float64() < d.impair.loss
}

// run delivers what is on the way when its time has come.
func (d *direct) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-d.quit:
			return
		case <-d.wake:
		case <-timer.C:
		}
		now := time.Now()
		d.mu.Lock()
		var due []carried
		for len(d.queue) > 0 && !d.queue[0].at.After(now) {
			due = append(due, queue.Pop(&d.queue).(carried))
		}
		if len(d.queue) > 0 {
			timer.Reset(d.queue[0].at.Sub(now))
		}
		d.mu.Unlock()
		for _, c := range due {
			c.deliver(c.packet)
		}
	}
}

// carried is a packet on its way.
type carried struct {
	at      time.Time
	number  int
	packet  []byte
	deliver func([]byte)
}

type onTheWay []carried

func (q onTheWay) Len() int { return len(q) }
func (q onTheWay) Less(i, j int) bool {
	return q[i].at.Before(q[j].at) || q[i].at.Equal(q[j].at) && q[i].number < q[j].number
}
func (q onTheWay) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *onTheWay) Push(x any)   { *q = append(*q, x.(carried)) }
func (q *onTheWay) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

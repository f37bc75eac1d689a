package sfu

import (
	"runtime"
	"slices"
	"sync/atomic"
	"time"
)

const (
	// workerViewers is how many viewers a worker has before the source starts
	// another one; with fewer, waking a second core costs more than it saves.
	workerViewers = 64
	// workerRequests bounds the NACKs that wait for a worker. More than that
	// are dropped: a viewer that still misses a packet asks again.
	workerRequests = 1024
)

// worker is a goroutine that forwards a source's packets to its share of the
// viewers. It alone touches what subscriptions know of their streams, so none
// of that needs a lock.
type worker struct {
	source   *Source
	awake    chan struct{} // there are packets
	requests chan request
	quit     chan struct{}
	finished chan struct{}

	subscriptions atomic.Pointer[[]*Subscription] // copy on write, under router.mu; a viewer's stand together

	publication *Publication
	feeds       []feed
	ladders     [2][]rung // by kind
	complete    [2][]rung // the same, with the layers that rest
	catchingUp  []*Subscription
	turn        int // of the one who is served first
}

// request is something that a worker does besides forwarding: start a viewer
// of video, answer a NACK, or with a nil subscription tell that it has seen
// what was changed before.
type request struct {
	subscription *Subscription
	replay       bool   // it cannot decode
	resume       bool   // it is paused no longer
	join         *Track // the one to start with, of which
	arrived      uint64 // so many packets had come, and are not in the feed
	id           uint16 // of the first packet of a NACK, and
	mask         uint16 // of the 16 that follow it (RFC 4585 §6.2.1)
	seen         chan struct{}
}

// feed is what a worker has to forward of one track.
type feed struct {
	track  *Track
	next   uint64 // how many of the track's packets it has read
	burst  []*Packet
	missed uint64 // packets that had left the cache
}

// workerLocked returns the worker for one more viewer.
func (s *Source) workerLocked() *worker {
	workers := *s.workers.Load()
	if len(workers) > 0 {
		least := slices.MinFunc(workers, func(a, b *worker) int { return a.loadLocked() - b.loadLocked() })
		if least.loadLocked() < workerViewers || len(workers) >= runtime.GOMAXPROCS(0) {
			return least
		}
	}
	w := &worker{
		source:   s,
		awake:    make(chan struct{}, 1),
		requests: make(chan request, workerRequests),
		quit:     make(chan struct{}),
		finished: make(chan struct{}),
	}
	w.subscriptions.Store(new([]*Subscription))
	w.catchUp(s.live.Load())
	next := append(slices.Clone(workers), w)
	s.workers.Store(&next)
	go w.run()
	return w
}

// loadLocked is the number of its subscriptions; two are about one viewer.
func (w *worker) loadLocked() int { return (len(*w.subscriptions.Load()) + 1) / 2 }

func (w *worker) addLocked(sub *Subscription) {
	list := *w.subscriptions.Load()
	at := slices.IndexFunc(list, func(other *Subscription) bool { return other.viewer == sub.viewer })
	if at < 0 {
		at = len(list) - 1
	}
	next := slices.Insert(slices.Clone(list), at+1, sub)
	w.subscriptions.Store(&next)
}

// removeLocked says whether the worker has nobody left, and is no longer
// known to the source then.
func (w *worker) removeLocked(v *Viewer) (idle bool) {
	next := slices.DeleteFunc(slices.Clone(*w.subscriptions.Load()), func(sub *Subscription) bool { return sub.viewer == v })
	w.subscriptions.Store(&next)
	if len(next) > 0 {
		return false
	}
	others := slices.DeleteFunc(slices.Clone(*w.source.workers.Load()), func(other *worker) bool { return other == w })
	w.source.workers.Store(&others)
	return true
}

// settle returns when the worker works with the present subscriptions.
func (w *worker) settle() {
	seen := make(chan struct{})
	select {
	case w.requests <- request{seen: seen}:
	case <-w.finished:
		return
	}
	select {
	case <-seen:
	case <-w.finished:
	}
}

// stop ends a worker that removeLocked has found idle.
func (w *worker) stop() {
	close(w.quit)
	<-w.finished
}

// ask makes a request without waiting, and says whether there was room for it.
func (w *worker) ask(r request) bool {
	select {
	case w.requests <- r:
		return true
	default:
		return false
	}
}

func (w *worker) run() {
	defer close(w.finished)
	instalments := time.NewTicker(catchUpInterval)
	defer instalments.Stop()
	instalments.Stop() // until somebody has to catch up
	for {
		select {
		case <-w.awake:
			before := len(w.catchingUp)
			w.drain()
			if before == 0 && len(w.catchingUp) > 0 {
				instalments.Reset(catchUpInterval)
			}
		case at := <-instalments.C:
			w.instalments(at)
			if len(w.catchingUp) == 0 {
				instalments.Stop()
			}
		case r := <-w.requests:
			if w.serve(r, time.Now()) && len(w.catchingUp) == 1 {
				instalments.Reset(catchUpInterval)
			}
		case <-w.quit:
			return
		}
	}
}

// serve says whether one more viewer has to catch up.
func (w *worker) serve(r request, at time.Time) bool {
	switch {
	case r.subscription == nil:
		close(r.seen)
		return false
	case r.subscription.viewer.Err() != nil:
		return false // it was asked for too late
	case r.replay:
		r.subscription.replay(at)
	case r.resume:
		r.subscription.resume(at)
	case r.join != nil:
		r.subscription.join(r.join, r.arrived, at)
	default:
		r.subscription.resend(r.id, r.mask, at)
	}
	if r.subscription.past == nil || slices.Contains(w.catchingUp, r.subscription) {
		return false
	}
	w.catchingUp = append(w.catchingUp, r.subscription)
	return true
}

// instalments goes on with those who catch up, and forgets who has.
func (w *worker) instalments(at time.Time) {
	w.catchingUp = slices.DeleteFunc(w.catchingUp, func(sub *Subscription) bool {
		if sub.behind() && !sub.failed && sub.viewer.Err() == nil {
			sub.catch(at)
		}
		return !sub.behind() || sub.failed || sub.viewer.Err() != nil
	})
}

// drain hands what has arrived by now to one viewer after another, to the last
// packet of a publication that has ended.
func (w *worker) drain() {
	if p := w.source.live.Load(); p != w.publication {
		w.forward()
		w.follow(p)
	}
	w.forward()
}

func (w *worker) forward() {
	if w.publication == nil {
		return
	}
	for _, t := range w.publication.Tracks()[len(w.feeds):] {
		w.feeds = append(w.feeds, feed{track: t})
	}
	for i := range w.feeds {
		w.feeds[i].collect()
	}
	at := time.Now()
	for _, kind := range []Kind{Audio, Video} {
		w.ladders[kind] = ladder(w.publication.Tracks(), kind, false, w.ladders[kind][:0])
		w.complete[kind] = ladder(w.publication.Tracks(), kind, true, w.complete[kind][:0])
	}
	list := *w.subscriptions.Load()
	w.turn++
	for i := range list { // who was first is last the next time
		sub := list[(i+w.turn)%len(list)]
		sub.forward(w.feeds, w.ladders[sub.kind], w.complete[sub.kind], at)
		if sub.stretch != nil && !slices.Contains(w.catchingUp, sub) {
			w.catchingUp = append(w.catchingUp, sub)
		}
	}
}

// follow turns to another publication, from its first packet on: that is
// where its key frame is.
func (w *worker) follow(p *Publication) {
	clear(w.feeds)
	w.publication, w.feeds = p, w.feeds[:0]
}

// catchUp turns to a publication that has been there for a while, from its
// next packet on.
func (w *worker) catchUp(p *Publication) {
	w.follow(p)
	if p == nil {
		return
	}
	for _, t := range p.Tracks() {
		w.feeds = append(w.feeds, feed{track: t, next: t.arrived.Load()})
	}
}

// collect reads what has arrived since the last time. What has left the cache
// by now is missed.
func (f *feed) collect() {
	f.burst, f.missed = f.burst[:0], 0
	arrived, kept := f.track.arrived.Load(), uint64(f.track.byArrival.Size())
	if behind := arrived - f.next; behind > kept {
		f.missed = behind - kept
		f.next = arrived - kept
	}
	for ; f.next < arrived; f.next++ {
		if p := f.track.byArrival.Get(f.next); p != nil {
			f.burst = append(f.burst, p)
		} else {
			f.missed++
		}
	}
}

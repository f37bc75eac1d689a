package event

import (
	"sync"
	"time"

	"lectern/internal/trial"
	"lectern/sfu"
)

const (
	// observed is how many events may wait between a router and its Follower.
	// When there are more, the Log has a gap.
	observed = 1024
	// viewersEvery is how often it is told how many viewers a stream has: a
	// class that joins would fill the Log otherwise.
	viewersEvery = time.Second
)

// Follower adds what happens to the streams of a router to a Log.
type Follower struct {
	router *sfu.Router
	log    *Log
	quit   chan struct{}
	once   sync.Once
	ended  chan struct{}

	// The last word about the viewers of a stream, not told yet.
	viewers map[string]sfu.Event
}

// Follow adds what happens from now on. Close the Follower.
func Follow(r *sfu.Router, l *Log) *Follower {
	f := &Follower{router: r, log: l, quit: make(chan struct{}), ended: make(chan struct{}), viewers: map[string]sfu.Event{}}
	go f.run(r.Observe(observed))
	return f
}

// Close adds what has happened up to now, and returns when nothing more is
// added. It may be called again.
func (f *Follower) Close() {
	f.once.Do(func() { close(f.quit) })
	<-f.ended
}

func (f *Follower) run(o *sfu.Observer) {
	defer close(f.ended)
	defer func() { o.Close() }()
	tick := time.NewTicker(viewersEvery)
	defer tick.Stop()
	for {
		select {
		case e, ok := <-o.Events():
			if !ok {
				o = f.router.Observe(observed)
				f.log.Break()
				continue
			}
			f.take(e)
		case <-tick.C:
			f.tellViewers()
		case <-f.quit:
			f.finish(o)
			return
		}
	}
}

// finish tells what has happened up to now.
func (f *Follower) finish(o *sfu.Observer) {
	for {
		select {
		case e, ok := <-o.Events():
			if ok {
				f.take(e)
				continue
			}
			f.log.Break()
		default:
		}
		f.tellViewers()
		return
	}
}

// take tells an event at once, but for one about viewers. Tests of the server
// are nothing that has happened.
func (f *Follower) take(e sfu.Event) {
	if trial.Is(e.Stream) {
		return
	}
	if e.Type == sfu.EventViewers {
		f.viewers[e.Stream] = e
		return
	}
	f.add(e)
}

func (f *Follower) tellViewers() {
	for _, e := range f.viewers {
		f.add(e)
	}
	clear(f.viewers)
}

func (f *Follower) add(e sfu.Event) {
	f.log.Add(Event{Type: Type(e.Type), At: e.At, Stream: &Stream{Name: e.Stream, Viewers: e.Viewers}})
}

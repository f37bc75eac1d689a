package signaling

import (
	"sync"
	"time"

	"lectern/sfu"
)

const (
	// observed is how many events may wait between the router and the
	// monitor. When there are more, the monitor looks at everything anew.
	observed = 1024
	// tickInterval is how often numbers are told that change all the time:
	// viewers and bitrates.
	tickInterval = time.Second
)

// monitor follows the router, once for the event streams of all WHEP sessions,
// which get the state.
//
// Its mutex may be held when the router's is taken, never the other way
// round.
type monitor struct {
	router  *sfu.Router
	quit    chan struct{}
	stop    sync.Once
	stopped chan struct{}

	mu      sync.Mutex
	watched map[string]*watched
}

func newMonitor(r *sfu.Router) *monitor {
	m := &monitor{
		router:  r,
		quit:    make(chan struct{}),
		stopped: make(chan struct{}),
		watched: map[string]*watched{},
	}
	go m.run(r.Observe(observed))
	return m
}

func (m *monitor) close() {
	m.stop.Do(func() { close(m.quit) })
	<-m.stopped
}

func (m *monitor) run(o *sfu.Observer) {
	defer close(m.stopped)
	defer func() { o.Close() }()
	tick := time.NewTicker(tickInterval)
	defer tick.Stop()
	for {
		select {
		case e, ok := <-o.Events():
			if !ok {
				o = m.router.Observe(observed)
				m.lost()
				continue
			}
			m.event(e)
		case at := <-tick.C:
			m.tick(at)
		case <-m.quit:
			return
		}
	}
}

func (m *monitor) event(e sfu.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w := m.watched[e.Stream]; w != nil && e.Type != sfu.EventViewers {
		if e.Type == sfu.EventWaiting {
			w.stops++
		}
		w.update(m.router, e.At)
	}
}

func (m *monitor) tick(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.watched {
		w.update(m.router, at)
	}
}

// lost makes up for events that did not find room.
func (m *monitor) lost() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.watched {
		w.update(m.router, time.Now())
	}
}

// watch subscribes to the state of one stream, and to what layer returns, which
// is asked once a second; the caller ends it by unwatch.
func (m *monitor) watch(stream string, layer func() string) *subscriber {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.watched[stream]
	if w == nil {
		w = &watched{stream: stream, subscribers: map[*subscriber]struct{}{}, layers: map[string]*layerState{}}
		w.update(m.router, time.Now())
		m.watched[stream] = w
	}
	sub := &subscriber{watched: w, layer: layer, seen: layer(), wake: make(chan struct{}, 1)}
	w.subscribers[sub] = struct{}{}
	return sub
}

func (m *monitor) unwatch(sub *subscriber) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := sub.watched
	delete(w.subscribers, sub)
	if len(w.subscribers) == 0 {
		delete(m.watched, w.stream)
	}
}

package sfu

import (
	"sync"
	"time"

	"lectern/internal/histogram"
)

// JoinOptions describe a viewer.
type JoinOptions struct {
	// Protocol is how the media go out: "whep", "rtmp".
	Protocol string
	// Since is when the viewer has asked for them; by default, now.
	Since time.Time
	// Pictured, unless nil, is closed when the first packet of a picture has
	// gone out. It is of one viewer.
	Pictured chan struct{}
}

// Viewer is one recipient of a source, with at most one Subscription a kind.
type Viewer struct {
	source  *Source
	options JoinOptions
	waits   *histogram.Histogram // of those that wait for a picture; nil for one that came before it

	// Guarded by router.mu.
	subscriptions [2]*Subscription
	worker        *worker
	left          bool

	closed  chan struct{} // when Close has done its work
	endOnce sync.Once
	err     error
	done    chan struct{}
}

// Subscribe sends the source's media of one kind to the sink, until the viewer
// is closed or the sink returns an error. Audio starts with the next packet.
// Video starts with the last key frame when that is still cached, and catches
// up from there, or with the next one. A second subscription to a kind is
// ErrSubscribed.
func (v *Viewer) Subscribe(kind Kind, sink Sink) (*Subscription, error) {
	r := v.source.router
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case v.left:
		return nil, ErrClosed
	case v.subscriptions[kind] != nil:
		return nil, ErrSubscribed
	}
	sub := newSubscription(v, kind, sink)
	v.subscriptions[kind] = sub
	if v.worker == nil {
		v.worker = v.source.workerLocked()
	}
	v.worker.addLocked(sub)
	if p := v.source.live.Load(); p != nil && kind == Video {
		if t := best(p.Tracks(), Video); t != nil {
			v.worker.ask(request{subscription: sub, join: t, arrived: t.arrived.Load()})
		}
	}
	return sub, nil
}

// Done is closed when the viewer gets nothing any more: by Close, an error of
// its sink (which is Err then), or ErrEnded. The viewer must still be closed.
func (v *Viewer) Done() <-chan struct{} { return v.done }

// Err is why the viewer has ended, nil while it has not.
func (v *Viewer) Err() error {
	select {
	case <-v.done:
		return v.err
	default:
		return nil
	}
}

// Close takes the viewer out of its source. No sink of it is called after
// Close has returned, and Close must not be called by one. It may be called
// again.
func (v *Viewer) Close() {
	v.end(ErrClosed)
	s := v.source
	s.router.mu.Lock()
	if v.left {
		s.router.mu.Unlock()
		<-v.closed
		return
	}
	v.left = true
	s.router.leaving[v] = struct{}{}
	delete(s.viewers, v)
	w := v.worker
	idle := false
	if w != nil {
		idle = w.removeLocked(v)
	}
	s.router.publishLocked(s, EventViewers)
	s.router.releaseLocked(s)
	s.router.mu.Unlock()
	switch {
	case idle:
		w.stop()
	case w != nil:
		w.settle()
	}
	for _, sub := range v.subscriptions { // the worker has let go of them
		if sub != nil {
			sub.wish.change(nil, nil)
		}
	}
	s.router.mu.Lock()
	delete(s.router.leaving, v)
	s.router.past.viewer(v)
	s.router.mu.Unlock()
	close(v.closed)
}

// began is called with the first packets of a kind.
func (v *Viewer) began(kind Kind) {
	if kind == Video {
		v.waits.Observe(time.Since(v.options.Since))
		if v.options.Pictured != nil {
			close(v.options.Pictured)
		}
	}
}

func (v *Viewer) end(cause error) {
	v.endOnce.Do(func() {
		v.err = cause
		close(v.done)
	})
}

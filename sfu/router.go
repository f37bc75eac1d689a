package sfu

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Forever is an Options.Grace that is never over: viewers wait for a publisher
// until they are closed.
const Forever time.Duration = math.MaxInt64

// Options are the choices of a Router. Zero values mean the defaults.
type Options struct {
	// Grace is how long the viewers of a stream wait for a publisher that
	// went away. Default 30 s; negative: not at all; Forever: until they are
	// closed.
	Grace time.Duration
	// Counts sums up what happens here; nil for some of the Router's own.
	Counts *Counts
	Limits Limits
	// Inner says that the sources are parts of something else, as the seats of
	// a room are: they do not count as streams.
	Inner bool
}

// Router knows the sources by name.
//
// Its mutex guards everything that changes when somebody comes or goes, in
// all of its sources: that is rare, and one lock cannot be taken in the wrong
// order. Packets never take it.
type Router struct {
	options Options
	hub     hub

	mu      sync.Mutex
	sources map[string]*Source
	leaving map[*Viewer]struct{} // whose Close has not returned yet
	past    totals               // of publications and viewers that there are no more
	closed  bool

	panics atomic.Uint64
}

// NewRouter returns a Router; close it to end what is in it.
func NewRouter(o Options) *Router {
	o.Limits = o.Limits.orDefaults()
	o.Grace = cmp.Or(o.Grace, 30*time.Second)
	if o.Counts == nil {
		o.Counts = NewCounts()
	}
	r := &Router{options: o, sources: map[string]*Source{}, leaving: map[*Viewer]struct{}{}, past: newTotals()}
	o.Counts.add(r)
	return r
}

// Publish announces a publisher under a canonical name (ParseName). Nothing
// changes for viewers before its first packet, with which it replaces an
// older publication of the same identity. It returns ErrTaken while another
// identity is publishing.
func (r *Router) Publish(name string, o PublishOptions) (*Publication, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	s := r.sourceLocked(name)
	for _, other := range s.publications {
		if other.options.Identity != o.Identity {
			return nil, ErrTaken
		}
	}
	p := &Publication{source: s, options: o, rival: s.rivalLocked(), done: make(chan struct{})}
	s.publications = append(s.publications, p)
	return p, nil
}

// Join announces a viewer of the source with a canonical name (ParseName),
// whether it has a publisher yet or not. The caller closes the Viewer.
func (r *Router) Join(name string) (*Viewer, error) { return r.JoinWith(name, JoinOptions{}) }

// JoinWith is Join for a viewer of whom something is known.
func (r *Router) JoinWith(name string, o JoinOptions) (*Viewer, error) {
	if o.Since.IsZero() {
		o.Since = time.Now()
	}
	waits := r.options.Counts.firstPicture(o.Protocol)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	s := r.sourceLocked(name)
	v := &Viewer{source: s, options: o, closed: make(chan struct{}), done: make(chan struct{})}
	if s.live.Load() != nil {
		v.waits = waits
	}
	s.viewers[v] = struct{}{}
	r.publishLocked(s, EventViewers)
	return v, nil
}

// Info returns what there is to know of a source; false when nobody publishes
// or watches under that name.
func (r *Router) Info(name string) (SourceInfo, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.sources[name]
	if !ok {
		return SourceInfo{}, false
	}
	return s.infoLocked(), true
}

// List returns all sources in the order of their names.
func (r *Router) List() []SourceInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]SourceInfo, 0, len(r.sources))
	for _, s := range r.sources {
		list = append(list, s.infoLocked())
	}
	slices.SortFunc(list, func(a, b SourceInfo) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// Observe returns an observer of all events from now on, with room for that
// many of them. The caller closes it.
func (r *Router) Observe(queue int) *Observer { return r.hub.observe(queue) }

// Close ends all publications and viewers with ErrClosed, and returns when
// their workers have ended. It may be called again.
func (r *Router) Close() {
	r.mu.Lock()
	r.closed = true
	var publications []*Publication
	var viewers []*Viewer
	for _, s := range r.sources {
		s.stopGraceLocked()
		publications = append(publications, s.publications...)
		for v := range s.viewers {
			viewers = append(viewers, v)
		}
	}
	for v := range r.leaving {
		viewers = append(viewers, v)
	}
	r.mu.Unlock()
	for _, p := range publications {
		p.Close(ErrClosed)
	}
	for _, v := range viewers {
		v.end(ErrClosed)
		v.Close()
	}
	r.options.Counts.retire(r)
}

// Counts are the Options'.
func (r *Router) Counts() *Counts { return r.options.Counts }

func (r *Router) sourceLocked(name string) *Source {
	s, ok := r.sources[name]
	if !ok {
		s = newSource(r, name)
		r.sources[name] = s
	}
	return s
}

// releaseLocked forgets a source that nobody needs any more.
func (r *Router) releaseLocked(s *Source) {
	if len(s.publications) == 0 && len(s.viewers) == 0 && s.grace == nil && r.sources[s.name] == s {
		delete(r.sources, s.name)
	}
}

// publishLocked is called under the lock so that events leave in the order
// of what they tell; it never waits.
func (r *Router) publishLocked(s *Source, t EventType) {
	r.hub.publish(Event{Type: t, Stream: s.name, At: time.Now(), Viewers: len(s.viewers)})
}

package sfu

import (
	"sync"
	"time"
)

// EventType says what happened to a source.
type EventType string

// What can happen to a source.
const (
	EventLive    EventType = "stream.live"    // media flows, for the first time or again
	EventTracks  EventType = "stream.tracks"  // its tracks have changed
	EventWaiting EventType = "stream.waiting" // the publisher is gone, and may come back
	EventEnded   EventType = "stream.ended"   // the publisher did not come back in time
	EventViewers EventType = "stream.viewers" // a viewer came or went
	// EventContested says that two publishers of one identity take the source
	// from each other again and again; once a minute while they do.
	EventContested EventType = "stream.contested"
)

// Event is one change of a source.
type Event struct {
	Type    EventType
	Stream  string // the source's name
	At      time.Time
	Viewers int // how many there are now
}

// Observer receives the events of a Router.
type Observer struct {
	hub    *hub
	events chan Event
}

// Events is closed by Close, and by the Router when the observer has let its
// queue fill up: a reader that is too slow must ask for the whole state
// again, and not go on with a hole in it.
func (o *Observer) Events() <-chan Event { return o.events }

// Close ends the observation. It may be called again.
func (o *Observer) Close() { o.hub.remove(o) }

// hub hands events to observers in the order in which they happened.
type hub struct {
	mu        sync.Mutex
	observers map[*Observer]struct{}
}

func (h *hub) observe(queue int) *Observer {
	o := &Observer{hub: h, events: make(chan Event, queue)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.observers == nil {
		h.observers = map[*Observer]struct{}{}
	}
	h.observers[o] = struct{}{}
	return o
}

// publish never waits: the queue of an observer that is full ends it.
func (h *hub) publish(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for o := range h.observers {
		select {
		case o.events <- e:
		default:
			delete(h.observers, o)
			close(o.events)
		}
	}
}

func (h *hub) remove(o *Observer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.observers[o]; ok {
		delete(h.observers, o)
		close(o.events)
	}
}

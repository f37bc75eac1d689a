package webhook

import (
	"errors"
	"slices"
	"sync"
	"time"

	"lectern/internal/event"
)

// Kept is how many deliveries are remembered, the newest ones of all targets.
const Kept = 256

// Status is where a delivery stands:
//
//	waiting ──2xx──▶ delivered
//	   ├──told Options.Tries times──▶ failed
//	   └──the queue is full──▶ dropped
//
// Each of them becomes waiting again by Redeliver.
type Status string

// The statuses.
const (
	Waiting   Status = "waiting"
	Delivered Status = "delivered"
	Failed    Status = "failed"
	Dropped   Status = "dropped"
)

// Delivery is one event that one target is told.
type Delivery struct {
	ID     string     `json:"id"` // as the receiver has it
	Event  event.Type `json:"event"`
	About  string     `json:"about,omitempty"` // the name of a stream or room
	Target int        `json:"target"`          // its place in the settings, from 0
	URL    string     `json:"url"`             // as Shown has it
	Status Status     `json:"status"`
	Code   int        `json:"code,omitempty"`  // the last answer's, 0 without one
	Error  string     `json:"error,omitempty"` // why the last try was in vain
	Tries  int        `json:"tries"`
	Took   int64      `json:"took"` // of the last try, in milliseconds
	At     time.Time  `json:"at"`   // when it was to be told, or told again
}

// ErrNotFound says that there is no such delivery, or that it is not
// remembered any more.
var ErrNotFound = errors.New("no such delivery")

// delivery is a Delivery and what is needed to tell it again.
type delivery struct {
	Delivery
	target *target
	body   string
}

// history is the last deliveries.
type history struct {
	mu   sync.Mutex
	list []*delivery // the oldest first
}

func (h *history) add(d *delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.list) >= Kept {
		h.list = slices.Delete(h.list, 0, len(h.list)-Kept+1)
	}
	h.list = append(h.list, d)
}

// change is how deliveries change, which others may look at.
func (h *history) change(d *delivery, by func(*Delivery)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	by(&d.Delivery)
}

func (h *history) find(id string) *delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range h.list {
		if d.ID == id {
			return d
		}
	}
	return nil
}

// all are copies, the newest first.
func (h *history) all() []Delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]Delivery, 0, len(h.list))
	for _, d := range slices.Backward(h.list) {
		all = append(all, d.Delivery)
	}
	return all
}

package signaling

import (
	"sync"

	"lectern/internal/classroom"
)

// outboxMessages and Limits.QueueBytes bound what waits for one client. A
// client that reads at all is never that far behind; one that does not costs
// no more than this.
const outboxMessages = 256

// outbox is what waits to be sent to one client. When it is full, Fleeting
// messages are left out, those in it first; where that makes too little room,
// the connection ends, and the client resumes.
type outbox struct {
	wake chan struct{} // has something when there is something to do
	most int           // bytes

	mu      sync.Mutex
	missed  []*classroom.Message // of before the queue: they count against nothing, because the room holds them anyway
	queue   []*classroom.Message
	taken   int            // messages that have left the queue's front, in all
	bytes   int            // of their text
	keyed   map[string]int // where in the queue a key is, counted from the first message ever
	ended   bool
	ending  classroom.Close
	dropped int // Fleeting messages that were left out
}

func newOutbox(most int) *outbox {
	return &outbox{most: most, wake: make(chan struct{}, 1), keyed: map[string]int{}}
}

// push adds a message, and says whether the outbox can go on. Where there is no
// room for the message, all that waits is left out, and the outbox has to end.
func (o *outbox) push(m *classroom.Message) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended || o.replacedLocked(m) {
		return true
	}
	if !o.fitsLocked(m) {
		if m.Class == classroom.Fleeting {
			o.dropped++
			return true
		}
		if o.thinLocked(); !o.fitsLocked(m) {
			o.missed, o.queue, o.bytes = nil, nil, 0
			return false
		}
	}
	if m.Class == classroom.Fleeting && m.Key != "" {
		o.keyed[m.Key] = o.taken + len(o.queue)
	}
	o.queue = append(o.queue, m)
	o.bytes += len(m.Text)
	o.signal()
	return true
}

// replay adds messages that go before all that is pushed from now on.
func (o *outbox) replay(missed []*classroom.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return
	}
	o.missed = append(o.missed, o.queue...) // the welcome
	o.taken += len(o.queue)
	o.queue, o.bytes = nil, 0
	clear(o.keyed)
	o.missed = append(o.missed, missed...)
	o.signal()
}

// end lets what is queued be sent, and nothing after it.
func (o *outbox) end(c classroom.Close) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.ended {
		o.ended, o.ending = true, c
		o.signal()
	}
}

// take removes the first message. It returns nil when there is none at the
// moment, and with it the reason when there will be none any more.
func (o *outbox) take() (m *classroom.Message, over bool, why classroom.Close) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.missed) > 0 {
		m, o.missed = o.missed[0], o.missed[1:]
		return m, false, classroom.Close{}
	}
	if len(o.queue) == 0 {
		o.queue = nil // the array that is used up
		return nil, o.ended, o.ending
	}
	m, o.queue[0] = o.queue[0], nil
	o.queue = o.queue[1:]
	if at, ok := o.keyed[m.Key]; ok && at == o.taken {
		delete(o.keyed, m.Key)
	}
	o.taken++
	o.bytes -= len(m.Text)
	return m, false, classroom.Close{}
}

// replacedLocked puts a Fleeting message into the place of an older one.
func (o *outbox) replacedLocked(m *classroom.Message) bool {
	if m.Class != classroom.Fleeting || m.Key == "" {
		return false
	}
	at, ok := o.keyed[m.Key]
	if !ok {
		return false
	}
	place := &o.queue[at-o.taken]
	o.bytes += len(m.Text) - len((*place).Text)
	*place = m
	return true
}

// fitsLocked lets one message of any length in when there is no other.
func (o *outbox) fitsLocked(m *classroom.Message) bool {
	return len(o.queue) == 0 || len(o.queue) < outboxMessages && o.bytes+len(m.Text) <= o.most
}

// thinLocked leaves out what is Fleeting.
func (o *outbox) thinLocked() {
	kept := o.queue[:0]
	for _, m := range o.queue {
		if m.Class == classroom.Fleeting {
			o.bytes -= len(m.Text)
			o.dropped++
			continue
		}
		kept = append(kept, m)
	}
	clear(o.queue[len(kept):])
	o.queue = kept
	clear(o.keyed)
}

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default: // it is told already
	}
}

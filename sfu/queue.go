package sfu

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Queue is a Sink in front of one that may wait, such as a file or a TCP
// connection: it keeps up to a number of packets and hands them on from a
// goroutine of its own. When it is full it drops packets up to the next key
// frame (of audio: the next packet), so that what comes out can be decoded.
type Queue struct {
	sink    Sink
	packets chan Forwarded
	quit    chan struct{}
	stop    sync.Once
	ended   chan struct{}
	err     error // set before ended is closed
	dropped atomic.Uint64

	dropping bool // owned by the caller of WriteRTP
}

// NewQueue returns a queue of that many packets in front of sink. The caller
// closes it, after the Viewer that it was given to.
func NewQueue(sink Sink, size int) *Queue {
	q := &Queue{
		sink:    sink,
		packets: make(chan Forwarded, size),
		quit:    make(chan struct{}),
		ended:   make(chan struct{}),
	}
	go q.handOn()
	return q
}

// WriteRTP queues the burst. It returns the error with which the sink has
// ended, if it has.
func (q *Queue) WriteRTP(burst []Forwarded) error {
	select {
	case <-q.ended:
		return q.err
	default:
	}
	for _, p := range burst {
		if q.dropping && !p.KeyFrame() {
			q.dropped.Add(1)
			continue
		}
		select {
		case q.packets <- p:
			q.dropping = false
		default:
			q.dropping = true
			q.dropped.Add(1)
		}
	}
	return nil
}

// Dropped is the number of packets that found the queue full, or followed
// one that did.
func (q *Queue) Dropped() uint64 { return q.dropped.Load() }

// Close drops what is queued and returns when the sink is not called any
// more. It may be called again.
func (q *Queue) Close() {
	q.stop.Do(func() { close(q.quit) })
	<-q.ended
}

func (q *Queue) handOn() {
	defer close(q.ended)
	defer func() {
		if cause := recover(); cause != nil {
			q.err = &PanicError{Value: cause, Stack: debug.Stack()}
		}
	}()
	q.err = ErrClosed
	var burst []Forwarded
	for {
		select {
		case p := <-q.packets:
			burst = append(burst[:0], p)
		case <-q.quit:
			return
		}
		for more := true; more && len(burst) < cap(q.packets); {
			select {
			case p := <-q.packets:
				burst = append(burst, p)
			default:
				more = false
			}
		}
		if err := q.sink.WriteRTP(burst); err != nil {
			q.err = err
			return
		}
	}
}

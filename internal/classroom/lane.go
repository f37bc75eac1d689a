package classroom

import "sync"

// maxLane bounds what is decided and not done yet. Media take every effect at
// once, and the store has a queue of its own, so that there is that much only
// when something hangs; people are refused then, and nothing is dropped.
const maxLane = 4096

// lane does things one after the other, in the order in which they were added,
// beside whoever adds them.
type lane struct {
	panicked func(cause any) // hears of what went wrong

	mu     sync.Mutex
	more   *sync.Cond
	work   []func()
	closed bool // nothing comes after what is there
	ended  bool // and that is done
}

func (l *lane) init(panicked func(cause any)) {
	l.panicked = panicked
	l.more = sync.NewCond(&l.mu)
}

// add never waits.
func (l *lane) add(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.work = append(l.work, f)
	l.more.Signal()
}

func (l *lane) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.work) > maxLane
}

// wait returns when what has been added before is done, or the lane has ended.
func (l *lane) wait() {
	done := make(chan struct{})
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		return
	}
	l.work = append(l.work, func() { close(done) })
	l.more.Signal()
	l.mu.Unlock()
	<-done
}

// close lets run return when all is done.
func (l *lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.more.Signal()
}

// run works until the lane is closed and empty.
func (l *lane) run() {
	for {
		work := l.take()
		if work == nil {
			return
		}
		for _, f := range work {
			l.do(f)
		}
	}
}

// do keeps a panic to what has panicked.
func (l *lane) do(f func()) {
	defer func() {
		if cause := recover(); cause != nil {
			l.panicked(cause)
		}
	}()
	f()
}

func (l *lane) take() []func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.work) == 0 {
		if l.closed {
			l.ended = true
			return nil
		}
		l.more.Wait()
	}
	work := l.work
	l.work = nil
	return work
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// queueLen is how many writes wait for the disk at most: half a minute of the
	// busiest class. Who comes then waits; nothing is dropped.
	queueLen = 4096
	// batchLen is how many writes are one transaction.
	batchLen = 256
	// attempts at a transaction, and the pause before each but the first.
	attempts = 3
	pause    = 200 * time.Millisecond
)

// writing is one write. It may be run again after a failure.
type writing func(ctx context.Context, tx *sql.Tx) error

// queued is a write and who waits for it, or nobody.
type queued struct {
	write writing
	done  chan<- error // with room for one
}

// queue is the writes that wait, and the goroutine that does them.
type queue struct {
	store *Store
	work  chan queued
	quit  chan struct{} // closed by stop
	ended chan struct{} // closed when the goroutine is gone

	mu     sync.RWMutex // held for reading while putting
	closed bool

	// What was asked for again before it was done is done once: the state of a class.
	latestMu sync.Mutex
	latest   map[int64][]byte

	written, failed atomic.Uint64
}

func (q *queue) start(s *Store) {
	q.store = s
	q.work = make(chan queued, queueLen)
	q.quit, q.ended = make(chan struct{}), make(chan struct{})
	q.latest = make(map[int64][]byte)
	go q.run()
}

// put waits for a place in the queue.
func (q *queue) put(ctx context.Context, w queued) error {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if q.closed {
		return ErrClosed
	}
	select {
	case q.work <- w:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stop lets what is in the queue be written and waits for it.
func (q *queue) stop() {
	q.mu.Lock() // whoever is putting finishes first, because the goroutine goes on taking
	q.closed = true
	q.mu.Unlock()
	close(q.quit)
	<-q.ended
}

func (q *queue) run() {
	defer close(q.ended)
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	q.do([]queued{{write: q.store.sweep}})
	for {
		select {
		case w := <-q.work:
			q.do(q.batch(w))
		case <-sweep.C:
			q.do([]queued{{write: q.store.sweep}})
		case <-q.quit:
			for len(q.work) > 0 {
				q.do(q.batch(<-q.work))
			}
			return
		}
	}
}

// batch takes what is there by now.
func (q *queue) batch(first queued) []queued {
	batch := []queued{first}
	for len(batch) < batchLen {
		select {
		case w := <-q.work:
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

// do writes a batch in one transaction. When that fails time and again, each is
// tried by itself, so that one that cannot be written costs no other.
func (q *queue) do(batch []queued) {
	err := q.transaction(batch)
	if err == nil {
		q.finish(batch, nil)
		return
	}
	for i := range batch {
		alone := batch[i : i+1]
		if len(batch) > 1 {
			err = q.transaction(alone)
		}
		q.finish(alone, err)
	}
}

func (q *queue) finish(batch []queued, err error) {
	if err != nil {
		q.failed.Add(uint64(len(batch)))
		q.store.log.Error("store", "error", err, "lost", len(batch))
	} else {
		q.written.Add(uint64(len(batch)))
	}
	for _, w := range batch {
		if w.done != nil {
			w.done <- err
		}
	}
}

func (q *queue) transaction(batch []queued) error {
	var err error
	for i := range attempts {
		if i > 0 {
			q.wait(pause)
		}
		if err = q.once(batch); err == nil || !passing(err) {
			return err
		}
	}
	return err
}

// passing reports whether an error may be gone in a moment: the file is held by
// another, the disk is full or has trouble.
func passing(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
			return true
		}
	}
	return false
}

// wait pauses, but not while the store is being closed.
func (q *queue) wait(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-q.quit:
	}
}

// once is not bound to any caller's context: it writes for many.
func (q *queue) once(batch []queued) error {
	ctx := context.Background()
	tx, err := q.store.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	for _, w := range batch {
		if err := w.write(ctx, tx); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// later writes when there is time. The error says that it will not be.
func (s *Store) later(ctx context.Context, w writing) error {
	return s.queue.put(ctx, queued{write: w})
}

// sync writes and waits until it is on disk.
func (s *Store) sync(ctx context.Context, w writing) error {
	done := make(chan error, 1)
	if err := s.queue.put(ctx, queued{write: w, done: done}); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Flush waits until everything that was asked for before is on disk, or has failed.
func (s *Store) Flush(ctx context.Context) error {
	return s.sync(ctx, func(context.Context, *sql.Tx) error { return nil })
}

// run returns a writing of one statement.
func run(query string, args ...any) writing {
	return func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	}
}

// Stats are what a store has done.
type Stats struct {
	Queued  int    // writes that wait
	Written uint64 // writes that are on disk
	Failed  uint64 // writes that were given up, each logged
}

// Stats returns counts since Open.
func (s *Store) Stats() Stats {
	return Stats{Queued: len(s.queue.work), Written: s.queue.written.Load(), Failed: s.queue.failed.Load()}
}

// Package testlog keeps what a test's subject writes.
//
// Invariant: a Log may be written and read by any number of goroutines at
// once, and what one call of Write brings stays together.
package testlog

import (
	"bytes"
	"sync"
)

// Log is an io.Writer that remembers. Its zero value is empty, and must not be
// copied once it is used.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write adds to what is kept. It never fails.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String returns all that was written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

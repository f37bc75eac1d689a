// Package audit writes down who did what: logins, refusals, publishes, kicks,
// and changes of keys and settings, one JSON line each.
//
// Invariant: an Entry has no field for a token, and what is in it is escaped,
// so that a line is one entry and holds no secret, whatever strangers send.
package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// File is the name of the newest entries' file, inside the data directory.
// Older ones are in audit.log.1 and so on, the oldest with the largest number.
const File = "audit.log"

const (
	// maxSize of a file, in bytes: about 40 000 entries.
	maxSize = 8 << 20
	// older files that are kept; the log takes 40 MiB at the most.
	older = 4
	// queueLen is how many entries wait for the disk. Those that come then are
	// dropped and counted: a full disk must not end media.
	queueLen = 1024
	// maxText bounds a value, in bytes.
	maxText = 300
)

// The actions of entries.
const (
	Login      = "login"       // somebody used the owner's right, for the first time in a while
	Refused    = "refused"     // somebody was not let in
	Publish    = "publish"     // somebody publishes
	PublishEnd = "publish_end" // and has ended
	Kick       = "kick"        // the owner ended a session
	Revoke     = "revoke"      // a session ended because its key or token was taken back
	KeyAdd     = "key_add"
	KeyRotate  = "key_rotate"
	KeyRevoke  = "key_revoke"
	TokenDeny  = "token_deny"
	TokenAllow = "token_allow"
	Redeliver  = "redeliver" // a webhook is told something again
	Start      = "start"     // the server started; Detail has the version
	Logout     = "logout"
	Drain      = "drain" // the owner began the server's end
	RoomEnd    = "room_end"
	RoomLock   = "room_lock" // Detail says which way
)

// Entry is one thing that somebody did. Who and what are named as in logs:
// never by a token.
type Entry struct {
	At       time.Time  `json:"@timestamp"`
	Action   string     `json:"event.action"`
	Who      string     `json:"user.id,omitempty"`
	Remote   netip.Addr `json:"client.ip,omitzero"`
	Source   string     `json:"lectern.source,omitempty"` // a stream
	Room     string     `json:"lectern.room,omitempty"`
	Session  string     `json:"lectern.session,omitempty"`
	Protocol string     `json:"lectern.protocol,omitempty"`
	Key      string     `json:"lectern.key,omitempty"` // the id of a key, or of a token (jti)
	Detail   string     `json:"message,omitempty"`
}

// Log is an open file. A nil Log keeps nothing. It is safe for concurrent use.
type Log struct {
	dir     *os.Root
	log     *slog.Logger
	now     func() time.Time
	limit   int64
	file    *os.File
	size    int64
	dropped atomic.Uint64
	ended   chan struct{}

	mu     sync.RWMutex // held for reading while putting
	closed bool
	queue  chan Entry
}

// Open opens the log in a directory, mode 0600, or makes it. Close it.
func Open(dir string, log *slog.Logger) (*Log, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the audit log: %w", err)
	}
	l := &Log{dir: root, log: log, now: time.Now, limit: maxSize, ended: make(chan struct{}), queue: make(chan Entry, queueLen)}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if err := l.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the audit log: %w", err), root.Close())
	}
	go l.run()
	return l, nil
}

func (l *Log) open() error {
	f, err := l.dir.OpenFile(File, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", File)
	}
	if err == nil {
		err = f.Chmod(0o600)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.file, l.size = f, info.Size()
	return nil
}

// Record keeps an entry, with the time where it has none. It does not wait:
// when too many entries wait for the disk, this one is dropped and counted.
func (l *Log) Record(e Entry) {
	if l == nil {
		return
	}
	if e.At.IsZero() {
		e.At = l.now()
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return
	}
	select {
	case l.queue <- e:
	default:
		if l.dropped.Add(1) == 1 {
			l.log.Error("audit entries are dropped, the disk does not keep up")
		}
	}
}

// Dropped is how many entries were lost.
func (l *Log) Dropped() uint64 {
	if l == nil {
		return 0
	}
	return l.dropped.Load()
}

// Close writes what waits and closes the file. It may be called again.
func (l *Log) Close() {
	if l == nil {
		return
	}
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.queue)
	}
	l.mu.Unlock()
	<-l.ended
}

func (l *Log) run() {
	defer close(l.ended)
	failing := false
	for e := range l.queue {
		err := l.write(e)
		if err != nil {
			l.dropped.Add(1)
		}
		if failed := err != nil; failed != failing { // one line a change of state
			if failing = failed; failing {
				l.log.Error("the audit log cannot be written", "error", err)
			} else {
				l.log.Info("the audit log is written again")
			}
		}
	}
	if l.file != nil {
		_ = l.file.Close() // every entry was written by itself
	}
	_ = l.dir.Close()
}

func (l *Log) write(e Entry) error {
	for _, text := range []*string{&e.Who, &e.Source, &e.Room, &e.Session, &e.Protocol, &e.Key, &e.Detail} {
		*text = (*text)[:min(len(*text), maxText)]
	}
	e.At = e.At.UTC()
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if l.file == nil || l.size+int64(len(line)) >= l.limit {
		if err := l.rotate(); err != nil {
			return err
		}
	}
	n, err := l.file.Write(append(line, '\n'))
	l.size += int64(n)
	return err
}

// rotate gives every file the next number, and begins a new one.
func (l *Log) rotate() error {
	if l.file != nil {
		_ = l.file.Close()
		l.file = nil
		for n := older; n > 0; n-- {
			if err := l.dir.Rename(numbered(n-1), numbered(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return errors.Join(err, l.open())
			}
		}
	}
	return l.open()
}

// numbered is the name of a file; 0 is the newest.
func numbered(n int) string {
	if n == 0 {
		return File
	}
	return fmt.Sprintf("%s.%d", File, n)
}

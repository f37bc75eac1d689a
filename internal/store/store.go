package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite" // the driver, in Go alone
	sqlite3 "modernc.org/sqlite/lib"
)

// What may be wrong with a file.
var (
	// ErrNewer says that a newer version of the program wrote the file.
	ErrNewer = errors.New("written by a newer version")
	// ErrDamaged says that the file is no database, or a broken one.
	ErrDamaged = errors.New("damaged")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("the store is closed")
	// ErrNotFound says that there is no such thing in the store.
	ErrNotFound = errors.New("not found")
)

// Options say where a store is and how long it keeps things. Only Path is needed.
type Options struct {
	Path string // of the file; its folder is there
	// KeepChat is how long chat and boards outlast their class; 0 is 7 days.
	KeepChat time.Duration
	// KeepAttendance is how long attendance and polls do; 0 is 30 days.
	KeepAttendance time.Duration
	Log            *slog.Logger     // nil is silent
	Now            func() time.Time // nil is time.Now
}

const (
	defaultKeepChat       = 7 * 24 * time.Hour
	defaultKeepAttendance = 30 * 24 * time.Hour
	// readers at once; more wait.
	readers = 4
	// patience with another program that has the file: a backup, say.
	patience = 5 * time.Second
)

// Store is an open file. It is safe for concurrent use.
type Store struct {
	path           string
	keepChat       time.Duration
	keepAttendance time.Duration
	log            *slog.Logger
	now            func() time.Time

	read  *sql.DB
	write *sql.DB
	queue queue
	once  sync.Once
}

// Open opens the file, makes it when there is none, and brings an older one up
// to date. The error wraps ErrNewer or ErrDamaged where that is the cause.
// Close the store.
func Open(ctx context.Context, o Options) (*Store, error) {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	s := &Store{
		path: path, log: o.Log, now: o.Now,
		keepChat:       cmp.Or(o.KeepChat, defaultKeepChat),
		keepAttendance: cmp.Or(o.KeepAttendance, defaultKeepAttendance),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.open(ctx); err != nil {
		s.closeFiles()
		return nil, fmt.Errorf("open the store %s: %w", path, explain(path, err))
	}
	s.queue.start(s)
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	// What is said in a class is nobody else's on this machine.
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if s.write, err = sql.Open("sqlite", address(s.path, "journal_mode(wal)", "synchronous(normal)", "foreign_keys(on)", "secure_delete(on)")); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := check(ctx, s.write); err != nil {
		return err
	}
	if err := migrate(ctx, s.write); err != nil {
		return err
	}
	if s.read, err = sql.Open("sqlite", address(s.path, "query_only(on)")); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(readers)
	return nil
}

// address is the file as the driver takes it, whatever characters its name has.
func address(path string, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}}
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds()))
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}).String()
}

// check reads the whole file once, so that damage is an error now and not in the middle of a class.
func check(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, verdict)
	}
	return nil
}

// explain says what somebody whose file does not open can do.
func explain(path string, err error) error {
	if code, ok := errors.AsType[*sqlite.Error](err); ok {
		switch code.Code() & 0xff {
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			err = fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	if errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w; stop the server, move %s (and the files beside it that end in -wal and -shm) away "+
			"or put a backup in its place, and start again: without a backup a new one is made", err, filepath.Base(path))
	}
	return err
}

// Close writes what is in the queue and closes the file. It may be called again.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() {
		s.queue.stop()
		err = s.closeFiles()
	})
	return err
}

func (s *Store) closeFiles() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// micros is a time as columns have it.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

package backup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Code is the word by which a refusal of Hold is found in the documents.
const Code = "data_in_use"

// Hold says that a server uses a data directory, until release is called or
// the process has ended, however it does. One may: two would write over what
// the other has in memory. The error wraps ErrRunning while another one does,
// ErrInterrupted when a restore has to be completed first, and ErrRestoring
// while one is made.
func Hold(dir string) (release func(), err error) {
	release, err = hold(dir, server)
	if errors.Is(err, ErrRunning) {
		return nil, fmt.Errorf("%w: end that one, or give this one a folder of its own (data.dir); %s", err, Code)
	}
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(filepath.Join(dir, journalFile)); !errors.Is(err, fs.ErrNotExist) {
		release()
		return nil, fmt.Errorf("%w: run lectern restore again with the same file", ErrInterrupted)
	}
	return release, nil
}

// holder is what somebody holds a directory for.
type holder string

const (
	server  holder = "server"
	restore holder = "restore"
)

// hold takes the lock of a directory, and writes into the file who has it.
func hold(dir string, as holder) (release func(), err error) {
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data.dir: %w", err)
	}
	err = lock(f)
	if errors.Is(err, errHeld) {
		by, who := heldBy(f)
		err = ErrRunning
		if by == restore {
			err = ErrRestoring
		}
		return nil, errors.Join(fmt.Errorf("%w: %s holds %s", err, who, path), f.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock data.dir: %w", err), f.Close())
	}
	sign(f, as)
	return func() { _ = f.Close() }, nil // which gives the lock back
}

// sign writes who holds a lock, for people: it counts while the lock is held,
// and a disk that is full keeps nobody from running.
func sign(f *os.File, as holder) {
	host, _ := os.Hostname()
	if err := f.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(f, "%s\nprocess %d on %q, since %s\n", as, os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	}
}

// maxSignature bounds what is read of a lock's file.
const maxSignature = 1 << 10

// heldBy reads who holds a lock. An older version says nothing.
func heldBy(f *os.File) (as holder, who string) {
	text, _ := io.ReadAll(io.LimitReader(f, maxSignature)) // somebody unknown, where it cannot be read
	kind, rest, _ := strings.Cut(string(text), "\n")
	who, _, whole := strings.Cut(rest, "\n")
	if !whole {
		who = "a process that does not say which it is"
	}
	return holder(kind), who
}

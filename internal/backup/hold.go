package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Hold says that a server uses a data directory, until release is called or
// the process has ended. Several may. The error wraps ErrInterrupted when a
// restore has to be completed first, and ErrRunning while one is made.
func Hold(dir string) (release func(), err error) {
	release, err = hold(dir, false)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(filepath.Join(dir, journalFile)); !errors.Is(err, fs.ErrNotExist) {
		release()
		return nil, fmt.Errorf("%w: run lectern restore again with the same file", ErrInterrupted)
	}
	return release, nil
}

// hold takes the lock of a directory: for servers together, or for a restore
// alone.
func hold(dir string, alone bool) (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data.dir: %w", err)
	}
	if err := lock(f, alone); err != nil {
		_ = f.Close()
		if alone {
			return nil, fmt.Errorf("restore: %w: stop it first", ErrRunning)
		}
		return nil, errors.New("lock data.dir: a restore is being made in it")
	}
	return func() { _ = f.Close() }, nil // which gives the lock back
}

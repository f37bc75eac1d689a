package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Backup writes a whole and compact copy to a file that is not there yet, while
// the store is in use. Put in the place of the store's file it is a store.
func (s *Store) Backup(ctx context.Context, path string) error {
	if err := s.Flush(ctx); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	// The file is made here, for its mode; SQLite writes into an empty one.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("back up: %s is there already", path)
	}
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	// A connection of its own: it reads for long, and readers may not write, not even elsewhere.
	db, err := sql.Open("sqlite", address(s.path))
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", path)
	if err = errors.Join(err, db.Close()); err != nil {
		return errors.Join(fmt.Errorf("back up to %s: %w", path, err), os.Remove(path))
	}
	return nil
}

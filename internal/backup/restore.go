package backup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Target is where a backup is put back.
type Target struct {
	// Dir is the data directory; it is made when it is missing.
	Dir string
	// Store is the name of the database in it.
	Store string
	// Check opens the database that was unpacked, and says what is wrong with
	// it: a newer version's, or damaged.
	Check func(ctx context.Context, path string) error
	// Most is what the files may have together, in bytes. 0 is MostOf the
	// backup's size.
	Most int64
	// Now names the folder of the former data.
	Now time.Time

	// step is called before each step that changes the directory; a test ends
	// the process's work there.
	step func() error
}

// Result is what a restore has done.
type Result struct {
	Manifest Manifest
	// Aside is the folder with the former data, "" when there were none.
	Aside string
}

// journal says what a restore was about to do, when its files are complete.
type journal struct {
	Work  string `json:"work"`  // folder of the new files
	Aside string `json:"aside"` // folder for the old ones
}

// Restore puts the backup at path in the place of what the directory has,
// which it keeps aside. The error wraps ErrRunning, ErrRestoring, ErrDamaged,
// ErrNewer or ErrTooLarge where that is the cause; nothing has changed then. Of a restore that was
// interrupted while it changed things, the next one completes first what is
// left to do.
func Restore(ctx context.Context, t Target, path string) (Result, error) {
	if t.step == nil {
		t.step = func() error { return nil }
	}
	if err := os.MkdirAll(t.Dir, 0o750); err != nil {
		return Result{}, fmt.Errorf("restore: %w", err)
	}
	release, err := hold(t.Dir, restore)
	if err != nil {
		return Result{}, fmt.Errorf("restore: %w: stop it first", err)
	}
	defer release()
	if err := t.complete(); err != nil {
		return Result{}, err
	}
	if err := t.tidy(); err != nil {
		return Result{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return Result{}, fmt.Errorf("restore: %w", err)
	}
	defer f.Close()
	work, err := os.MkdirTemp(t.Dir, workPrefix)
	if err != nil {
		return Result{}, fmt.Errorf("restore: %w", err)
	}
	r, err := t.replace(ctx, f, work)
	if err != nil && r.Aside == "" { // nothing has changed
		return Result{}, errors.Join(err, os.RemoveAll(work))
	}
	return r, err
}

// replace unpacks, and puts in place.
func (t Target) replace(ctx context.Context, f *os.File, work string) (Result, error) {
	info, err := f.Stat()
	if err != nil {
		return Result{}, fmt.Errorf("restore: %w", err)
	}
	m, err := unpack(f, work, cmp.Or(t.Most, MostOf(info.Size())))
	if err != nil {
		return Result{}, fmt.Errorf("restore from %s: %w", f.Name(), err)
	}
	if t.Check != nil {
		if err := t.Check(ctx, filepath.Join(work, t.Store)); err != nil {
			return Result{}, fmt.Errorf("restore from %s: %w", f.Name(), err)
		}
	}
	for _, suffix := range []string{"-wal", "-shm"} { // of the look at it
		_ = os.Remove(filepath.Join(work, t.Store+suffix))
	}
	j := journal{Work: filepath.Base(work), Aside: t.asideName()}
	text, err := json.Marshal(j)
	if err != nil {
		return Result{}, err
	}
	if err := t.step(); err != nil {
		return Result{}, err
	}
	if err := writeWhole(t.Dir, journalFile, text); err != nil {
		return Result{}, fmt.Errorf("restore: %w", err)
	}
	// From here on there is no way back but through.
	r := Result{m, filepath.Join(t.Dir, j.Aside)}
	if err := t.complete(); err != nil {
		return r, err
	}
	if os.Remove(r.Aside) == nil { // there was nothing
		r.Aside = ""
	}
	return r, nil
}

// asideName is one that no former restore has.
func (t Target) asideName() string {
	name := AsidePrefix + t.Now.UTC().Format("20060102T150405Z")
	free := name
	for n := 2; ; n++ {
		if _, err := os.Lstat(filepath.Join(t.Dir, free)); errors.Is(err, fs.ErrNotExist) {
			return free
		}
		free = fmt.Sprintf("%s-%d", name, n)
	}
}

// complete does what the journal says, as much of it as is left.
func (t Target) complete() error {
	text, err := os.ReadFile(filepath.Join(t.Dir, journalFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var j journal
	if err == nil {
		err = json.Unmarshal(text, &j)
	}
	if err == nil && (!strings.HasPrefix(j.Work, workPrefix) || !strings.HasPrefix(j.Aside, AsidePrefix) || j.Work+j.Aside != filepath.Base(j.Work)+filepath.Base(j.Aside)) {
		err = fmt.Errorf("%s says nothing that can be done", journalFile)
	}
	if err != nil {
		return fmt.Errorf("complete a restore: %w", err)
	}
	if err := t.moveAside(j); err != nil {
		return fmt.Errorf("complete a restore: %w", err)
	}
	if err := t.moveIn(j); err != nil {
		return fmt.Errorf("complete a restore: %w", err)
	}
	if err := t.step(); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(t.Dir, journalFile)); err != nil {
		return fmt.Errorf("complete a restore: %w", err)
	}
	_ = os.Remove(filepath.Join(t.Dir, j.Aside, settled)) // it says nothing any more
	return syncDir(t.Dir)
}

// settled is in the aside folder when all of the old data is there, so that
// the new is not taken for it.
const settled = ".settled"

func (t Target) moveAside(j journal) error {
	aside := filepath.Join(t.Dir, j.Aside)
	if err := os.MkdirAll(aside, 0o750); err != nil {
		return err
	}
	if _, err := os.Lstat(filepath.Join(aside, settled)); err == nil {
		return nil
	}
	entries, err := os.ReadDir(t.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		// What belongs to the database moves with it.
		if !kept(e.Name(), "") {
			continue
		}
		if err := t.step(); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(t.Dir, e.Name()), filepath.Join(aside, e.Name())); err != nil {
			return err
		}
	}
	if err := t.step(); err != nil {
		return err
	}
	return writeWhole(aside, settled, nil)
}

func (t Target) moveIn(j journal) error {
	work := filepath.Join(t.Dir, j.Work)
	entries, err := os.ReadDir(work)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := t.step(); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(work, e.Name()), filepath.Join(t.Dir, e.Name())); err != nil {
			return err
		}
	}
	return os.Remove(work)
}

// tidy removes what backups and restores have left that were killed before
// they changed anything.
func (t Target) tidy() error {
	entries, err := os.ReadDir(t.Dir)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), workPrefix) {
			if err := os.RemoveAll(filepath.Join(t.Dir, e.Name())); err != nil {
				return fmt.Errorf("restore: %w", err)
			}
		}
	}
	return nil
}

// writeWhole puts a file in place by one step, on disk.
func writeWhole(dir, name string, text []byte) error {
	f, err := os.CreateTemp(dir, workPrefix+"*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}

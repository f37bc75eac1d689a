package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Source is what is backed up.
type Source struct {
	// Dir is the data directory.
	Dir string
	// Store is the name of the database in it.
	Store string
	// Copy writes a whole copy of the database, as of one moment, to a file
	// that is not there yet.
	Copy func(ctx context.Context, path string) error
	// Program is the version of the program.
	Program string
	// Now is the time.
	Now time.Time
}

// Write makes a backup at path, mode 0600, where nothing may be yet, and
// returns what is in it. A server may run meanwhile.
func Write(ctx context.Context, s Source, path string) (m Manifest, err error) {
	if _, err := os.Lstat(path); err == nil {
		return Manifest{}, fmt.Errorf("back up: %s is there already", path)
	}
	work, err := os.MkdirTemp(s.Dir, workPrefix)
	if err != nil {
		return Manifest{}, fmt.Errorf("back up: %w", err)
	}
	defer os.RemoveAll(work)
	copied := filepath.Join(work, s.Store)
	if err := s.Copy(ctx, copied); err != nil {
		return Manifest{}, err
	}
	// Beside its place, so that it gets there by one step.
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return Manifest{}, fmt.Errorf("back up: %w", err)
	}
	defer os.Remove(f.Name()) // nothing, when all went well
	m, err = s.write(ctx, f, copied)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return Manifest{}, fmt.Errorf("back up: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return Manifest{}, fmt.Errorf("back up: %w", err)
	}
	return m, syncDir(filepath.Dir(path))
}

// write writes the archive.
func (s Source) write(ctx context.Context, w io.Writer, copied string) (Manifest, error) {
	m := Manifest{Format: format, Program: s.Program, Made: s.Now.UTC().Truncate(time.Second), Files: []File{}}
	zipped := gzip.NewWriter(w)
	archive := tar.NewWriter(zipped)
	add := func(name, at string) error {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		file, err := appendFile(archive, name, at)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // rotated, or ended, in the meantime
		}
		if err == nil {
			m.Files = append(m.Files, file)
		}
		return err
	}
	if err := add(s.Store, copied); err != nil {
		return m, err
	}
	root := os.DirFS(s.Dir)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case name != "." && !kept(name, s.Store) && d.IsDir():
			return fs.SkipDir
		case !d.Type().IsRegular() || !kept(name, s.Store):
			return nil
		}
		return add(name, filepath.Join(s.Dir, filepath.FromSlash(name)))
	})
	if err != nil {
		return m, err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	if _, err := appendEntry(archive, manifestName, int64(len(text)), bytes.NewReader(text)); err != nil {
		return m, err
	}
	return m, errors.Join(archive.Close(), zipped.Close())
}

// appendFile adds a file at its present size, whatever is appended meanwhile.
func appendFile(archive *tar.Writer, name, at string) (File, error) {
	f, err := os.Open(at)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return File{}, err
	}
	return appendEntry(archive, name, info.Size(), f)
}

func appendEntry(archive *tar.Writer, name string, size int64, from io.Reader) (File, error) {
	if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600}); err != nil {
		return File{}, err
	}
	digest := sha256.New()
	if _, err := io.CopyN(archive, io.TeeReader(from, digest), size); err != nil {
		return File{}, fmt.Errorf("%s: %w", name, err)
	}
	return File{Name: name, Size: size, SHA256: hex.EncodeToString(digest.Sum(nil))}, nil
}

// syncDir puts on disk that a file has got its name.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	_ = d.Sync() // not every system can
	return d.Close()
}

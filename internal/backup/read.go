package backup

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
)

const (
	// maxManifest, maxFiles and maxName bound what is read into memory, and made.
	maxManifest = 16 << 20
	maxFiles    = 100_000
	maxName     = 1 << 10
	// headBytes is more than an archive has for each file besides its content.
	headBytes = 8 << 10
)

// MostOf is what the files of a backup may have together, in bytes, unless
// Target.Most says otherwise: 50 times the backup's size, which is more than
// databases, texts and recordings are compressed, and 1 GiB for small ones.
func MostOf(size int64) int64 { return max(1<<30, 50*size) }

// unpack writes the files of an archive, which have most bytes together at the
// most, into a directory that is empty, and checks each against the manifest.
// The error wraps ErrDamaged, ErrNewer or ErrTooLarge.
func unpack(from io.Reader, dir string, most int64) (Manifest, error) {
	zipped, err := gzip.NewReader(from)
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Manifest{}, err
	}
	defer root.Close()
	archive := tar.NewReader(&bounded{Reader: zipped, left: most + maxManifest + maxFiles*headBytes})
	came := map[string]File{}
	left := most
	for len(came) <= maxFiles {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return Manifest{}, fmt.Errorf("%w: it has no end", ErrDamaged)
		}
		if errors.Is(err, ErrTooLarge) {
			return Manifest{}, tooLarge(most)
		}
		if err != nil {
			return Manifest{}, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		if h.Name == manifestName {
			return accept(archive, came)
		}
		// kept: no backup has what restores and servers go by, in the place of
		// which it would come while they do.
		if h.Typeflag != tar.TypeReg || len(h.Name) > maxName || !filepath.IsLocal(filepath.FromSlash(h.Name)) || !kept(path.Clean(h.Name), "") {
			return Manifest{}, fmt.Errorf("%w: it has %.80q in it", ErrDamaged, h.Name)
		}
		if _, again := came[h.Name]; again {
			return Manifest{}, fmt.Errorf("%w: it has %.80q twice", ErrDamaged, h.Name)
		}
		if left -= h.Size; left < 0 {
			return Manifest{}, tooLarge(most)
		}
		file, err := extract(root, h.Name, archive)
		if err != nil {
			return Manifest{}, err
		}
		came[h.Name] = file
	}
	return Manifest{}, fmt.Errorf("%w: it has more than %d files", ErrDamaged, maxFiles)
}

func tooLarge(most int64) error {
	return fmt.Errorf("%w: its files have more than %.1f GiB", ErrTooLarge, float64(most)/(1<<30))
}

// bounded ends with ErrTooLarge.
type bounded struct {
	io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrTooLarge
	}
	n, err := b.Reader.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// accept reads the manifest, and compares it with what has come.
func accept(from io.Reader, came map[string]File) (Manifest, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxManifest))
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if m.Format > format {
		return Manifest{}, fmt.Errorf("%w (%s): its format is %d, and this one knows %d", ErrNewer, m.Program, m.Format, format)
	}
	if m.Format < 1 || len(m.Files) != len(came) {
		return Manifest{}, fmt.Errorf("%w: its list does not fit", ErrDamaged)
	}
	for _, f := range m.Files {
		if came[f.Name] != f {
			return Manifest{}, fmt.Errorf("%w: %.80q is not as it was", ErrDamaged, f.Name)
		}
	}
	return m, nil
}

// extract writes one file. What the disk says is no damage of the backup.
func extract(root *os.Root, name string, from io.Reader) (File, error) {
	local := filepath.FromSlash(name)
	if err := root.MkdirAll(filepath.Dir(local), 0o750); err != nil {
		return File{}, fmt.Errorf("restore: %w", err)
	}
	f, err := root.OpenFile(local, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return File{}, fmt.Errorf("restore: %w", err)
	}
	digest := sha256.New()
	read := &source{Reader: from}
	size, err := io.Copy(io.MultiWriter(f, digest), read)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if read.failed {
		return File{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err != nil {
		return File{}, fmt.Errorf("restore: %w", err)
	}
	return File{Name: name, Size: size, SHA256: hex.EncodeToString(digest.Sum(nil))}, nil
}

// source tells an archive that cannot be read from a disk that cannot be written.
type source struct {
	io.Reader
	failed bool
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	s.failed = s.failed || err != nil && !errors.Is(err, io.EOF)
	return n, err
}

package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fill makes a directory with files, given as name and text in turn.
func fill(t *testing.T, dir string, files ...string) string {
	t.Helper()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, []byte(files[i+1]), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// content lists the files of a directory but the lock, "name=text" each.
func content(t *testing.T, dir string) string {
	t.Helper()
	var list []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == lockFile {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		list = append(list, name+"="+string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// source is a directory whose database is a text file.
func sourceOf(dir string) Source {
	return Source{Dir: dir, Store: "rooms.db", Program: "1.0", Now: noon, Copy: func(_ context.Context, path string) error {
		text, err := os.ReadFile(filepath.Join(dir, "rooms.db"))
		if err != nil {
			return err
		}
		return os.WriteFile(path, append(text, " copied"...), 0o600)
	}}
}

func written(t *testing.T) string {
	t.Helper()
	dir := fill(t, t.TempDir(), "rooms.db", "new", "rooms.db-wal", "of the server", "publish.key", "k1", "rec/a/b.mp4", "film", lockFile, "",
		workPrefix+"1/x", "half", AsidePrefix+"1/rooms.db", "old")
	path := filepath.Join(t.TempDir(), "backup")
	if _, err := Write(t.Context(), sourceOf(dir), path); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, workPrefix+"*")); len(left) != 1 {
		t.Errorf("left in the data directory: %v", left)
	}
	return path
}

func TestWhatWasBackedUpComesBack(t *testing.T) {
	path := written(t)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: want mode 0600", info.Mode(), err)
	}
	dir := fill(t, t.TempDir(), "rooms.db", "former", "rooms.db-shm", "its", "audit.log", "lines", "rec/c.mp4", "former film")
	looked := ""
	r, err := Restore(t.Context(), Target{Dir: dir, Store: "rooms.db", Now: noon, Check: func(_ context.Context, path string) error {
		text, err := os.ReadFile(path)
		looked = string(text)
		return err
	}}, path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "before-restore-20260301T120000Z/audit.log=lines before-restore-20260301T120000Z/rec/c.mp4=former film " +
		"before-restore-20260301T120000Z/rooms.db-shm=its before-restore-20260301T120000Z/rooms.db=former " +
		"publish.key=k1 rec/a/b.mp4=film rooms.db=new copied"; content(t, dir) != want {
		t.Errorf("got %s, want %s", content(t, dir), want)
	}
	again, err := Restore(t.Context(), Target{Dir: dir, Store: "rooms.db", Now: noon}, path)
	if got := content(t, dir); err != nil || again.Aside != r.Aside+"-2" || !strings.Contains(got, "Z/rooms.db=former") || !strings.Contains(got, "Z-2/rooms.db=new copied") {
		t.Errorf("again in the same second: %+v, %v, %s", again, err, got)
	}
	if r.Manifest.Program != "1.0" || len(r.Manifest.Files) != 3 || filepath.Base(r.Aside) != "before-restore-20260301T120000Z" || looked != "new copied" {
		t.Errorf("%+v, looked at %q", r, looked)
	}
}

func TestAFreshDirectoryHasNothingToKeepAside(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	r, err := Restore(t.Context(), Target{Dir: dir, Store: "rooms.db", Now: noon}, written(t))
	if err != nil || r.Aside != "" {
		t.Errorf("%+v, %v", r, err)
	}
	if got := content(t, dir); got != "publish.key=k1 rec/a/b.mp4=film rooms.db=new copied" {
		t.Errorf("got %s", got)
	}
}

func TestABackupReplacesNothing(t *testing.T) {
	path := written(t)
	if _, err := Write(t.Context(), sourceOf(t.TempDir()), path); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("changed my mind"))
	dir, out := fill(t, t.TempDir(), "rooms.db", "x"), t.TempDir()
	if _, err := Write(ctx, sourceOf(dir), filepath.Join(out, "b")); err == nil || content(t, out) != "" {
		t.Errorf("an interrupted one: %v, left %q", err, content(t, out))
	}
}

// A second server is told whom it would be in the way of, and what to do; what
// a killed one has left is in nobody's way.
func TestOneServerAtATimeUsesADataDirectory(t *testing.T) {
	dir := fill(t, t.TempDir(), "rooms.db", "x", lockFile, "server\nprocess 1 on \"gone\", since 2026-01-01T00:00:00Z\nand more of a longer text\n")
	release, err := Hold(dir)
	if err != nil {
		t.Fatalf("beside the file of a killed server: %v", err)
	}
	_, err = Hold(dir)
	if !errors.Is(err, ErrRunning) {
		t.Fatalf("a second server: %v", err)
	}
	for _, want := range []string{fmt.Sprintf("process %d on ", os.Getpid()), filepath.Join(dir, lockFile), "end that one", "data.dir", Code} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if _, err := Write(t.Context(), sourceOf(dir), filepath.Join(t.TempDir(), "b")); err != nil {
		t.Errorf("a backup of a running server: %v", err)
	}
	release()
	again, err := Hold(dir)
	if err != nil {
		t.Fatalf("after it has ended: %v", err)
	}
	again()
	alone, err := hold(dir, restore)
	if err != nil {
		t.Fatal(err)
	}
	defer alone()
	if _, err := Hold(dir); !errors.Is(err, ErrRestoring) || errors.Is(err, ErrRunning) {
		t.Errorf("beside a restore: %v", err)
	}
}

// A lock whose holder says nothing, as older versions do, is one all the same.
func TestWhoHoldsALockNeedNotSay(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "a process that does not say which it is",
		"server\nprocess 1 on": "a process that does not say which it is",
		"server\nprocess 7 on \"box\", since 2026-01-01T00:00:00Z\n": "process 7 on \"box\", since 2026-01-01T00:00:00Z",
	} {
		f, err := os.Open(filepath.Join(fill(t, t.TempDir(), lockFile, text), lockFile))
		if err != nil {
			t.Fatal(err)
		}
		if _, who := heldBy(f); who != want {
			t.Errorf("%q: got %q, want %q", text, who, want)
		}
		_ = f.Close()
	}
}

func TestNothingIsRestoredOverARunningServer(t *testing.T) {
	dir := fill(t, t.TempDir(), "rooms.db", "former")
	release, err := Hold(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := written(t)
	if _, err := Restore(t.Context(), Target{Dir: dir, Store: "rooms.db", Now: noon}, path); !errors.Is(err, ErrRunning) || content(t, dir) != "rooms.db=former" {
		t.Errorf("got %v, %s", err, content(t, dir))
	}
	release()
	if _, err := Restore(t.Context(), Target{Dir: dir, Store: "rooms.db", Now: noon}, path); err != nil {
		t.Error(err)
	}
}

// packed makes an archive of names and texts in turn.
func packed(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	a := tar.NewWriter(z)
	for i := 0; i < len(files); i += 2 {
		if _, err := appendEntry(a, files[i], int64(len(files[i+1])), strings.NewReader(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(a.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func manifestOf(format int, files ...File) string {
	text, _ := json.Marshal(Manifest{Format: format, Program: "9.9", Files: files})
	return string(text)
}

const digestOfX = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

func TestWhatIsNoWholeBackupChangesNothing(t *testing.T) {
	whole, err := os.ReadFile(written(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"text":             {[]byte("hello"), ErrDamaged},
		"cut short":        {whole[:len(whole)/2], ErrDamaged},
		"no end":           {packed(t, "rooms.db", "x"), ErrDamaged},
		"another content":  {packed(t, "rooms.db", "x", manifestName, manifestOf(1, File{"rooms.db", 1, "00"})), ErrDamaged},
		"a file too many":  {packed(t, "rooms.db", "x", manifestName, manifestOf(1)), ErrDamaged},
		"a way out":        {packed(t, "../x", "x", manifestName, manifestOf(1)), ErrDamaged},
		"from the root":    {packed(t, "/etc/x", "x", manifestName, manifestOf(1)), ErrDamaged},
		"a newer form":     {packed(t, manifestName, manifestOf(2)), ErrNewer},
		"no form":          {packed(t, manifestName, "{}"), ErrDamaged},
		"a lock":           {packed(t, lockFile, "x", manifestName, manifestOf(1, File{lockFile, 1, digestOfX})), ErrDamaged},
		"a journal":        {packed(t, "./"+journalFile, "x", manifestName, manifestOf(1, File{"./" + journalFile, 1, digestOfX})), ErrDamaged},
		"former data":      {packed(t, AsidePrefix+"1/rooms.db", "x", manifestName, manifestOf(1, File{AsidePrefix + "1/rooms.db", 1, digestOfX})), ErrDamaged},
		"twice":            {packed(t, "a", "x", "a", "y", manifestName, manifestOf(1)), ErrDamaged},
		"a newer database": {whole, ErrNewer},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fill(t, t.TempDir(), "rooms.db", "former")
			path := filepath.Join(t.TempDir(), "b")
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			check := func(context.Context, string) error { return fmt.Errorf("open it: %w", ErrNewer) }
			_, err := Restore(t.Context(), Target{Dir: dir, Store: "rooms.db", Now: noon, Check: check}, path)
			if !errors.Is(err, c.want) || content(t, dir) != "rooms.db=former" {
				t.Errorf("got %v, %s", err, content(t, dir))
			}
		})
	}
}

// A file that is small and unpacks to more than any backup does is refused
// before it fills the disk, and nothing has changed.
func TestABackupThatUnpacksToTooMuchIsRefused(t *testing.T) {
	manifest := manifestOf(1)
	for name, c := range map[string]struct {
		file []byte
		most int64
		want error
	}{
		"as much as it may":       {packed(t, "a", "12345", "b", "678", manifestName, manifest), 8, ErrDamaged},
		"a byte more":             {packed(t, "a", "12345", "b", "6789", manifestName, manifest), 8, ErrTooLarge},
		"one file":                {packed(t, "a", strings.Repeat("0", 3<<20), manifestName, manifest), 2 << 20, ErrTooLarge},
		"a name that has no end":  {packed(t, strings.Repeat("n", maxName+1), "x", manifestName, manifest), 8, ErrDamaged},
		"what a small backup has": {packed(t, "a", strings.Repeat("0", 3<<20), manifestName, manifest), 0, ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fill(t, t.TempDir(), "rooms.db", "former")
			path := filepath.Join(t.TempDir(), "b")
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Restore(t.Context(), Target{Dir: dir, Store: "rooms.db", Now: noon, Most: c.most}, path)
			if !errors.Is(err, c.want) || content(t, dir) != "rooms.db=former" {
				t.Errorf("got %v, %s", err, content(t, dir))
			}
		})
	}
}

// What an archive has besides its files is bounded as well.
func TestAnArchiveOfHeadersHasAnEnd(t *testing.T) {
	b := &bounded{Reader: strings.NewReader("0123456789"), left: 4}
	got, err := io.ReadAll(b)
	if string(got) != "0123" || !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %q, %v", got, err)
	}
}

// Whoever is killed in a restore, at whatever step: a server does not start on
// half of it, and the next restore completes it and loses nothing.
func TestAnInterruptedRestoreIsCompleted(t *testing.T) {
	path := written(t)
	killed := errors.New("killed")
	for at := 1; ; at++ {
		dir := fill(t, t.TempDir(), "rooms.db", "former", "rooms.db-wal", "its", "publish.key", "former")
		steps := 0
		target := Target{Dir: dir, Store: "rooms.db", Now: noon, step: func() error {
			if steps++; steps == at {
				return killed
			}
			return nil
		}}
		_, err := Restore(t.Context(), target, path)
		if err == nil {
			if at < 5 {
				t.Fatalf("only %d steps", at)
			}
			return
		}
		if !errors.Is(err, killed) {
			t.Fatal(err)
		}
		_, journalErr := os.Lstat(filepath.Join(dir, journalFile))
		release, err := Hold(dir)
		if begun := journalErr == nil; begun != errors.Is(err, ErrInterrupted) {
			t.Errorf("killed at step %d: a server may start: %v", at, err)
		}
		if err == nil {
			release()
			if !strings.Contains(content(t, dir), "rooms.db=former") {
				t.Errorf("killed at step %d, before it began: %s", at, content(t, dir))
			}
		}
		target.step, target.Now = nil, noon.Add(time.Hour)
		if _, err := Restore(t.Context(), target, path); err != nil {
			t.Fatalf("again, killed at step %d: %v", at, err)
		}
		got := content(t, dir)
		for _, want := range []string{" rooms.db=new copied", " publish.key=k1", "/rooms.db=former", "/rooms.db-wal=its", "/publish.key=former"} {
			if !strings.Contains(got, want) {
				t.Errorf("killed at step %d: %s lacks %s", at, got, want)
			}
		}
		if release, err = Hold(dir); err != nil {
			t.Errorf("killed at step %d: %v", at, err)
		} else {
			release()
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(packed(f, "rooms.db", "x", manifestName, manifestOf(1)))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, file []byte) {
		dir := t.TempDir()
		inner := filepath.Join(dir, "inner")
		if err := os.Mkdir(inner, 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := unpack(bytes.NewReader(file), inner, 1<<20)
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("it wrote elsewhere: %v, %v", entries, err)
		}
	})
}

package audit

import (
	"bufio"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lectern/sfu/sfutest"
)

func lines(t *testing.T, path string) (list []map[string]any) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var one map[string]any
		if err := json.Unmarshal(s.Bytes(), &one); err != nil {
			t.Fatalf("%q: %v", s.Text(), err)
		}
		list = append(list, one)
	}
	return list
}

func TestAnEntryIsOneLineThatOnlyTheOwnerReads(t *testing.T) {
	sfutest.NoLeaks(t)
	dir := t.TempDir()
	l, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	l.Record(Entry{Action: Refused, Source: "live/a\n{\"event.action\":\"login\"}", Remote: netip.MustParseAddr("192.0.2.7")})
	l.Record(Entry{Action: Publish, Who: "key:first", Detail: strings.Repeat("x", 10_000)})
	l.Close()
	l.Close()
	l.Record(Entry{Action: Login})

	path := filepath.Join(dir, File)
	got := lines(t, path)
	if len(got) != 2 || got[0]["event.action"] != Refused || got[0]["client.ip"] != "192.0.2.7" || got[1]["user.id"] != "key:first" {
		t.Errorf("entries %v", got)
	}
	if n := len(got[1]["message"].(string)); n != maxText {
		t.Errorf("a text has %d bytes, want %d", n, maxText)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
}

func TestTheLogIsRotatedAndBounded(t *testing.T) {
	sfutest.NoLeaks(t)
	dir := t.TempDir()
	l, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	// By hand, so that no entry is dropped: the goroutine has ended.
	l.limit = 1000
	if l.dir, err = os.OpenRoot(dir); err != nil {
		t.Fatal(err)
	}
	defer l.dir.Close()
	if err := l.open(); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if err := l.write(Entry{Action: Publish, Detail: strings.Repeat("y", 100)}); err != nil {
			t.Fatal(err)
		}
	}
	_ = l.file.Close()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != older+1 {
		t.Errorf("%d files, want %d", len(files), older+1)
	}
	for _, f := range files {
		info, _ := f.Info()
		if info.Size() > 1000 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %d bytes, mode %v", f.Name(), info.Size(), info.Mode())
		}
		lines(t, filepath.Join(dir, f.Name()))
	}
}

func TestANilLogKeepsNothing(t *testing.T) {
	var l *Log
	l.Record(Entry{Action: Login})
	l.Close()
	if l.Dropped() != 0 {
		t.Error("a nil log dropped something")
	}
}

package auth

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func dataDir(t *testing.T) (*os.Root, string) {
	t.Helper()
	path := t.TempDir()
	root, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root, filepath.Join(path, FirstKeyFile)
}

func TestFirstKeyIsMadeOnce(t *testing.T) {
	root, path := dataDir(t)
	key, made, err := FirstKey(root)
	if err != nil || !made {
		t.Fatalf("first start: made %v, error %v", made, err)
	}
	if raw, err := base64.RawURLEncoding.DecodeString(key); err != nil || len(raw) != 32 {
		t.Errorf("key has %d bytes (%v), want 32", len(raw), err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %04o, want 0600", info.Mode().Perm())
	}
	again, made, err := FirstKey(root)
	if err != nil || made || again != key {
		t.Errorf("second start: the same key %v, made %v, error %v", again == key, made, err)
	}
}

func TestFirstKeyRefusesUnsafeFiles(t *testing.T) {
	good := strings.Repeat("k", 43)
	for _, c := range []struct {
		name string
		text string
		mode os.FileMode
		want string
	}{
		{"readable by the group", good, 0o640, "chmod 600"},
		{"readable by everybody", good, 0o604, "chmod 600"},
		{"writable by the group", good, 0o620, "chmod 600"},
		{"empty", "", 0o600, "holds no key"},
		{"short", "abc", 0o600, "holds no key"},
		{"two lines", good + "\n" + good + "\n", 0o600, "holds no key"},
		{"not for a header", good + "\x00", 0o600, "holds no key"},
		{"long", strings.Repeat("k", 1000), 0o600, "holds no key"},
		{"an operator's own", "an-operators-own-key", 0o600, ""},
		{"with a line end", good + "\n", 0o400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, path := dataDir(t)
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			key, made, err := FirstKey(root)
			if c.want == "" {
				if err != nil || made || key != strings.TrimSpace(c.text) {
					t.Errorf("key %q, made %v, error %v", key, made, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want one with %q", err, c.want)
			}
			if len(c.text) > 8 && strings.Contains(err.Error(), c.text[:8]) {
				t.Errorf("error %q quotes the file", err)
			}
		})
	}
}

func TestFirstKeyStaysInsideTheDataDirectory(t *testing.T) {
	root, path := dataDir(t)
	outside := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.WriteFile(outside, []byte(strings.Repeat("k", 43)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, path); err != nil {
		t.Fatal(err)
	}
	if key, _, err := FirstKey(root); err == nil {
		t.Errorf("followed a link out of the directory to %q", key)
	}
}

func TestFirstKeyFailsInAMissingDirectory(t *testing.T) {
	root, path := dataDir(t)
	if err := os.Remove(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := FirstKey(root); err == nil {
		t.Error("made a key in a directory that is gone")
	}
}

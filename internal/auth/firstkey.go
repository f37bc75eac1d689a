package auth

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"runtime"
)

// FirstKeyFile is the name, inside the data directory, of the key made at first start.
const FirstKeyFile = "publish.key"

// firstKeyBytes is the entropy of that key.
const firstKeyBytes = 32

// firstKeyForm is what the file may hold: the key we make, or one that an
// operator put there instead, of 16 to 256 characters that fit in a header and a URL.
var firstKeyForm = regexp.MustCompile(`^[A-Za-z0-9_~.-]{16,256}\n?$`)

// FirstKey reads the key from FirstKeyFile in dir, or makes one there with mode
// 0600; made says which. It refuses a file that others than its owner can
// touch, and one that does not hold a key.
func FirstKey(dir *os.Root) (key string, made bool, err error) {
	key, err = readFirstKey(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, false, err
	}
	key, err = writeFirstKey(dir)
	if errors.Is(err, fs.ErrExist) { // another process was first
		key, err = readFirstKey(dir)
		return key, false, err
	}
	return key, err == nil, err
}

func readFirstKey(dir *os.Root) (string, error) {
	f, err := dir.Open(FirstKeyFile)
	if err != nil {
		return "", fmt.Errorf("open the publishing key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("look at the publishing key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a regular file", f.Name())
	}
	// Windows has no such bits and reports them all as set.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return "", fmt.Errorf("%s can be read by others (mode %04o): chmod 600 it, or delete it for a new key", f.Name(), mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, 512))
	if err != nil {
		return "", fmt.Errorf("read the publishing key: %w", err)
	}
	if !firstKeyForm.Match(text) {
		return "", fmt.Errorf("%s holds no key: delete it for a new one", f.Name())
	}
	if text[len(text)-1] == '\n' {
		text = text[:len(text)-1]
	}
	return string(text), nil
}

// writeFirstKey makes the file, which must not exist. A crash in between leaves
// a file that readFirstKey refuses, and says what to do about.
func writeFirstKey(dir *os.Root) (string, error) {
	random := make([]byte, firstKeyBytes)
	rand.Read(random) // never fails
	key := base64.RawURLEncoding.EncodeToString(random)

	f, err := dir.OpenFile(FirstKeyFile, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("make the publishing key: %w", err)
	}
	_, err = f.WriteString(key + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("write the publishing key: %w", errors.Join(err, dir.Remove(FirstKeyFile)))
	}
	return key, nil
}

package backup

import (
	"errors"
	"path/filepath"
	"strings"
	"time"
)

// What may be wrong.
var (
	// ErrDamaged says that a file is no backup, or not a whole one.
	ErrDamaged = errors.New("damaged, or no backup")
	// ErrNewer says that a newer version of the program made it.
	ErrNewer = errors.New("made by a newer version")
	// ErrTooLarge says that a file would unpack to more than it may.
	ErrTooLarge = errors.New("larger than a backup of its size is")
	// ErrRunning says that a server uses the data directory.
	ErrRunning = errors.New("a server runs on this data directory")
	// ErrRestoring says that a restore is being made in it.
	ErrRestoring = errors.New("a restore is being made in this data directory")
	// ErrInterrupted says that a restore was interrupted, and has to be
	// completed before a server runs.
	ErrInterrupted = errors.New("a restore was interrupted here")
	// errHeld says that another process has a lock.
	errHeld = errors.New("held by another process")
)

// format is what this version writes; it reads no higher one.
const format = 1

// manifestName is the last entry of a file.
const manifestName = "manifest.json"

// Manifest says what is in a file.
type Manifest struct {
	Format  int       `json:"format"`
	Program string    `json:"program"` // its version
	Made    time.Time `json:"made"`
	Files   []File    `json:"files"`
}

// File is one of the data directory.
type File struct {
	Name   string `json:"name"` // with slashes, below the directory
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

const (
	// lockFile is held by servers and restores.
	lockFile = "lectern.lock"
	// journalFile is there while files are put in place.
	journalFile = "restore.json"
	// workPrefix begins the names of folders in which files are prepared.
	workPrefix = ".work-"
	// AsidePrefix begins the names of the folders to which a restore moves the
	// former data.
	AsidePrefix = "before-restore-"
)

// kept says whether a file of the data directory belongs into a backup.
// Of the database, which is store, a copy is taken instead.
func kept(name, store string) bool {
	top, _, _ := strings.Cut(filepath.ToSlash(name), "/")
	switch {
	case top == lockFile, top == journalFile, strings.HasPrefix(top, workPrefix), strings.HasPrefix(top, AsidePrefix):
		return false
	case top == store, top == store+"-wal", top == store+"-shm":
		return false
	}
	return true
}

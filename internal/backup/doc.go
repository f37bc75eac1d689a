// Package backup writes what a server keeps into one file while it runs, and
// puts it back.
//
// Invariant: a backup file is whole or not there, and a data directory that a
// restore was made in has all of the old data or all of the new: whoever is
// killed in between leaves what the next call of the same command completes.
//
// A file is a gzipped tar of the data directory's regular files, the database
// as a copy of one moment, and at its end a manifest with the digest of each.
// It holds secrets (the first key), and is made for its owner's eyes alone.
package backup

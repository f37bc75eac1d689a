// Package cause gives a word to why something has ended, for counting.
//
// Invariant: a Table has no more words than it has rows, and one: whatever the
// error is, its word is one of Words.
package cause

import (
	"errors"
	"slices"
)

// Other is the word for an error that is in no row.
const Other = "error"

// Table has words for errors. The first row that an error is, is its own.
type Table []Row

// Row is the word for an error, and for all that wrap it.
type Row struct {
	Err  error
	Word string
}

// Word returns the word for an error.
func (t Table) Word(err error) string {
	for _, row := range t {
		if errors.Is(err, row.Err) {
			return row.Word
		}
	}
	return Other
}

// Words returns all words in their order, each once.
func (t Table) Words() []string {
	list := []string{Other}
	for _, row := range t {
		list = append(list, row.Word)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Package arch holds the import policy of Lectern as a test: which package must
// not know of which, each ban with its reason. It has no code of its own.
//
// A ban that stands in the way of a good change is a decision to take again,
// here and in the open, not one to go around.
package arch

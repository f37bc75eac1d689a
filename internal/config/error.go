package config

import "strings"

// Error says what is wrong with one setting. Load and Validate return one or
// several of them, joined; errors.As finds the first.
type Error struct {
	// Key is the setting, or what was taken for one.
	Key string
	// Source is where it was set: FILE:LINE, an environment variable, a flag,
	// or "" for a Config that was made by hand.
	Source string
	// Reason says what is wrong and what is allowed. It never holds a secret.
	Reason string
}

// Error is one line: the source, the key and the reason.
func (e *Error) Error() string {
	key := e.Key
	if e.Source == "--"+key {
		key = "" // a flag names its setting
	}
	parts := make([]string, 0, 3)
	for _, p := range []string{e.Source, key, e.Reason} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ": ")
}

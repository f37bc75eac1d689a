// Package logging writes the log: text for a person at a terminal, and JSON
// with the names of the Elastic Common Schema for a machine.
//
// Invariant: a line is one record. What comes from outside cannot begin a line,
// end one, or move a terminal's cursor: control characters, and those that turn
// the direction of text, are escaped. In JSON each name is there once, and the
// line is what Filebeat and Logstash take without a filter.
package logging

import (
	"io"
	"log/slog"
)

// Options are the choices of a log.
type Options struct {
	Level slog.Leveler
	// JSON writes JSON in place of text.
	JSON bool
	// Version is the program's, for JSON.
	Version string
}

// New returns a log that writes to w, a line at a time.
func New(w io.Writer, o Options) *slog.Logger {
	options := &slog.HandlerOptions{Level: o.Level}
	if o.JSON {
		return slog.New(newElastic(w, options, o.Version))
	}
	return slog.New(traced{slog.NewTextHandler(w, options)})
}

package app

import (
	"io"
	"log/slog"
	"os"

	"github.com/mattn/go-isatty"

	"lectern/internal/config"
	"lectern/internal/logging"
)

// newLog makes the log: text for a person at a terminal, JSON for a machine.
func newLog(version string, c config.Log, w io.Writer) *slog.Logger {
	text := c.Format == "text"
	if f, ok := w.(*os.File); ok && c.Format == "auto" {
		text = isatty.IsTerminal(f.Fd())
	}
	return logging.New(w, logging.Options{Level: c.MinLevel(), JSON: !text, Version: version})
}

package app

import (
	"io"
	"log/slog"
	"os"

	"github.com/mattn/go-isatty"

	"lectern/internal/config"
)

// newLog makes the log: text for a person at a terminal, JSON for a machine.
func newLog(c config.Log, w io.Writer) *slog.Logger {
	text := c.Format == "text"
	if f, ok := w.(*os.File); ok && c.Format == "auto" {
		text = isatty.IsTerminal(f.Fd())
	}
	options := &slog.HandlerOptions{Level: c.MinLevel()}
	if text {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

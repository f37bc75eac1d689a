package peer

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLogs hands Pion's messages on. None of them is above Debug: what an
// operator has to know is logged by the sessions, once, and what a stranger
// sends must not fill the log.
type pionLogs struct{ log *slog.Logger }

func (l pionLogs) NewLogger(scope string) logging.LeveledLogger {
	return pionLog{l.log.With("component", "pion/"+scope)}
}

type pionLog struct{ log *slog.Logger }

func (l pionLog) print(text string) { l.log.Debug(text) }

func (l pionLog) printf(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug(fmt.Sprintf(format, args...))
	}
}

func (l pionLog) Trace(string)                      {}
func (l pionLog) Tracef(string, ...any)             {}
func (l pionLog) Debug(string)                      {}
func (l pionLog) Debugf(string, ...any)             {}
func (l pionLog) Info(text string)                  { l.print(text) }
func (l pionLog) Infof(format string, args ...any)  { l.printf(format, args...) }
func (l pionLog) Warn(text string)                  { l.print(text) }
func (l pionLog) Warnf(format string, args ...any)  { l.printf(format, args...) }
func (l pionLog) Error(text string)                 { l.print(text) }
func (l pionLog) Errorf(format string, args ...any) { l.printf(format, args...) }

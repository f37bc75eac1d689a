package app

import (
	"context"
	"log/slog"
	"sync"

	"lectern/internal/doctor"
	"lectern/internal/history"
	"lectern/internal/logs"
	"lectern/signaling"
)

// overview is what the owner sees of the server while it runs.
type overview struct {
	logs    *logs.Ring
	history *history.History
	ending  chan struct{} // closed when the owner ends the server
	end     func()
}

// openOverview keeps what is logged from here on, and returns the log to use.
func (a *App) openOverview(log *slog.Logger) *slog.Logger {
	ending := make(chan struct{})
	a.overview = overview{
		logs: logs.NewRing(), history: history.New(figures(), a.figures),
		ending: ending, end: sync.OnceFunc(func() { close(ending) }),
	}
	a.log = slog.New(a.overview.logs.Handler(log.Handler()))
	return a.log
}

// owner is what the owner can see and change by the API.
func (a *App) owner() *signaling.Owner {
	return &signaling.Owner{
		Keys:     a.access.keys,
		Sessions: a.access.sessions,
		History:  a.overview.history,
		Logs:     a.overview.logs,
		Settings: a.config.Values,
		Doctor:   a.examine,
		Webhooks: a.outside.webhooks,
		Drain:    a.overview.end,
	}
}

// examine has the doctor look at this server from the inside.
func (a *App) examine(ctx context.Context, full bool) any {
	return doctor.Run(ctx, doctor.Options{Config: a.config, URL: a.URL(), Token: a.firstKey, Inside: true, Quick: !full})
}

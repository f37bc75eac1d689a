package app

import (
	"log/slog"

	"lectern/internal/config"
	"lectern/internal/hook"
)

func hookOptions(c config.Hooks, queue int, log *slog.Logger) hook.Options {
	o := hook.Options{
		Connect:        c.OnConnect,
		Publish:        c.OnPublish,
		PublishDone:    c.OnPublishDone,
		Play:           c.OnPlay,
		PlayDone:       c.OnPlayDone,
		Update:         c.OnUpdate,
		UpdateInterval: c.UpdateInterval,
		Method:         hook.Post,
		Format:         c.Format,
		Secret:         string(c.Secret),
		Timeout:        c.Timeout,
		OnFailure:      c.OnFailure,
		AllowPrivate:   c.AllowPrivate,
		Queue:          queue,
		Log:            log,
	}
	if c.Format == "query" {
		o.Method, o.Format = hook.Get, hook.Form
	}
	return o
}

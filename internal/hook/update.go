package hook

import (
	"context"
	"errors"
	"time"

	"lectern/internal/auth"
)

// follow asks while the session lasts, and takes the permission back when the
// answer is no, or when whoever decided before does.
func (h *Hooks) follow(ctx context.Context, s *session, above <-chan struct{}) {
	defer s.stop()
	tick := time.NewTicker(h.options.UpdateInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-above:
			close(s.revoked)
			return
		case <-ctx.Done():
			return
		}
		if !h.keeps(ctx, s) {
			close(s.revoked)
			return
		}
	}
}

// keeps is no only where there was an answer.
func (h *Hooks) keeps(ctx context.Context, s *session) bool {
	call := callUpdate + "_publish"
	if s.request.Action == auth.Watch {
		call = callUpdate + "_play"
	}
	a, err := h.update.call(ctx, event{call: call, request: s.request, stream: s.stream, lasts: time.Since(s.began)}, newDelivery())
	switch {
	case errors.Is(err, context.Canceled):
		return true // the session has ended meanwhile
	case err != nil:
		if !h.silent.Swap(true) { // once, and not for each session and time
			h.options.Log.Warn("hook gives no answer, sessions go on", "error", err)
		}
		return true
	case h.silent.Swap(false):
		h.options.Log.Info("hook answers again", "hook", h.update.setting)
	}
	if !a.good() {
		h.options.Log.Info("permission taken back", "hook", h.update.setting, "status", a.status,
			"source", s.stream, "protocol", s.request.Protocol, "session", s.request.Session)
	}
	return a.good()
}

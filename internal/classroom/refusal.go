package classroom

import (
	"context"
	"errors"

	"lectern/internal/auth"
	"lectern/internal/room"
)

// Refusal is an error as the protocol has it.
type Refusal struct {
	Code         room.Code `json:"code"`
	Message      string    `json:"message"`
	Hint         string    `json:"hint,omitempty"`
	Field        string    `json:"field,omitempty"`
	RetryAfterMS int64     `json:"retry_after_ms,omitempty"`
}

// refuse makes an error of the room's kind.
func refuse(code room.Code, message string) *room.Error {
	return &room.Error{Code: code, Message: message}
}

// codes are the errors of others, by the protocol's codes. The first row that
// matches counts.
var codes = []struct {
	err  error
	code room.Code
}{
	{auth.ErrExpired, room.CodeTokenExpired},
	{auth.ErrPast, room.CodeTokenExpired},
	{auth.ErrNoToken, room.CodeUnauthorized},
	{auth.ErrInvalidToken, room.CodeUnauthorized},
	{auth.ErrDenied, room.CodeForbidden},
	{auth.ErrUnavailable, room.CodeUnavailable},
	{ErrClosed, room.CodeUnavailable},
	{ErrNotFound, room.CodeNotFound},
	{ErrTooMany, room.CodeUnavailable},
	{context.Canceled, room.CodeUnavailable},
	{context.DeadlineExceeded, room.CodeUnavailable},
}

// refused is what a client is told of an error. What has no code is our own
// mistake, of which strangers learn nothing.
func refused(err error) Refusal {
	if e, ok := errors.AsType[*room.Error](err); ok {
		return Refusal{e.Code, e.Message, e.Hint, e.Field, e.RetryAfter.Milliseconds()}
	}
	if e, ok := errors.AsType[*MediaError](err); ok {
		return Refusal{Code: room.Code(e.Code), Message: e.Error()}
	}
	for _, row := range codes {
		if errors.Is(err, row.err) {
			return Refusal{Code: row.code, Message: err.Error()}
		}
	}
	return Refusal{Code: room.CodeInternal, Message: "an error of the server, which its log describes"}
}

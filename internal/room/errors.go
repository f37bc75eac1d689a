package room

import (
	"fmt"
	"time"
)

// Code names why a command was refused. Codes are stable; the texts that people read are keyed by them.
type Code string

// The codes of room.v1. A room itself uses some of them; the rest are for its owner.
const (
	CodeBadRequest       Code = "bad_request"       // the message is malformed; Field says where
	CodeBadState         Code = "bad_state"         // not now, in this state of the room
	CodeUnauthorized     Code = "unauthorized"      // who are you
	CodeTokenExpired     Code = "token_expired"     // the token was good once
	CodeForbidden        Code = "forbidden"         // the person lacks the capability
	CodeNotFound         Code = "not_found"         // no such member, message, poll, board
	CodeConflict         Code = "conflict"          // somebody or something else is there already
	CodeRoomFull         Code = "room_full"         //
	CodeStageFull        Code = "stage_full"        // no seat is free; swap
	CodeRoomLocked       Code = "room_locked"       // nobody comes in
	CodeRoomEnded        Code = "room_ended"        // the class is over
	CodeNotStarted       Code = "not_started"       // the class has not begun
	CodeWaiting          Code = "waiting"           // the person is in the lobby
	CodeRateLimited      Code = "rate_limited"      // RetryAfter says when
	CodeTooLarge         Code = "too_large"         // Field says what
	CodeUnsupported      Code = "unsupported"       // an unknown type of message
	CodeCodecUnsupported Code = "codec_unsupported" // the room's codec and this one differ
	CodeSDPRejected      Code = "sdp_rejected"      //
	CodeUnavailable      Code = "unavailable"       // the server cannot now
	CodeInternal         Code = "internal"          //
)

// Error is a refusal, for the person who asked.
type Error struct {
	Code       Code
	Message    string        // English, a sentence for logs and for developers
	Hint       string        // a word or sentence for the program that asked, or ""
	Field      string        // the part of the message that is wrong, or ""
	RetryAfter time.Duration // when it may work, 0 for never or unknown
}

// Error returns the code and the sentence.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

func refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func invalid(field, format string, args ...any) *Error {
	return &Error{Code: CodeBadRequest, Field: field, Message: fmt.Sprintf(format, args...)}
}

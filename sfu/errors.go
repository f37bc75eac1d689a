package sfu

import (
	"errors"
	"fmt"
)

var (
	// ErrClosed is returned by what has been closed by its owner.
	ErrClosed = errors.New("closed")
	// ErrTaken is returned by Publish when another identity is publishing
	// under the name.
	ErrTaken = errors.New("another publisher is live under this name")
	// ErrReplaced ends a publication whose publisher came back with a new
	// one.
	ErrReplaced = errors.New("replaced by a newer session of the same publisher")
	// ErrEnded ends the viewers of a source whose publisher did not come
	// back in time.
	ErrEnded = errors.New("the stream has ended")
	// ErrName is wrapped by what ParseName returns for a malformed name.
	ErrName = errors.New("malformed stream name")
	// ErrCodec is wrapped where a codec is not one of Codecs.
	ErrCodec = errors.New("unsupported codec")
	// ErrSubscribed is returned for a second subscription to the same kind.
	ErrSubscribed = errors.New("already subscribed to this kind")
)

// PanicError ends a viewer whose sink has panicked. Nobody else is disturbed.
type PanicError struct {
	Value any
	Stack []byte
}

// Error says what the sink panicked with, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("sink panicked: %v", e.Value) }

package wire

import "errors"

var (
	// ErrHandshake is wrapped when a peer does not begin as RTMP does.
	ErrHandshake = errors.New("not an RTMP handshake")
	// ErrMalformed is wrapped when what a peer sends breaks the protocol.
	ErrMalformed = errors.New("malformed RTMP")
	// ErrLimit is wrapped when a peer goes beyond one of Limits; the text says
	// which, and what it sent.
	ErrLimit = errors.New("beyond what is accepted")
	// ErrInterrupted is returned by Read after Interrupt.
	ErrInterrupted = errors.New("interrupted")
)

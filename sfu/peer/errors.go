package peer

import (
	"errors"
	"fmt"
)

var (
	// ErrMalformed is wrapped when an offer or a fragment breaks its grammar
	// or lacks what a WebRTC session needs.
	ErrMalformed = errors.New("malformed")
	// ErrUnsupported is wrapped when an offer is in order, and asks for what
	// cannot be served.
	ErrUnsupported = errors.New("unsupported")
	// ErrNoCommonCodec is the ErrUnsupported of an offer without a codec that
	// can be served.
	ErrNoCommonCodec = fmt.Errorf("%w codecs", ErrUnsupported)
	// ErrTooLarge is wrapped when an offer has more of something than the
	// limits allow.
	ErrTooLarge = errors.New("too large")
	// ErrBusy is returned while too many sessions are being set up.
	ErrBusy = errors.New("too many sessions are being set up")
	// ErrClosed ends sessions that were closed by us.
	ErrClosed = errors.New("closed")
	// ErrNoConnection ends a session that was not set up in time: no ICE
	// candidate pair worked, or the DTLS handshake did not finish.
	ErrNoConnection = errors.New("no connection was established in time")
	// ErrTimeout ends a session from which nothing has come for too long
	// (RFC 7675).
	ErrTimeout = errors.New("the connection was lost")
	// ErrExcess ends a publisher that went on sending more than it may.
	ErrExcess = errors.New("the publisher sends more than it may")
	// ErrLeft ends a session that the other side has closed by DTLS.
	ErrLeft = errors.New("closed by the other side")
)

package classroom

// Line is a connection to one client, over whatever transport.
type Line interface {
	// Send queues a message, in the order of the calls. It never waits: when
	// the queue is full, the message's Class says what becomes of it.
	Send(m *Message)
	// Replay queues messages that the client has missed, behind what is queued
	// and without counting against the queue's bounds. It never waits.
	Replay(missed []*Message)
	// End closes the connection with a code, after what is queued has been
	// sent, or could not be. It never waits, and only the first call counts.
	End(c Close)
}

// Close is why a connection ends.
type Close struct {
	// Code is of RFC 6455 §7.4.
	Code int
	// Reason is a sentence for people, at most 123 bytes (RFC 6455 §5.5).
	Reason string
}

// The codes.
const (
	CloseLeft      = 1000 // the client has said that it leaves
	CloseGoingAway = 1001 // the server is going down: resume
	CloseTooLarge  = 1009 // a message was too large
	CloseInternal  = 1011 // an error of the server: resume
	CloseProtocol  = 4400 // no hello, or what is no message: do not come back so
	CloseToken     = 4401 // the token is not valid
	CloseRemoved   = 4403 // removed, or not let in: the reason says why
	CloseGone      = 4404 // the room is over
	CloseSilent    = 4408 // no pong: resume
	CloseMoved     = 4409 // the member goes on elsewhere
	CloseTooFast   = 4429 // too slow in reading or too quick in writing: resume later
)

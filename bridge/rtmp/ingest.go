package rtmp

import (
	"time"

	"lectern/bridge/rtmp/wire"
)

// flow is a stream between a client and the router.
type flow interface {
	// close ends it for a cause, and returns when no goroutine of it is left.
	// It may be called again.
	close(cause error)
	// done is closed when it has ended, by close or by somebody else, and
	// cause is why.
	done() <-chan struct{}
	cause() error
}

// ingest is what a session hands a publisher's messages to. Its methods are
// called by one goroutine, the session's; they may wait to hold back a
// publisher that sends faster than real time.
type ingest interface {
	flow
	// video and audio take one message as it came, an FLV tag's body, which is
	// valid during the call only. timestamp is in ms on the publisher's clock,
	// and wraps. An error ends the session, and its text is what the encoder
	// gets to read.
	video(timestamp uint32, body []byte, arrival time.Time) error
	audio(timestamp uint32, body []byte, arrival time.Time) error
	// metadata takes the values of onMetaData: float64, bool, string, nil, or
	// other things that nobody needs.
	metadata(values map[string]any)
}

// writer is the way to a client. What is written has a deadline and waits
// until the client has taken it; an error is final.
type writer interface {
	Write(...wire.Message) error
}

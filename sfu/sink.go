package sfu

// Sink takes the packets of one kind of media to one viewer, or to one file,
// or wherever they leave this package.
//
// WriteRTP gets a burst in the order of arrival. It is called by one
// goroutine at a time, and must not wait: what might is wrapped by NewQueue.
// The slice is the caller's and valid during the call only; the packets in it
// may be kept, and must not be changed. A new value of Track tells that the
// publisher has come back or the layer has changed; the first packet of video
// is then a key frame's. An error ends the viewer.
type Sink interface {
	WriteRTP(burst []Forwarded) error
}

// SinkFunc is a function as a Sink.
type SinkFunc func(burst []Forwarded) error

// WriteRTP calls the function.
func (f SinkFunc) WriteRTP(burst []Forwarded) error { return f(burst) }

// Resender is a Sink that sends packets again in another way than it sent
// them first (RFC 4588). Others get them by WriteRTP.
type Resender interface {
	ResendRTP(burst []Forwarded) error
}

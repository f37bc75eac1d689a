package sfu

import (
	"fmt"
	"sync"
	"time"
)

// relaySync is the time between two words about the clock of what is relayed.
const relaySync = time.Second

// Relay publishes a source under another name, perhaps of another Router, as
// long as both ends last. Packets are shared, not copied, and decoded by nobody:
// who watches the other name gets the codec of the source.
type Relay struct {
	viewer *Viewer
	to     *Publication
	takes  func(Codec) bool

	mu     sync.Mutex
	source map[*Track]*Track // by the track that it is published on

	ended chan struct{}
	err   error // set before ended is closed
}

// NewRelay begins to publish the source with a canonical name as another one.
// Of the options, RequestKeyFrame is the Relay's own. A codec that takes refuses
// ends the relay with an error that wraps ErrCodec and says which it is; nil
// takes all. NewRelay returns ErrTaken as Publish does. The caller closes the
// Relay.
func NewRelay(from *Router, name string, to *Router, as string, o PublishOptions, takes func(Codec) bool) (*Relay, error) {
	r := &Relay{takes: takes, source: map[*Track]*Track{}, ended: make(chan struct{})}
	o.RequestKeyFrame = r.requestKeyFrame
	var err error
	if r.to, err = to.Publish(as, o); err != nil {
		return nil, err
	}
	if r.viewer, err = from.Join(name); err != nil {
		r.to.Close(err)
		return nil, err
	}
	for _, kind := range []Kind{Audio, Video} {
		if _, err := r.viewer.Subscribe(kind, &relaySink{relay: r}); err != nil {
			r.viewer.Close()
			r.to.Close(err)
			return nil, err
		}
	}
	go r.supervise()
	return r, nil
}

// Publication is what the relay writes to.
func (r *Relay) Publication() *Publication { return r.to }

// Done is closed when the relay has ended.
func (r *Relay) Done() <-chan struct{} { return r.ended }

// Err is why the relay has ended, nil while it has not: ErrEnded when the
// source has, ErrReplaced when somebody else publishes under its name, ErrClosed
// after Close, or one that wraps ErrCodec.
func (r *Relay) Err() error {
	select {
	case <-r.ended:
		return r.err
	default:
		return nil
	}
}

// Close ends the relay and returns when it writes nothing any more. It may be
// called again.
func (r *Relay) Close() {
	r.to.Close(ErrClosed)
	<-r.ended
}

// supervise ends both ends with the first of them.
func (r *Relay) supervise() {
	defer close(r.ended)
	select {
	case <-r.viewer.Done():
		r.err = r.viewer.Err()
	case <-r.to.Done():
		r.err = r.to.Err()
	}
	r.viewer.Close()
	r.to.Close(r.err)
}

// requestKeyFrame asks the publisher of what a track is a copy of.
func (r *Relay) requestKeyFrame(t *Track) {
	r.mu.Lock()
	source := r.source[t]
	r.mu.Unlock()
	if source != nil {
		source.RequestKeyFrame(time.Now())
	}
}

// relaySink writes one kind of media.
type relaySink struct {
	relay  *Relay
	from   *Track
	track  *Track
	synced time.Time
}

// WriteRTP publishes a burst.
func (s *relaySink) WriteRTP(burst []Forwarded) error {
	copies := make([]Packet, len(burst))
	for i := range burst {
		f := &burst[i]
		if f.Track() != s.from {
			if err := s.follow(f.Track()); err != nil {
				return err
			}
		}
		p := &copies[i]
		p.Header, p.Payload, p.Extensions, p.Arrival = f.Header, f.Payload, f.Extensions, f.Arrival
		p.Header.SequenceNumber, p.Header.Timestamp = f.SequenceNumber, f.Timestamp
		if err := s.track.Write(p); err != nil {
			return err
		}
	}
	s.sync(&burst[len(burst)-1])
	return nil
}

// ResendRTP does nothing: nobody asks for anything again.
func (s *relaySink) ResendRTP([]Forwarded) error { return nil }

// follow turns to the packets of another track of the source. Where the codec
// is the same, they go on as if they were of the one before.
func (s *relaySink) follow(t *Track) error {
	r := s.relay
	if r.takes != nil && !r.takes(t.Codec) {
		return fmt.Errorf("%w: the stream's %s is %s", ErrCodec, t.Kind, t.Codec.MimeType)
	}
	s.from, s.synced = t, time.Time{}
	if s.track == nil || s.track.Codec != t.Codec {
		next, err := r.to.AddTrack(TrackInfo{Kind: t.Kind, Codec: t.Codec})
		if err != nil {
			return err
		}
		if s.track != nil {
			s.track.Retire()
		}
		s.track = next
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.source[s.track] = t
	return nil
}

// sync passes on what moment a timestamp stands for, so that sound and picture
// stay in step. It does not go by the past, which runs at another pace.
func (s *relaySink) sync(p *Forwarded) {
	const fresh = 100 * time.Millisecond
	now := time.Now()
	if now.Sub(s.synced) < relaySync || now.Sub(p.Arrival) > fresh {
		return
	}
	if timestamp, ok := s.from.TimestampAt(now); ok {
		s.synced = now
		s.track.Sync(now, timestamp+p.Timestamp-p.Packet.Header.Timestamp, now)
	}
}

package stage

import (
	"errors"
	"sync/atomic"
	"time"

	"lectern/internal/classroom"
	"lectern/sfu"
)

// identity is the one publisher of each seat: the stage itself, which decides
// who takes over from whom.
const identity = "stage"

// seat is a source that everybody in the room gets.
type seat struct {
	stage  *stage
	number int
	name   string
	viewer *sfu.Viewer            // the monitor's
	tenure atomic.Pointer[tenure] // the present one; changed under stage.mu

	// Guarded by stage.mu.
	occupant classroom.Occupant
	stalled  bool
	missing  bool // the stream that was to be brought is not there; told once
}

// tenure is what one occupant's media go to, by one connection.
type tenure struct {
	seat        *seat
	publication *sfu.Publication
	occupant    classroom.Occupant
	relay       *sfu.Relay  // nil for a member
	by          *connection // nil for a stream

	// Written by the monitor.
	shown atomic.Bool  // a key frame has gone out
	heard atomic.Bool  // some sound has
	last  atomic.Int64 // when the last packet went out, nanoseconds since 1970

	// Guarded by stage.mu.
	toldShown, toldHeard, ended bool
	heardAt                     time.Time // when the first sound was noticed
}

// monitor subscribes the stage itself to the seat: it sees what goes out, as
// everybody else does.
func (x *seat) monitor() error {
	viewer, err := x.stage.router.Join(x.name)
	if err != nil {
		return err
	}
	x.viewer = viewer
	for _, kind := range []sfu.Kind{sfu.Audio, sfu.Video} {
		if _, err := viewer.Subscribe(kind, sfu.SinkFunc(x.watch)); err != nil {
			return err
		}
	}
	return nil
}

// watch sees packets that go out.
func (x *seat) watch(burst []sfu.Forwarded) error {
	t := x.tenure.Load()
	if t == nil {
		return nil
	}
	for i := range burst {
		p := &burst[i]
		if p.Track().Publication() != t.publication {
			continue
		}
		t.last.Store(p.Arrival.UnixNano())
		switch {
		case p.Track().Kind == sfu.Audio:
			if !t.heard.Swap(true) {
				x.stage.tell()
			}
			if t.occupant.Audio == classroom.Mic && p.Extensions.HasAudioLevel {
				x.stage.level(t.occupant.Member, p)
			}
		case p.KeyFrame() && !t.shown.Swap(true):
			x.stage.tell()
		}
	}
	return nil
}

// level tells the detector how loud somebody is.
func (s *stage) level(id string, p *sfu.Forwarded) {
	s.voices.Lock()
	defer s.voices.Unlock()
	s.voices.detector.Heard(p.Arrival, id, p.Extensions.AudioLevel&0x7f)
}

// vacateLocked takes whoever is there from the seat.
func (x *seat) vacateLocked() {
	t := x.tenure.Swap(nil)
	if t == nil {
		return
	}
	if t.by != nil {
		t.by.direct(t.occupant, nil)
	}
	t.publication.Close(nil)
	if t.relay != nil {
		x.stage.running.Go(t.relay.Close)
	}
	if t.occupant.Audio == classroom.Mic {
		x.stage.silence(t.occupant.Member)
	}
	x.stalled = false
}

// occupyLocked lets the media of the seat's occupant come to it, if there are
// any by now.
func (x *seat) occupyLocked() {
	o := x.occupant
	switch {
	case o.Stream != "":
		x.bringLocked()
	case o.Member != "":
		if m := x.stage.members[o.Member]; m != nil && m.pub != nil {
			x.takeLocked(m.pub)
		}
	}
}

// takeLocked lets a connection's media come to the seat, in the place of those
// of another one.
func (x *seat) takeLocked(c *connection) {
	if t := x.tenure.Load(); t != nil && t.by == c {
		return
	}
	p, err := x.stage.router.Publish(x.name, sfu.PublishOptions{Identity: identity, Protocol: "room", RequestKeyFrame: c.tracks.RequestKeyFrame})
	if err != nil {
		x.stage.log.Error("seat not taken", "seat", x.number, "error", err)
		return
	}
	x.vacateLocked()
	x.tenure.Store(&tenure{seat: x, publication: p, occupant: x.occupant, by: c})
	c.direct(x.occupant, p)
}

// bringLocked brings a live stream.
func (x *seat) bringLocked() {
	s, name := x.stage, x.occupant.Stream
	info, ok := s.media.Streams.Info(name)
	if x.missing = !ok || info.State != sfu.StateLive; x.missing {
		s.tell()
		return
	}
	relay, err := sfu.NewRelay(s.media.Streams, name, s.router, x.name, sfu.PublishOptions{Identity: identity, Protocol: "room"}, shows)
	if err != nil {
		s.log.Error("stream not brought", "seat", x.number, "stream", name, "error", err)
		x.missing = true
		s.tell()
		return
	}
	x.tenure.Store(&tenure{seat: x, publication: relay.Publication(), occupant: x.occupant, relay: relay})
	s.running.Go(func() {
		<-relay.Done()
		s.tell()
	})
}

// shows says whether viewers of a room may get a codec.
func shows(c sfu.Codec) bool {
	for _, mimeType := range watched() {
		if mimeType == c.MimeType {
			return true
		}
	}
	return false
}

// pictureLate is how long after the sound a picture is waited for.
const pictureLate = 2 * time.Second

// liveLocked says whether Live is to be told, once for a picture, and once
// before that for sound where no picture is expected, or none comes.
func (x *seat) liveLocked(t *tenure, at time.Time) bool {
	if t.shown.Load() && !t.toldShown {
		t.toldShown = true
		return true
	}
	if !t.heard.Load() || t.toldHeard || t.toldShown {
		return false
	}
	if t.heardAt.IsZero() {
		t.heardAt = at
	}
	t.toldHeard = !x.expectsPictureLocked(t) || at.Sub(t.heardAt) > pictureLate
	return t.toldHeard
}

func (x *seat) expectsPictureLocked(t *tenure) bool {
	if t.relay != nil {
		for _, track := range t.publication.Tracks() {
			if track.Kind == sfu.Video {
				return true
			}
		}
		return false
	}
	m := x.stage.members[t.occupant.Member]
	return t.occupant.Video != "" && m != nil && m.gates[t.occupant.Video]
}

// silentAfter is how long nothing has to come before a seat counts as stalled.
const silentAfter = 2 * time.Second

// stallsLocked says whether the seat's media have stopped without anybody's
// having said so: all that comes of the connection has.
func (x *seat) stallsLocked(t *tenure, at time.Time) bool {
	last := t.last.Load()
	if last == 0 {
		return false
	}
	if t.relay != nil {
		return at.Sub(time.Unix(0, last)) > silentAfter
	}
	heard, media := t.by.tracks.Heard(), time.Unix(0, last)
	return at.Sub(heard) > silentAfter && heard.Sub(media) < silentAfter/2
}

// failure is why a stream that was brought has ended, nil while it has not.
func (x *seat) failureLocked() (classroom.Occupant, *classroom.MediaError) {
	o := x.occupant
	if x.missing {
		x.missing = false
		return o, &classroom.MediaError{Code: "not_found", Err: errors.New("there is no live stream " + o.Stream)}
	}
	t := x.tenure.Load()
	if t == nil || t.relay == nil || t.ended {
		return o, nil
	}
	err := t.relay.Err()
	if err == nil {
		return o, nil
	}
	t.ended = true
	switch {
	case errors.Is(err, sfu.ErrCodec):
		return o, &classroom.MediaError{Code: "codec_unsupported", Err: err}
	case errors.Is(err, sfu.ErrEnded):
		return o, &classroom.MediaError{Code: "not_found", Err: err}
	}
	return o, &classroom.MediaError{Code: "unavailable", Err: err}
}

package testcard

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"lectern/sfu"
)

// Identity is whose stream the demo is. No token, key or address has it.
const Identity = "demo"

const (
	// keyInterval is how many pictures there are from one key frame to the
	// next: two seconds, the most that a player which cannot ask waits.
	keyInterval = 60
	// retry is how long after its end the demo publishes again.
	retry = time.Second
	// maxStep is how far the clock may be from where it is expected: more,
	// and it was set, or the machine has slept.
	maxStep = time.Second
)

var errClockStep = errors.New("the machine's clock was set, or stood still")

// Options say where a Source publishes.
type Options struct {
	Router *sfu.Router
	Stream string       // a canonical name (sfu.ParseName)
	Log    *slog.Logger // nil for none
}

// Source publishes the card and its tone. It sends whether anybody watches or
// not, which takes about a hundredth of a processor.
type Source struct {
	options Options
	log     *slog.Logger
	wantKey atomic.Bool
}

// NewSource returns a Source; Run makes it publish.
func NewSource(o Options) *Source {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Source{options: o, log: log.With("stream", o.Stream)}
}

// Run publishes until ctx ends or the router is closed, and then returns nil.
// While another publisher has the name, and when the publication is ended by
// somebody else, it tries again every second. It may be called once at a time.
func (s *Source) Run(ctx context.Context) error {
	var last string // so that what lasts is logged once
	for {
		publication, err := s.options.Router.Publish(s.options.Stream, sfu.PublishOptions{
			Identity: Identity, Protocol: "demo",
			RequestKeyFrame: func(*sfu.Track) { s.wantKey.Store(true) },
		})
		if errors.Is(err, sfu.ErrClosed) {
			return nil
		}
		if err == nil {
			last = ""
			err = s.send(ctx, publication)
			publication.Close(err)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err.Error() != last && !errors.Is(err, sfu.ErrClosed) { // that is how the server ends
			last = err.Error()
			s.log.Warn("demo interrupted", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retry):
		}
	}
}

// send writes pictures and sound, each when its moment has come, until ctx or
// the publication ends or the clock jumps.
func (s *Source) send(ctx context.Context, publication *sfu.Publication) error {
	now := time.Now()
	nextPicture, nextSound := videoGrid.after(now), audioGrid.after(now)
	video, err := newPicture(publication, nextPicture)
	if err != nil {
		return err
	}
	audio, err := newSound(publication, nextSound)
	if err != nil {
		return err
	}
	s.log.Info("demo started")
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next := videoGrid.begin(nextPicture)
		isSound := !audioGrid.begin(nextSound).After(next)
		if isSound {
			next = audioGrid.begin(nextSound)
		}
		wait := time.Until(next)
		if wait < -maxStep || wait > maxStep {
			return errClockStep
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-publication.Done():
			return publication.Err()
		case <-timer.C:
		}
		if isSound {
			err = audio.send(nextSound)
			nextSound++
		} else {
			err = video.send(nextPicture, s.wantKey.Swap(false) || nextPicture%keyInterval == 0)
			nextPicture++
		}
		if err != nil {
			return err
		}
	}
}

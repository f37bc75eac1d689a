package rtmp

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"lectern/internal/flv"
	"lectern/sfu"
)

const (
	// maxBroken is how many messages in a row may make no sense: an encoder
	// that sends nothing else has no viewers to keep.
	maxBroken = 100
	// syncInterval is how often the tracks are told what their timestamps stand
	// for. They keep to it exactly in between.
	syncInterval = time.Second
)

// publisher is one RTMP publish as a publication: picture and sound on one
// clock, as viewers over WebRTC can have them, and a report of what had to be
// done for it.
//
// The publication goes live with the first picture or the first sound, and
// waits for nothing else.
type publisher struct {
	log         *slog.Logger
	publication *sfu.Publication
	report      *reporter
	live        chan struct{} // closed with the first packet

	mu      sync.Mutex // held by a message, and by close once none waits any more
	picture *picture
	sound   *sound
	clock   clock
	paces   [2]pace   // by sfu.Kind
	epoch   time.Time // what media time counts from, by our clock
	synced  time.Time // when the tracks were told last
	told    int       // how many there were
	broken  int       // messages in a row
	ignored int       // messages in all
}

// newPublisher announces a publisher of a stream, given by its canonical name.
// encoder is what the encoder calls itself, "" if it has not said so. The error
// is sfu.ErrTaken, or that of a closed router; the caller closes the publisher.
func newPublisher(o Options, stream, identity, encoder string) (*publisher, error) {
	o = o.orDefaults()
	live := make(chan struct{})
	publication, err := o.Router.Publish(stream, sfu.PublishOptions{Identity: identity, Protocol: "rtmp", Live: live})
	if err != nil {
		return nil, err
	}
	log := o.Log.With("source", stream)
	p := &publisher{log: log, publication: publication, live: live, report: newReporter(publication, log, o.Limits.BitsPerSecond)}
	p.report.encoder(encoder)
	p.picture = newPicture(publication, o, p.report)
	p.sound = newSound(publication, o, p.report)
	return p, nil
}

var _ ingest = (*publisher)(nil)

func (p *publisher) video(timestamp uint32, body []byte, arrival time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.publication.Err(); err != nil {
		return err
	}
	message, err := flv.ParseVideo(body)
	switch {
	case errors.Is(err, flv.ErrUnsupported):
		return p.picture.refuse(refusal(err.Error() + "; " + fixCodec))
	case err != nil:
		return p.tolerate(err)
	}
	switch message.Type {
	case flv.VideoConfig:
		err = p.picture.configure(message)
	case flv.VideoFrame:
		var media time.Duration
		media, arrival = p.time(sfu.Video, timestamp, arrival)
		p.report.message(len(body), media)
		err = p.picture.write(message, media, arrival)
		p.sync(media, arrival)
	}
	return p.tolerate(err)
}

func (p *publisher) audio(timestamp uint32, body []byte, arrival time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.publication.Err(); err != nil {
		return err
	}
	message, err := flv.ParseAudio(body)
	if errors.Is(err, flv.ErrUnsupported) {
		p.sound.refuse(err.Error())
		err = nil
	}
	if err != nil {
		return p.tolerate(err)
	}
	switch message.Type {
	case flv.AudioConfig:
		err = p.sound.configure(message)
	case flv.AudioFrame:
		var media time.Duration
		media, arrival = p.time(sfu.Audio, timestamp, arrival)
		p.report.message(len(body), media)
		err = p.sound.write(message, media, arrival)
		p.sync(media, arrival)
	}
	return p.tolerate(err)
}

// time finds the media time of a message, and waits until it is not too early.
func (p *publisher) time(kind sfu.Kind, timestamp uint32, arrival time.Time) (time.Duration, time.Time) {
	media := p.clock.at(kind, timestamp, arrival)
	if wait := p.paces[kind].wait(media, arrival); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
			arrival = arrival.Add(wait)
		case <-p.publication.Done():
		}
	}
	p.report.jumps(p.clock.jumps)
	return media, arrival
}

// sync tells what timestamps stand for to both tracks at once, so that viewers
// have picture and sound in step.
func (p *publisher) sync(media time.Duration, arrival time.Time) {
	if p.epoch.IsZero() {
		p.epoch = arrival.Add(-media)
	}
	tracks := p.publication.Tracks()
	if len(tracks) != p.told || arrival.Sub(p.synced).Abs() >= syncInterval {
		p.synced, p.told = arrival, len(tracks)
		for _, t := range tracks {
			t.Sync(p.epoch.Add(media), ticks(media, t.Codec.ClockRate), arrival)
		}
	}
}

// tolerate lets broken messages pass as long as there are others.
func (p *publisher) tolerate(err error) error {
	if !errors.Is(err, flv.ErrMalformed) {
		if err == nil {
			p.broken = 0
		}
		return err
	}
	p.broken++
	if p.ignored++; p.ignored == 1 {
		p.log.Warn("message ignored", "error", err)
	}
	if p.broken > maxBroken {
		return fmt.Errorf("%d messages in a row make no sense: %w", p.broken, err)
	}
	return nil
}

// metadata takes the encoder's name, which onMetaData has more exactly than
// the connection.
func (p *publisher) metadata(values map[string]any) {
	if name, ok := values["encoder"].(string); ok {
		p.report.encoder(name)
	}
}

func (p *publisher) close(cause error) {
	p.publication.Close(cause)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.picture.close()
	p.sound.close()
}

func (p *publisher) done() <-chan struct{} { return p.publication.Done() }
func (p *publisher) cause() error          { return p.publication.Err() }

// printable is a name of the encoder's choice, fit to be shown.
func printable(name string) string {
	const most = 100
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if runes := []rune(name); len(runes) > most {
		name = string(runes[:most])
	}
	return strings.TrimSpace(name)
}

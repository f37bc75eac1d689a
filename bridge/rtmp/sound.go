package rtmp

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	"lectern/internal/audio"
	"lectern/internal/flv"
	"lectern/sfu"
)

// transcoder makes Opus of what an encoder sends: an audio.Transcoder.
type transcoder interface {
	// Write takes the frames of one message, and emits packets of 20 ms with
	// their positions on the 48 kHz clock. An error is for ever.
	Write(timestamp time.Duration, frame []byte, emit func(position uint64, opus []byte)) error
	// Info is rate 0 as long as no frame said more.
	Info() (codec string, rate, channels int)
	Close()
}

// newTranscoder returns one; it is a field of sound for tests.
func newTranscoder(c audio.Config) (transcoder, error) { return audio.NewTranscoder(c) }

// maxMissed is how many frames of AAC may come before their configuration: one
// second of them at 48 kHz.
const maxMissed = 47

// sound makes an Opus track of a publisher's audio messages.
type sound struct {
	publication   *sfu.Publication
	options       Options
	report        *reporter
	newTranscoder func(audio.Config) (transcoder, error)

	codec      flv.AudioCodec
	config     []byte     // what codec is configured with
	transcoder transcoder // nil for Opus, and for what cannot be decoded
	channels   int        // of Opus
	missed     int        // frames before the configuration that they need
	known      sfu.AudioReport

	effort  effort
	made    int // packets of the message
	arrival time.Time
	emit    func(position uint64, opus []byte)

	mu    sync.Mutex // a transcoder may emit from a goroutine of its own
	track *rtpTrack
	next  uint64 // the position behind the last packet
	err   error  // of the track
}

func newSound(publication *sfu.Publication, o Options, report *reporter) *sound {
	s := &sound{publication: publication, options: o, report: report, newTranscoder: newTranscoder, effort: newEffort()}
	s.emit = func(position uint64, opus []byte) {
		s.made++
		s.send(position, opus, s.arrival)
	}
	return s
}

// configure takes a message with a decoder configuration.
func (s *sound) configure(m flv.Audio) error {
	if s.codec == m.Codec && s.config != nil && bytes.Equal(s.config, m.Data) {
		return nil
	}
	if err := s.turn(m.Codec); err != nil {
		return err
	}
	s.config = append([]byte{}, m.Data...)
	switch m.Codec {
	case flv.AAC:
		return s.start(audio.Config{Codec: audio.AAC, AudioSpecificConfig: s.config, Bitrate: s.options.AudioBitrate})
	case flv.Opus:
		return s.startOpus()
	}
	return nil
}

// turn changes the codec; the track stays, for it is Opus in any case.
func (s *sound) turn(codec flv.AudioCodec) error {
	now := time.Now()
	if s.effort.spent(now) {
		return refusal("the sound's codec changes again and again: start the stream again")
	}
	s.effort.spend(turnEffort, now)
	s.close()
	s.codec, s.config, s.channels, s.missed, s.known = codec, nil, 0, 0, sfu.AudioReport{}
	s.report.solved("audio_unsupported")
	s.report.solved("audio_transcoder_missing")
	s.report.solved(crowdedSoundProblem.Code)
	return nil
}

// start begins to transcode. What cannot be decoded leaves a publisher without
// sound, and does not end it.
func (s *sound) start(c audio.Config) error {
	t, err := s.newTranscoder(c)
	if err != nil {
		return s.fail(err)
	}
	s.transcoder = t
	s.learn()
	return nil
}

// fail gives the sound up.
func (s *sound) fail(err error) error {
	s.close()
	var unsupported *audio.Unsupported
	if !errors.As(err, &unsupported) {
		s.refuse(err.Error())
		return nil
	}
	if s.options.FFmpeg != "" && s.codec == flv.AAC {
		return s.fallBack(unsupported.What)
	}
	s.report.audio(sfu.AudioReport{Codec: unsupported.What})
	s.report.problem(transcoderProblem(unsupported.What, fixSound))
	return nil
}

// refuse says that something cannot be decoded.
func (s *sound) refuse(what string) {
	s.report.audio(sfu.AudioReport{Codec: what})
	s.report.problem(soundProblem(what, fixSound))
}

// learn reports what the transcoder has found out.
func (s *sound) learn() {
	codec, rate, channels := s.transcoder.Info()
	if s.known.Transcoder == "ffmpeg" {
		return
	}
	known := sfu.AudioReport{Codec: codec, SampleRate: rate, Channels: channels, Output: "Opus", Transcoder: "built-in"}
	if s.known != known {
		s.known = known
		s.report.audio(known)
	}
}

// write takes a message with sound of a media time.
func (s *sound) write(m flv.Audio, media time.Duration, arrival time.Time) error {
	if m.Codec != s.codec {
		if err := s.turn(m.Codec); err != nil {
			return err
		}
		if err := s.begin(m); err != nil {
			return err
		}
	}
	s.arrival = arrival
	switch {
	case len(m.Data) == 0:
	case m.Codec == flv.Opus:
		s.pass(m.Data, media)
	case s.transcoder != nil && s.effort.spent(arrival):
		s.report.problem(jumpProblem)
	case s.transcoder != nil:
		s.made = 0
		if err := s.transcoder.Write(media, m.Data, s.emit); err != nil {
			return s.fail(err)
		}
		s.effort.spend(s.made, arrival)
		s.learn()
	case m.Codec == flv.AAC && s.config == nil:
		if s.missed++; s.missed == maxMissed {
			s.refuse("AAC without its configuration")
		}
	}
	return s.failure()
}

// begin starts a codec that needs no configuration, or did not get one.
func (s *sound) begin(m flv.Audio) error {
	switch m.Codec {
	case flv.MP3:
		return s.start(audio.Config{Codec: audio.MP3, Bitrate: s.options.AudioBitrate})
	case flv.AAC: // its configuration may come yet
	case flv.Opus:
		return s.startOpus()
	default:
		s.refuse(m.Codec.String())
	}
	return nil
}

// send writes one packet at its position. One for a time that is over would
// make the track's timestamps go back.
func (s *sound) send(position uint64, opus []byte, arrival time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || position < s.next {
		return
	}
	if s.track == nil {
		track, err := s.publication.AddTrack(sfu.TrackInfo{Kind: sfu.Audio, Codec: sfu.Codec{
			MimeType: "audio/opus", ClockRate: audio.Rate, Channels: 2, FMTP: "minptime=10;stereo=1;sprop-stereo=1",
		}})
		if err != nil {
			s.err = fmt.Errorf("add the sound: %w", err)
			return
		}
		s.track = &rtpTrack{Track: track}
	}
	s.next = position + max(opusDuration(opus), 1)
	s.err = s.track.send(opus, false, uint32(position), arrival)
}

// failure is the track's.
func (s *sound) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// due is where the next packet is expected, false before the first.
func (s *sound) due() (position uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next, s.track != nil
}

// close ends the transcoder. It may be called again.
func (s *sound) close() {
	if s.transcoder != nil {
		s.transcoder.Close()
		s.transcoder = nil
	}
}

package rtmp

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"lectern/internal/audio"
	"lectern/internal/ffmpeg"
	"lectern/internal/flv"
	"lectern/sfu"
)

// soundFilter is a transcoder for AAC that is not decoded in this process:
// ffmpeg makes samples of it, which become Opus here.
type soundFilter struct {
	filter *filter
	pcm    *audio.PCM
	codec  string
	body   []byte
}

// newSoundFilter starts one for AAC with a configuration. emit is called from a
// goroutine of its own, and failed when ffmpeg is given up. The error is errBusy
// when there is no place for another one.
func newSoundFilter(o Options, log *slog.Logger, what string, config []byte, emit func(position uint64, opus []byte), failed func(error)) (*soundFilter, error) {
	pcm, err := audio.NewPCM(audio.PCMConfig{Rate: 44100, Channels: 2, Bitrate: o.AudioBitrate})
	if err != nil {
		return nil, err
	}
	body, err := flv.AppendAudio(nil, flv.Audio{Codec: flv.AAC, Type: flv.AudioConfig, Data: config})
	if err != nil {
		return nil, err
	}
	if !o.transcoders.take() {
		return nil, errBusy
	}
	t := &soundFilter{pcm: pcm, codec: what}
	t.filter = startFilter(o, ffmpeg.Sound(), log, func(media time.Duration, tag flv.Tag) error {
		if tag.Type != flv.TagAudio {
			return nil
		}
		a, err := flv.ParseAudio(tag.Data)
		if err != nil {
			return err
		}
		if a.Codec != flv.PCM || a.SampleRate != 44100 || a.Channels != 2 || a.Bits != 16 {
			return fmt.Errorf("ffmpeg gives %s, %d Hz, %d channels", a.Codec, a.SampleRate, a.Channels)
		}
		pcm.Write(media, a.Data, emit)
		return nil
	}, failed)
	t.filter.configure(flv.TagAudio, body)
	return t, nil
}

// Write takes a frame. What becomes of it is emitted later.
func (t *soundFilter) Write(timestamp time.Duration, frame []byte, _ func(uint64, []byte)) error {
	var err error
	t.body, err = flv.AppendAudio(t.body[:0], flv.Audio{Codec: flv.AAC, Type: flv.AudioFrame, Data: frame})
	if err != nil {
		return err
	}
	t.filter.write(flv.TagAudio, timestamp, t.body, true)
	return nil
}

// Info has no rate and no channels: only ffmpeg knows them.
func (t *soundFilter) Info() (codec string, rate, channels int) { return t.codec, 0, 0 }

// Close ends the process.
func (t *soundFilter) Close() {
	t.filter.close()
	t.pcm.Close()
}

// fallBack has ffmpeg decode what this process does not.
func (s *sound) fallBack(what string) error {
	t, err := newSoundFilter(s.options, s.report.log, what, s.config, s.emitLater, func(err error) {
		s.report.log.Warn("sound given up", "error", err)
		s.report.audio(sfu.AudioReport{Codec: what})
		s.report.problem(soundProblem(what, fixSound))
	})
	if errors.Is(err, errBusy) {
		s.report.audio(sfu.AudioReport{Codec: what})
		s.report.problem(crowdedSoundProblem)
		return nil
	}
	if err != nil {
		return err
	}
	s.transcoder = t
	s.known = sfu.AudioReport{Codec: what, Output: "Opus", Transcoder: "ffmpeg"}
	s.report.audio(s.known)
	return nil
}

// emitLater sends a packet from the process's goroutine.
func (s *sound) emitLater(position uint64, opus []byte) {
	s.send(position, opus, time.Now())
}

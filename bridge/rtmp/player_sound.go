package rtmp

import (
	"fmt"
	"time"

	"lectern/bridge/rtmp/wire"
	"lectern/internal/audio"
	"lectern/internal/flv"
	"lectern/sfu"
)

// playedSound makes messages of Opus's packets: AAC, which is what players
// have always known.
type playedSound struct {
	aac   *audio.Player
	began bool
}

func newPlayedSound() (playedSound, error) {
	aac, err := audio.NewPlayer(0)
	if err != nil {
		return playedSound{}, fmt.Errorf("encode AAC: %w", err)
	}
	return playedSound{aac: aac}, nil
}

func (a *playedSound) close() { a.aac.Close() }

// take returns what becomes of a packet. What cannot be decoded is missing.
func (a *playedSound) take(p sfu.Forwarded, l *timeline, now time.Time) (messages []wire.Message, err error) {
	_ = a.aac.Write(p.Timestamp, p.Payload, func(position uint64, aac []byte) {
		at := l.place(p, uint32(position), now)
		if !a.began {
			a.began = true
			messages, err = appendSound(messages, at, flv.AudioConfig, a.aac.Config())
		}
		if err == nil {
			messages, err = appendSound(messages, at, flv.AudioFrame, aac)
		}
	})
	return messages, err
}

func appendSound(messages []wire.Message, at uint32, t flv.AudioType, data []byte) ([]wire.Message, error) {
	body, err := flv.AppendAudio(nil, flv.Audio{Codec: flv.AAC, Type: t, Data: data})
	if err != nil {
		return messages, err
	}
	return append(messages, wire.Message{Type: wire.Audio, Stream: streamID, Timestamp: at, Body: body}), nil
}

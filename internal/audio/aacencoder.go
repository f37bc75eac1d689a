package audio

import (
	"encoding/binary"
	"fmt"

	aacpcm "github.com/tphakala/go-aac/pcm"
)

// aacEncoder is github.com/tphakala/go-aac: stereo at 48 kHz.
type aacEncoder struct {
	library *aacpcm.FrameEncoder
	config  aacpcm.Config
	octets  []byte
	frame   []byte // the last one that came out
}

func newAACEncoder(bitrate int) (*aacEncoder, error) {
	e := &aacEncoder{config: aacpcm.Config{SampleRate: Rate, BitDepth: 16, Channels: playChannels, Bitrate: bitrate}}
	err := contain(func() (err error) {
		e.library, err = aacpcm.NewFrameEncoder(e.config)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("start the AAC encoder: %w", err)
	}
	return e, nil
}

// encode takes 1024 samples a channel and gives the frame before last, which
// is valid until the next call; nil when there was none.
func (e *aacEncoder) encode(pcm []int16) ([]byte, error) {
	e.octets, e.frame = e.octets[:0], nil
	for _, v := range pcm {
		e.octets = binary.LittleEndian.AppendUint16(e.octets, uint16(v))
	}
	err := contain(func() error {
		return e.library.EncodeInterleaved(e.octets, func(frame []byte, _ int) error {
			e.frame = frame
			return nil
		})
	})
	if err != nil {
		_ = contain(func() error { return e.library.Reset(e.config) })
		return nil, fmt.Errorf("encode AAC: %w", err)
	}
	return e.frame, nil
}

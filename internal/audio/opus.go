package audio

import (
	"errors"
	"fmt"

	"github.com/thesyncim/gopus"
)

const (
	// opusFrame is 20 ms, what browsers send and expect (RFC 7587 §4.2).
	opusFrame = Rate / 50

	// maxOpusPacket is the most that one frame can have (RFC 6716 §3.2.1), and
	// its first octet.
	maxOpusPacket = 1276

	// DefaultBitrate of stereo in bit/s. Mono gets two thirds.
	DefaultBitrate = 96000

	minBitrate, maxBitrate = 6000, 510000 // RFC 7587 §6.1
)

// opusEncoder is github.com/thesyncim/gopus.
type opusEncoder struct {
	library *gopus.Encoder
	packet  [maxOpusPacket]byte
}

// newOpusEncoder makes one for mono or stereo. bitrate is what stereo gets, in
// bit/s; 0 is DefaultBitrate.
func newOpusEncoder(channels, bitrate int) (*opusEncoder, error) {
	if bitrate == 0 {
		bitrate = DefaultBitrate
	}
	if channels == 1 {
		bitrate = bitrate * 2 / 3
	}
	e := &opusEncoder{}
	err := contain(func() (err error) {
		e.library, err = gopus.NewEncoder(gopus.EncoderConfig{
			SampleRate: Rate, Channels: channels, Application: gopus.ApplicationAudio,
		})
		if err != nil {
			return err
		}
		return e.library.SetBitrate(min(max(bitrate, minBitrate), maxBitrate))
	})
	if err != nil {
		return nil, fmt.Errorf("start the Opus encoder: %w", err)
	}
	return e, nil
}

// lookahead is how many samples the decoder's output is behind the input: what
// Ogg calls pre-skip (RFC 7845 §4.2).
func (e *opusEncoder) lookahead() int { return e.library.Lookahead() }

// encode encodes 20 ms. The result is valid until the next call.
func (e *opusEncoder) encode(pcm []int16) ([]byte, error) {
	n := 0
	err := contain(func() (err error) {
		n, err = e.library.EncodeInt16(pcm, e.packet[:])
		return err
	})
	if err != nil {
		_ = contain(func() error { e.library.Reset(); return nil })
		return nil, fmt.Errorf("encode Opus: %w", err)
	}
	return e.packet[:n], nil
}

// opusDecoder is github.com/thesyncim/gopus too: stereo at 48 kHz.
type opusDecoder struct{ library *gopus.Decoder }

func newOpusDecoder() (*opusDecoder, error) {
	d := &opusDecoder{}
	err := contain(func() (err error) {
		d.library, err = gopus.NewDecoder(gopus.DefaultDecoderConfig(Rate, playChannels))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("start the Opus decoder: %w", err)
	}
	return d, nil
}

// decode decodes a packet of up to 120 ms, and says how many samples a channel
// it has.
func (d *opusDecoder) decode(packet []byte, pcm []int16) (n int, err error) {
	if len(packet) == 0 {
		return 0, errBroken
	}
	err = contain(func() (err error) {
		n, err = d.library.DecodeInt16(packet, pcm)
		return err
	})
	if err != nil {
		d.recover(err)
		return 0, fmt.Errorf("decode Opus: %w", err)
	}
	return n, nil
}

// conceal makes up 20 ms for a packet that is missing.
func (d *opusDecoder) conceal(pcm []int16) error {
	n := 0
	err := contain(func() (err error) {
		n, err = d.library.DecodeInt16(nil, pcm)
		return err
	})
	if err != nil || n*playChannels != len(pcm) {
		d.recover(err)
		return errBroken
	}
	return nil
}

// recover begins anew when the library may have lost its way. A packet that it
// refused did not touch what it needs to conceal it.
func (d *opusDecoder) recover(err error) {
	if errors.Is(err, errPanicked) {
		_ = contain(func() error { d.library.Reset(); return nil })
	}
}

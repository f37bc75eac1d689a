package audio

import (
	"fmt"
	"time"
)

// Codec is what an encoder sends.
type Codec string

// The codecs that are decoded.
const (
	AAC Codec = "AAC" // AAC-LC, mono or stereo (ISO/IEC 14496-3)
	MP3 Codec = "MP3" // MPEG-1 and MPEG-2 layer III, mono or stereo
)

// Config says what a Transcoder gets, and what it makes of it.
type Config struct {
	Codec Codec
	// AudioSpecificConfig is AAC's (ISO/IEC 14496-3 §1.6.2.1), and not kept.
	AudioSpecificConfig []byte
	// Bitrate of stereo in bit/s; mono gets two thirds. 0 is DefaultBitrate.
	Bitrate int
}

// Emit gets an Opus packet of 20 ms and its position on the 48 kHz clock:
// position/48000 s is the timestamp at which the packet's first decoded sample
// is to be heard. Positions grow by 960 from packet to packet, except over a
// hole of more than a second, and back only when the timestamps went back by
// more than a second. The packet is valid during the call only.
type Emit = func(position uint64, opus []byte)

// Transcoder makes Opus of one source's AAC or MP3. It is used by one
// goroutine at a time, and has none.
type Transcoder struct {
	decoder decoder
	output  *output
}

// NewTranscoder makes a Transcoder. Sound that it cannot decode is an
// [*Unsupported], which wraps ErrUnsupported and has words for the publisher.
func NewTranscoder(c Config) (*Transcoder, error) {
	t := &Transcoder{output: &output{bitrate: c.Bitrate}}
	switch c.Codec {
	case AAC:
		d, err := newAACDecoder(c.AudioSpecificConfig)
		if err != nil {
			return nil, err
		}
		t.decoder = d
	case MP3:
		t.decoder = &mp3Decoder{}
	default:
		return nil, &Unsupported{fmt.Sprintf("%q", string(c.Codec)), "set the encoder's sound to AAC-LC, mono or stereo"}
	}
	return t, nil
}

// Write takes what one message of the source has, a frame or several, and its
// timestamp on the source's clock, without wrap-arounds and not negative. It
// calls emit for each
// packet that is complete.
//
// A hole of up to a second is made good at once, with fifty packets: timestamps
// that run ahead of the wall clock for long are for the caller to refuse.
//
// A frame that cannot be decoded becomes silence. An error is for ever: the
// stream turned out to be one that is not decoded here, and wraps ErrUnsupported.
func (t *Transcoder) Write(timestamp time.Duration, frame []byte, emit Emit) error {
	return t.decoder.decode(frame, func(s sound) {
		t.output.write(timestamp, s, emit)
		timestamp += time.Duration(s.samples) * time.Second / time.Duration(s.rate)
	})
}

// Info is the codec's name as people know it, the rate in Hz and the channels;
// the latter two are 0 as long as no frame said so.
func (t *Transcoder) Info() (codec string, rate, channels int) { return t.decoder.info() }

// Stats is what happened so far.
func (t *Transcoder) Stats() Stats { return t.output.stats() }

// Close ends the Transcoder; what is not a whole packet yet is gone.
func (t *Transcoder) Close() { t.output = &output{} }

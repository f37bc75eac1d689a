package audio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	aacpcm "github.com/tphakala/go-aac/pcm"
)

const (
	aacFrame = 1024 // samples a channel

	// maxAACFrame is far above what a decoder must accept: 6144 bits a
	// channel (ISO/IEC 14496-3 §4.5.3.2).
	maxAACFrame = 8192

	// sureUnsupported is how many frames in a row have to say that they are
	// HE-AAC. One alone may be broken.
	sureUnsupported = 3
)

// aacDecoder is github.com/tphakala/go-aac, which reads a stream, fed with one
// frame at a time. An error stays in that decoder, so it is made anew.
type aacDecoder struct {
	config      AACConfig
	library     *aacpcm.Decoder
	input       bytes.Buffer // one frame, behind its length
	octets      []byte
	pcm         []int16
	unsupported int // frames in a row
}

func newAACDecoder(config []byte) (*aacDecoder, error) {
	c, err := ParseAACConfig(config)
	if err != nil {
		return nil, err
	}
	if err := c.Supported(); err != nil {
		return nil, err
	}
	d := &aacDecoder{
		config: c,
		octets: make([]byte, 2*aacFrame*c.Channels),
		pcm:    make([]int16, aacFrame*c.Channels),
	}
	if err := contain(d.reset); err != nil {
		return nil, fmt.Errorf("start the AAC decoder: %w", err)
	}
	return d, nil
}

func (d *aacDecoder) reset() error {
	d.input.Reset()
	raw := aacpcm.WithRawStream(d.config.canonical())
	if d.library != nil {
		return d.library.Reset(&d.input, raw)
	}
	library, err := aacpcm.NewDecoder(&d.input, raw)
	d.library = library
	return err
}

func (d *aacDecoder) info() (codec string, rate, channels int) {
	return d.config.Name(), d.config.Rate, d.config.Channels
}

func (d *aacDecoder) decode(data []byte, emit func(sound)) error {
	s := sound{rate: d.config.Rate, channels: d.config.Channels, samples: aacFrame}
	err := contain(func() error { return d.frame(data) })
	if err == nil {
		d.unsupported = 0
		s.pcm = d.pcm
		emit(s)
		return nil
	}
	d.recover()
	if errors.Is(err, aacpcm.ErrUnsupported) {
		if d.unsupported++; d.unsupported >= sureUnsupported {
			c := d.config
			c.SBR = true // the one thing a frame can say that its config did not
			return c.Supported()
		}
	} else {
		d.unsupported = 0
	}
	emit(s)
	return nil
}

// recover makes the decoder usable again.
func (d *aacDecoder) recover() {
	if contain(d.reset) != nil {
		d.library = nil
		// The config was accepted before, so it is accepted again.
		_ = contain(d.reset)
	}
}

// frame decodes one access unit into d.pcm.
func (d *aacDecoder) frame(data []byte) error {
	if len(data) == 0 || len(data) > maxAACFrame {
		return errBroken
	}
	d.input.Reset()
	d.input.Write(binary.BigEndian.AppendUint16(nil, uint16(len(data))))
	d.input.Write(data)
	// Never one octet more than the frame gives: the end of the input ends
	// the library's decoder.
	if _, err := io.ReadFull(d.library, d.octets); err != nil {
		return err
	}
	for i := range d.pcm {
		d.pcm[i] = int16(binary.LittleEndian.Uint16(d.octets[2*i:]))
	}
	return nil
}

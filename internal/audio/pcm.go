package audio

import (
	"encoding/binary"
	"fmt"
	"time"
)

// PCMConfig says what sound a PCM gets.
type PCMConfig struct {
	Rate     int // Hz, 8000 … 96000
	Channels int // 1 or 2
	// Bitrate of stereo in bit/s; mono gets two thirds. 0 is DefaultBitrate.
	Bitrate int
}

// PCM makes Opus of samples that somebody else decoded. It is used by one
// goroutine at a time, and has none.
type PCM struct {
	config PCMConfig
	output *output
	pcm    []int16
}

// NewPCM makes a PCM. Its error says that the config is out of range.
func NewPCM(c PCMConfig) (*PCM, error) {
	if c.Rate < 8000 || c.Rate > 96000 || c.Channels < 1 || c.Channels > 2 {
		return nil, fmt.Errorf("samples at %d Hz on %d channels: want 8000 to 96000 Hz on 1 or 2", c.Rate, c.Channels)
	}
	return &PCM{config: c, output: &output{bitrate: c.Bitrate}}, nil
}

// Write takes interleaved samples of 16 bits, the low octet first, and the
// timestamp of the first one, as [Transcoder.Write] does. What is not a whole
// sample of each channel at the end is left out.
func (p *PCM) Write(timestamp time.Duration, samples []byte, emit Emit) {
	n := len(samples) / (2 * p.config.Channels)
	p.pcm = grow(p.pcm, n*p.config.Channels)
	for i := range p.pcm {
		p.pcm[i] = int16(binary.LittleEndian.Uint16(samples[2*i:]))
	}
	p.output.write(timestamp, sound{rate: p.config.Rate, channels: p.config.Channels, samples: n, pcm: p.pcm}, emit)
}

// Close ends the PCM; what is not a whole packet yet is gone.
func (p *PCM) Close() { p.output = &output{} }

package rtmp

import (
	"fmt"
	"time"

	"lectern/internal/audio"
	"lectern/internal/flv"
	"lectern/sfu"
)

// opusSlack is how far the position of a packet may be from its timestamp, on
// the 48 kHz clock: 20 ms. Timestamps are rounded to milliseconds, and packets
// follow one another exactly; more is a hole, or a clock that goes wrong.
const opusSlack = 960

// startOpus reads the header, if there was one. Sound with more channels than
// WebRTC has is refused.
func (s *sound) startOpus() error {
	config := flv.OpusConfig{Channels: 2}
	if len(s.config) > 0 {
		var err error
		if config, err = flv.ParseOpusConfig(s.config); err != nil {
			return err
		}
	}
	if config.Channels > 2 || config.Family != 0 {
		s.refuse(fmt.Sprintf("Opus with %d channels", config.Channels))
		return nil
	}
	s.channels = config.Channels
	s.report.audio(sfu.AudioReport{Codec: "Opus", SampleRate: audio.Rate, Channels: config.Channels, Output: "Opus"})
	return nil
}

// pass sends a packet as it came. It follows the one before exactly unless its
// timestamp says that there is a hole; when packets are more than their
// timestamps have time for, one is left out.
func (s *sound) pass(packet []byte, media time.Duration) {
	duration := opusDuration(packet)
	if s.channels == 0 || duration == 0 {
		return
	}
	due := uint64(max(media, 0)/time.Microsecond) * audio.Rate / 1_000_000
	position, begun := s.due()
	switch {
	case !begun || due > position+opusSlack:
		position = due
	case position > due+opusSlack+duration:
		return
	}
	s.send(position, packet, s.arrival)
}

// opusDuration is how long a packet is on the 48 kHz clock (RFC 6716 §3.1,
// §3.2), 0 if it is none.
func opusDuration(packet []byte) uint64 {
	if len(packet) == 0 {
		return 0
	}
	toc := packet[0]
	frames := uint64(1)
	switch toc & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(packet) < 2 {
			return 0
		}
		frames = uint64(packet[1] & 0x3f)
	}
	const most = 120 * 48 // RFC 6716 §3.2.5, requirement R5
	duration := frames * opusFrame(toc>>3)
	if duration > most {
		return 0
	}
	return duration
}

// opusFrame is how long a frame of a configuration is (RFC 6716 table 2).
func opusFrame(config byte) uint64 {
	switch {
	case config < 12: // SILK
		return [4]uint64{480, 960, 1920, 2880}[config&3]
	case config < 16: // hybrid
		return [2]uint64{480, 960}[config&1]
	}
	return 120 << (config & 3) // CELT
}

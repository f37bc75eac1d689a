package flv

import "encoding/binary"

// OpusConfig is Opus's identification header (RFC 7845 §5.1), with which
// Enhanced RTMP configures a decoder.
type OpusConfig struct {
	Channels int
	// SampleRate is of what was encoded, in Hz, 0 if it is not known. The
	// decoder's clock is 48 kHz whatever it is.
	SampleRate int
	// Family is how channels are laid out: 0 is mono or stereo, as WebRTC has
	// it.
	Family uint8
}

// ParseOpusConfig reads a header. The error wraps ErrMalformed.
func ParseOpusConfig(header []byte) (OpusConfig, error) {
	if len(header) < 19 || string(header[:8]) != "OpusHead" || header[8] > 15 || header[9] == 0 {
		return OpusConfig{}, malformed("an Opus header of %d octets", len(header))
	}
	return OpusConfig{
		Channels: int(header[9]), SampleRate: int(binary.LittleEndian.Uint32(header[12:]) & 0x7fffffff), Family: header[18],
	}, nil
}

// Package codec reads from RTP payloads what forwarding has to know about
// them: where pictures and key frames begin, to which temporal layer a packet
// belongs, how large the picture is.
//
// Its one invariant: an Inspector looks at the bits of one payload at a time,
// keeps a few bytes about the stream and never a slice of it, and allocates
// nothing. It is therefore run once a packet, and never once a viewer.
//
// Nothing here decodes or repairs. A payload that is cut short, hostile or of
// another codec gives a Frame with fewer facts in it, never an error.
package codec

import (
	"errors"
	"fmt"
	"strings"
)

// ErrUnsupported says that no inspector exists for a media type.
var ErrUnsupported = errors.New("unsupported codec")

// Frame is what one RTP payload says about the picture it belongs to. The zero
// Frame is a packet inside a picture, or one that says nothing.
type Frame struct {
	// Start marks the first packet of a picture, or of an audio frame. Where
	// the payload has no such bit (H.264, H.265, AV1), it is the first packet
	// seen with its timestamp that does not continue something unseen.
	Start bool

	// Key marks the packet from which on a decoder can start: the first of a
	// key frame or, with H.264 and H.265, the one that brings the parameter
	// sets. It is set once a picture. An access unit delimiter may come before
	// it, so a Key packet need not be a Start.
	Key bool

	// Temporal is the temporal layer, 0 being the base and 7 the highest.
	Temporal uint8

	// Discardable says that no other picture refers to this one, so that it
	// may be left out whole. False when the payload does not tell.
	Discardable bool

	// Width and Height are the picture's size in pixels, cropping applied, on
	// packets that say so: Key packets as a rule, and the packet of an H.265
	// sequence parameter set that follows the Key packet. Both are 0
	// otherwise. With VP9 spatial layers they are those of the largest layer.
	Width, Height uint16
}

// Inspector inspects the packets of one RTP stream (one SSRC). It is called in
// the order of arrival, by one goroutine at a time.
type Inspector interface {
	// Inspect describes one packet. payload is the RTP payload without
	// header and padding, and is neither kept nor changed; timestamp is the
	// RTP header's.
	Inspect(payload []byte, timestamp uint32) Frame
}

// codecs holds a row a codec; the order has no meaning.
var codecs = []struct {
	mimeType string
	inspect  func() Inspector
}{
	{"video/H264", func() Inspector { return new(h264) }},
	{"video/H265", func() Inspector { return new(h265) }},
	{"video/VP8", func() Inspector { return vp8{} }},
	{"video/VP9", func() Inspector { return new(vp9) }},
	{"video/AV1", func() Inspector { return new(av1) }},
	{"audio/opus", func() Inspector { return opus{} }},
}

// New returns a fresh Inspector for one stream of the media type, such as
// "video/H264", whose case does not matter (RFC 6838 §4.2). The error wraps
// ErrUnsupported when the type is none of Supported.
func New(mimeType string) (Inspector, error) {
	for _, c := range codecs {
		if strings.EqualFold(c.mimeType, mimeType) {
			return c.inspect(), nil
		}
	}
	return nil, fmt.Errorf("inspect %q: %w", mimeType, ErrUnsupported)
}

// Supported lists the media types that New knows, in their registered
// spelling. The caller may keep and change the slice.
func Supported() []string {
	types := make([]string, len(codecs))
	for i, c := range codecs {
		types[i] = c.mimeType
	}
	return types
}

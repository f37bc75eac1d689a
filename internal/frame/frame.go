// Package frame makes, of RTP packets, what a decoder takes: Join of those of
// one key frame, an Assembler of a whole stream.
//
// Its one invariant: what comes out can be decoded. What Join returns is one
// whole key frame, with all that a decoder needs to start with it and nothing
// of another frame; what an Assembler gives out begins with a key frame, and
// goes on with one where something was lost. Packets that do not fit, hostile
// ones among them, give an error, or are a loss. What Join returns shares no
// memory with the packets.
package frame

import (
	"errors"
	"fmt"
	"strings"

	"lectern/internal/codec"
)

var (
	// ErrIncomplete says that the packets are not one whole key frame: a part
	// is missing, or broken, or they are of another kind of frame.
	ErrIncomplete = errors.New("not a whole key frame")
	// ErrUnsupported says that the media type, the way of packing it, or a
	// frame of this size is not dealt with.
	ErrUnsupported = errors.New("unsupported")
)

// MaxSize is how many octets a frame may have. Key frames of 4K video at the
// bitrates of live streams have a quarter of it.
const MaxSize = 2 << 20

// Frame is a key frame as a decoder takes it.
type Frame struct {
	// Data is, by the codec:
	//
	//	H.264, H.265  a byte stream with start codes (Annex B of either), the
	//	              parameter sets included
	//	VP8           the frame (RFC 6386 §9)
	//	VP9           the frame of the lowest spatial layer: a decoder that
	//	              takes one frame at a time can show it, and it is enough
	//	              for a small picture
	//	AV1           a temporal unit in the low-overhead format (AV1
	//	              specification §7.5, §5.2), the temporal delimiter included
	Data []byte
	// Codec names the codec as WebCodecs does, with profile and level:
	// "avc1.42e01f", "vp09.00.30.08". For VP9, whose streams do not tell it,
	// the level is the lowest that has room for the picture.
	Codec string
	// Width and Height are the picture's size in pixels; both are 0 if the
	// frame's header does not tell.
	Width, Height int
}

// formats has a row a media type.
var formats = []struct {
	mimeType string
	join     func(payloads [][]byte) (Frame, error)
}{
	{"video/H264", joinH264},
	{"video/H265", joinH265},
	{"video/VP8", joinVP8},
	{"video/VP9", joinVP9},
	{"video/AV1", joinAV1},
}

// Join joins the RTP payloads of a key frame, which are all those with its
// timestamp, in the order of their numbers and without a gap; empty ones, which
// are padding, may be among them. mimeType is such as "video/VP8", in any case.
// Errors wrap ErrIncomplete or ErrUnsupported.
func Join(mimeType string, packets [][]byte) (Frame, error) {
	payloads := make([][]byte, 0, len(packets))
	size := 0
	for _, p := range packets {
		size += len(p)
		if len(p) > 0 {
			payloads = append(payloads, p)
		}
	}
	if size > MaxSize {
		return Frame{}, fmt.Errorf("%w frame of %d octets, at most %d", ErrUnsupported, size, MaxSize)
	}
	for _, f := range formats {
		if !strings.EqualFold(f.mimeType, mimeType) {
			continue
		}
		made, err := f.join(payloads)
		if err == nil && len(made.Data) > MaxSize {
			err = fmt.Errorf("%w frame of %d octets, at most %d", ErrUnsupported, len(made.Data), MaxSize)
		}
		if err != nil {
			return Frame{}, fmt.Errorf("join %s: %w", f.mimeType, err)
		}
		if made.Width == 0 {
			made.Width, made.Height = measure(mimeType, payloads)
		}
		return made, nil
	}
	return Frame{}, fmt.Errorf("%w media type %.80q", ErrUnsupported, mimeType)
}

// incomplete is an ErrIncomplete that says what is wrong.
func incomplete(format string, values ...any) error {
	return fmt.Errorf("%w: %s", ErrIncomplete, fmt.Sprintf(format, values...))
}

// measure finds the picture's size as forwarding does.
func measure(mimeType string, payloads [][]byte) (width, height int) {
	inspector, err := codec.New(mimeType)
	if err != nil {
		return 0, 0
	}
	for _, p := range payloads {
		if f := inspector.Inspect(p, 0); f.Width > 0 {
			return int(f.Width), int(f.Height)
		}
	}
	return 0, 0
}

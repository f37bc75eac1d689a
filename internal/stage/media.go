// Package stage moves the sound and pictures of rooms: it is the Media of
// package classroom, made of packages sfu and sfu/peer.
//
// A seat is a source of a Router that each room has for itself, so that nobody
// reaches one but by the room's rules. Who is on a seat publishes to it; who
// watches is subscribed to all of them, once, whoever comes and goes.
//
//	member's pub ─► gate ─► seat ─► everybody's sub
//	live stream  ─► relay ──┘   └─► monitor: who speaks, what has gone out
//
// Invariant: what a room has said holds from the moment at which the method has
// returned, for the connections that there are and for those that come later.
// What happens is told by one goroutine, in one order.
package stage

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"lectern/internal/classroom"
	"lectern/sfu"
	"lectern/sfu/peer"
)

// maxSeats bounds the seats for people (DESIGN §8: 40 sections in an offer).
const maxSeats = 19

// Media makes stages. The zero value is not usable: all fields are required.
type Media struct {
	// Engine makes the connections.
	Engine *peer.Engine
	// Streams has the live streams that can be brought to a seat.
	Streams *sfu.Router
	Log     *slog.Logger
}

var _ classroom.Media = (*Media)(nil)

// codecs are what a room's word for a codec stands for.
var codecs = map[string]string{"vp8": "video/VP8", "h264": "video/H264"}

// OpenStage implements classroom.Media.
func (m *Media) OpenStage(o classroom.StageOptions) (classroom.Stage, error) {
	codec, ok := codecs[strings.ToLower(o.Codec)]
	switch {
	case !ok:
		return nil, fmt.Errorf("a room's codec is vp8 or h264, not %.20q", o.Codec)
	case o.Seats < 1 || o.Seats > maxSeats:
		return nil, fmt.Errorf("a room has 1 to %d seats, not %d", maxSeats, o.Seats)
	case o.Events == nil:
		return nil, errors.New("a stage needs somebody to tell what happens")
	}
	return open(m, o, codec)
}

// watched are the codecs that a viewer may get: what cannot be shown to one
// that has not offered it stays dark for him alone.
func watched() []string {
	list := []string{"audio/opus"}
	for _, c := range codecs {
		list = append(list, c)
	}
	return list
}

// refusal says of an error of package peer what it means to a client.
func refusal(err error) *classroom.MediaError {
	code := "internal"
	switch {
	case errors.Is(err, peer.ErrNoCommonCodec):
		code = "codec_unsupported"
	case errors.Is(err, peer.ErrMalformed), errors.Is(err, peer.ErrTooLarge), errors.Is(err, peer.ErrUnsupported):
		code = "sdp_rejected"
	case errors.Is(err, peer.ErrBusy), errors.Is(err, peer.ErrClosed):
		code = "unavailable"
	}
	return &classroom.MediaError{Code: code, Err: err}
}

// loss says of the end of a connection what it means to a client.
func loss(err error) *classroom.MediaError {
	code := "internal"
	switch {
	case errors.Is(err, peer.ErrNoConnection), errors.Is(err, peer.ErrTimeout), errors.Is(err, peer.ErrLeft):
		code = "ice_failed"
	case errors.Is(err, peer.ErrClosed), errors.Is(err, sfu.ErrClosed), errors.Is(err, peer.ErrExcess):
		code = "unavailable"
	}
	return &classroom.MediaError{Code: code, Err: err}
}

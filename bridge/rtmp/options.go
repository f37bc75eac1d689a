package rtmp

import (
	"cmp"
	"log/slog"

	"lectern/internal/auth"
	"lectern/internal/trace"
	"lectern/sfu"
)

// Options are the choices of a Server. Router and Access are required.
type Options struct {
	Router *sfu.Router
	// Access decides who may publish and watch. When it is an auth.Ender it
	// hears of the end of each session that it let begin.
	Access auth.Decider
	// BFrames says what happens to H.264 with B pictures, which browsers do
	// not play: "drop" leaves them out, or encodes the stream again with FFmpeg
	// where nearly all other pictures would go with them, "reject" refuses the
	// stream, "transcode" always encodes it again. Default "drop".
	BFrames string
	// AudioBitrate is of the Opus that other sound becomes, in bit/s. Default
	// 96 000.
	AudioBitrate int
	// FFmpeg is the path of the program; "" when there is none.
	FFmpeg string
	Limits Limits
	// Full says that the machine has no room for more; nil that it has always.
	Full   func() bool
	Log    *slog.Logger  // nil for none
	Tracer *trace.Tracer // nil for none

	transcoders *transcoders
}

func (o Options) orDefaults() Options {
	o.BFrames = cmp.Or(o.BFrames, "drop")
	o.AudioBitrate = cmp.Or(o.AudioBitrate, 96_000)
	o.Limits = o.Limits.orDefaults()
	if o.transcoders == nil {
		o.transcoders = newTranscoders(o.Limits.Transcoders)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

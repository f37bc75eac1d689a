package browser

import (
	"cmp"
	"os"
	"testing"
)

// Option changes how a browser starts.
type Option func(*options)

type options struct {
	video         string
	width, height int
	args          []string
	dark          bool
}

// WithVideoFile makes the fake camera play the file, uncompressed YUV4MPEG2
// (.y4m) or Motion JPEG (.mjpeg), in a loop instead of the built-in picture.
// Only Chromium can do that; with Firefox the test ends at once.
func WithVideoFile(file string) Option { return func(o *options) { o.video = file } }

// WithSize sets the inner size of the tab in CSS pixels, which is also the
// size of a screenshot. The default is 1280×720.
func WithSize(width, height int) Option {
	return func(o *options) { o.width, o.height = width, height }
}

// WithArgs adds arguments to the browser's command line after our own, so that
// they win over them. Chromium's --enable-features and --disable-features are
// joined with ours.
func WithArgs(args ...string) Option {
	return func(o *options) { o.args = append(o.args, args...) }
}

// WithDark makes pages see prefers-color-scheme: dark. They see light without
// it, whatever the desktop prefers.
func WithDark() Option { return func(o *options) { o.dark = true } }

func newOptions(t testing.TB, opts []Option) options {
	t.Helper()
	var o options
	for _, set := range opts {
		set(&o)
	}
	o.width, o.height = cmp.Or(o.width, 1280), cmp.Or(o.height, 720)
	if o.video != "" {
		if _, err := os.Stat(o.video); err != nil {
			t.Fatalf("video for the fake camera: %v", err)
		}
	}
	return o
}

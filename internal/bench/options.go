package bench

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Bounds of what can be asked for.
const (
	maxViewers = 20_000 // one port each, of the 28 000 that a system gives out
	maxFPS     = 240
	minBitrate = 50_000
	maxBitrate = 200_000_000
)

// Options say what to measure.
type Options struct {
	// WHIP is the endpoint to publish to, a URL. Empty: somebody else
	// publishes, and the age of pictures is not known.
	WHIP string
	// WHEP is the endpoint to watch, a URL.
	WHEP string
	// Token and WatchToken are the bearer tokens of the two; none if empty.
	Token, WatchToken string
	// Viewers is how many watch; at least 1.
	Viewers int
	// Probes is how many of them decrypt everything.
	Probes int
	// Joins is how many join at a time; at least 1.
	Joins int
	// Codec of what is published: h264 or vp8.
	Codec string
	// Bitrate of the video that is published, in bits a second of payload.
	Bitrate int
	// FPS is how many pictures there are in a second.
	FPS int
	// GOP is the time between two key frames.
	GOP time.Duration
	// Deaf makes the publisher ignore requests for a key frame, as OBS does.
	Deaf bool
	// Silent leaves the sound out: 50 packets a second of Opus, 32 kbit/s.
	Silent bool
	// Apart lets the kernel hand over datagrams one by one even if they left
	// together: no UDP_GRO, which is there on Linux only.
	Apart bool
	// Duration is how long is measured after all have joined.
	Duration time.Duration
	// PIDs are the server's processes, if they are on this machine.
	PIDs []int
	// Progress, if any, gets a line every second.
	Progress func(line string)
}

// OptionError says that an option is wrong, in terms of the command line.
type OptionError struct{ reason error }

// Error names the option.
func (e *OptionError) Error() string { return e.reason.Error() }

// Unwrap is what is wrong with it.
func (e *OptionError) Unwrap() error { return e.reason }

// check returns an *OptionError for the first option that is wrong.
func (o Options) check() error {
	if err := o.wrong(); err != nil {
		return &OptionError{err}
	}
	return nil
}

func (o Options) wrong() error {
	if o.WHEP == "" {
		return errors.New("--whep is needed: the URL to watch, such as http://localhost:8080/whep/bench")
	}
	for flag, address := range map[string]string{"--whip": o.WHIP, "--whep": o.WHEP} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("%s %q: want a URL such as http://localhost:8080/%s/bench", flag, address, flag[2:])
		}
	}
	if _, err := findCodec(o.Codec); err != nil {
		return fmt.Errorf("--codec %w", err)
	}
	for _, n := range []struct {
		flag             string
		value, low, high int
	}{
		{"--viewers", o.Viewers, 1, maxViewers},
		{"--probes", o.Probes, 0, o.Viewers},
		{"--joins", o.Joins, 1, maxViewers},
		{"--bitrate", o.Bitrate, minBitrate, maxBitrate},
		{"--fps", o.FPS, 1, maxFPS},
	} {
		if n.value < n.low || n.value > n.high {
			return fmt.Errorf("%s %d: want %d to %d", n.flag, n.value, n.low, n.high)
		}
	}
	if o.GOP < time.Second/time.Duration(o.FPS) {
		return fmt.Errorf("--gop %v: want at least one picture", o.GOP)
	}
	if o.Duration < time.Second {
		return fmt.Errorf("--duration %v: want at least 1s", o.Duration)
	}
	return nil
}

// pictures is the GOP as a number of pictures.
func (o Options) pictures() int { return max(1, int(o.GOP*time.Duration(o.FPS)/time.Second)) }

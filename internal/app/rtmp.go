package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"sync"
	"time"

	"lectern/bridge/rtmp"
	"lectern/bridge/rtmp/wire"
	"lectern/internal/auth"
	"lectern/internal/config"
	"lectern/internal/portmux"
	"lectern/internal/trace"
	"lectern/sfu"
)

// rtmpIngress is the RTMP server, and where its connections come from: its own
// port, which takes RTMPS as well when there is a certificate, and the web's.
type rtmpIngress struct {
	server    *rtmp.Server
	mux       *portmux.Mux // of its own port, nil when there is none
	listeners []net.Listener
}

func (a *App) openRTMP() (*rtmpIngress, error) {
	options := rtmpOptions(a.config, a.router, a.hooks, a.log, a.tracer)
	options.Full = a.pressure.Full
	in := &rtmpIngress{
		server:    rtmp.New(options),
		listeners: []net.Listener{a.mux.Listener(portmux.RTMP)},
	}
	if a.ports.rtmp == nil {
		return in, nil
	}
	in.mux = portmux.New(a.ports.rtmp, portmux.Options{})
	in.listeners = append(in.listeners, in.mux.Listener(portmux.RTMP))
	if a.config.HTTP.TLS() {
		certificate, err := tls.LoadX509KeyPair(a.config.HTTP.TLSCert, a.config.HTTP.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("read http.tls_cert and http.tls_key: %w", err)
		}
		c := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
		in.listeners = append(in.listeners, tls.NewListener(in.mux.Listener(portmux.TLS), c))
	}
	return in, nil
}

// run serves until ctx ends or a listener fails.
func (in *rtmpIngress) run(ctx context.Context, fail context.CancelCauseFunc) {
	var running sync.WaitGroup
	if in.mux != nil {
		running.Go(func() {
			if err := in.mux.Run(ctx); err != nil {
				fail(err)
			}
		})
	}
	for _, l := range in.listeners {
		running.Go(func() {
			if err := in.server.Run(ctx, l); err != nil {
				fail(fmt.Errorf("serve RTMP on %s: %w", l.Addr(), err))
			}
		})
	}
	running.Wait()
}

// ffmpeg returns the program's path, "" when there is to be none or it is not
// installed.
func ffmpeg(setting string) string {
	switch setting {
	case "off":
		return ""
	case "auto":
		setting = "ffmpeg"
	}
	path, err := exec.LookPath(setting)
	if err != nil {
		return ""
	}
	return path
}

func rtmpOptions(c config.Config, r *sfu.Router, access auth.Decider, log *slog.Logger, tracer *trace.Tracer) rtmp.Options {
	return rtmp.Options{
		Router:       r,
		Access:       access,
		BFrames:      c.RTMP.BFrames,
		AudioBitrate: int(c.RTMP.AudioBitrate),
		FFmpeg:       ffmpeg(c.RTMP.FFmpeg),
		Limits: rtmp.Limits{
			Wire:             wire.Limits{Message: int(c.Limits.RTMPMessage)},
			Setup:            c.Limits.RTMPSetup,
			Silence:          c.Limits.RTMPSilence,
			Decision:         decisionTime(c.Hooks.Timeout),
			PerAddress:       none(c.Limits.RTMPAddress),
			Total:            none(c.Limits.RTMPTotal),
			Players:          none(c.Limits.RTMPPlayers),
			Transcoders:      none(c.Limits.Transcoders),
			Exempt:           c.Limits.Exempt,
			RefusedPerSecond: perSecond(c.Limits.RefusedRate),
			RefusedBurst:     c.Limits.RefusedRate.Burst,
			PublishPerSecond: perSecond(c.Limits.PublishRate),
			PublishBurst:     c.Limits.PublishRate.Burst,
			JoinPerSecond:    perSecond(c.Limits.JoinRate),
			JoinBurst:        c.Limits.JoinRate.Burst,
			BitsPerSecond:    int64(none(int(c.Limits.PublisherBitrate))),
			Excess:           c.Limits.PublisherExcess,
		},
		Log:    log,
		Tracer: tracer,
	}
}

// decisionTime is enough for on_connect and one more hook to give no answer, so
// that hooks.on_failure says what becomes of it.
func decisionTime(hook time.Duration) time.Duration { return 2*hook + 5*time.Second }

// none translates a number of 0, which in the settings is no limit.
func none(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

func perSecond(r config.Rate) float64 {
	if r.Off() {
		return -1
	}
	return r.PerSecond
}

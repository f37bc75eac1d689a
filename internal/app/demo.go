package app

import (
	"context"
	"strings"

	"lectern/internal/testcard"
	"lectern/sfu"
	"lectern/signaling"
)

// runDemo publishes the demo until ctx ends, when there is to be one.
func (a *App) runDemo(ctx context.Context) {
	if a.config.Demo.Stream == "" {
		return
	}
	name, err := sfu.ParseName(a.config.Demo.Stream)
	if err == nil {
		err = testcard.NewSource(testcard.Options{Router: a.router, Stream: name, Log: a.log}).Run(ctx)
	}
	if err != nil {
		a.log.Error("demo ended", "error", err)
	}
}

// info is what the pages are told of the server.
func (a *App) info() signaling.Info {
	info := signaling.Info{Version: a.version, RTMP: a.ports.rtmpPort()}
	if name, err := sfu.ParseName(a.config.Demo.Stream); err == nil {
		info.Demo = name
	}
	return info
}

// demoPage is the path of the page that shows the demo.
func (a *App) demoPage() string {
	return "/watch/" + strings.TrimPrefix(a.config.Demo.Stream, sfu.DefaultApp+"/")
}

package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"lectern/internal/config"
)

// demoStream is what the demo is called when demo.stream is not set.
const demoStream = "demo"

// demoCommand is serve with something to watch.
func demoCommand(serve serveFunc) *cobra.Command {
	c := serveCommand("demo", func(ctx context.Context, settings config.Config, stdout io.Writer) error {
		if settings.Demo.Stream == "" {
			settings.Demo.Stream = demoStream
		}
		return serve(ctx, settings, stdout)
	})
	c.Short = "Run the server with a test picture and a tone to watch"
	c.Long = "Run the server, and publish a running clock with a tone, so that there is something\n" +
		"to watch without a camera: /watch/demo, or another name (demo.stream). The page\n" +
		"/watch/demo?measure=1 shows how late the picture is."
	return c
}

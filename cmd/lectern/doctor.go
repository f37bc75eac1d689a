package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lectern/internal/app"
	"lectern/internal/auth"
	"lectern/internal/config"
	"lectern/internal/doctor"
)

// doctorTime bounds all checks; each has less.
const doctorTime = 3 * time.Minute

// doctorOptions are the command line.
type doctorOptions struct {
	file, token   string
	asJSON, quick bool
	public        bool
	stun          []string
}

// doctorCommand looks at a server and its machine.
func doctorCommand() *cobra.Command {
	var o doctorOptions
	c := &cobra.Command{
		Use:   "doctor [URL]",
		Short: "Say what is wrong with a server, its network and its machine, and how to mend it",
		Long: "Say what is wrong with a server, its network and its machine, and how to mend it.\n\n" +
			"Without URL it looks at this machine, and at the server that runs here with this\n" +
			"configuration; when none does, it runs one on other ports for as long as it takes.\n" +
			"With URL it looks at that server from here, as a player and an encoder see it,\n" +
			"through whatever proxy stands in between.\n\n" +
			"The exit code is 0 when all is well, 1 with warnings, 2 when something fails. With\n" +
			"--quick it is 0 with warnings too, and 1 for failures, as a container's health\n" +
			"check wants it.",
		Example: "  lectern doctor\n" +
			"  lectern doctor --public\n" +
			"  lectern doctor https://live.example.org --token KEY\n" +
			"  lectern doctor --json | jq '.checks[] | select(.level != \"ok\")'",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeoutCause(c.Context(), doctorTime, errors.New("the checks take too long"))
			defer cancel()
			report := doctor.Run(ctx, o.options(args, os.Environ()))
			write := report.WriteText
			if o.asJSON {
				write = report.WriteJSON
			}
			if err := write(c.OutOrStdout()); err != nil {
				return failure{err}
			}
			return verdictOf(report, o.quick)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.BoolVar(&o.asJSON, "json", false, "print JSON")
	f.BoolVar(&o.quick, "quick", false, "only what takes less than a second: a container's health check")
	f.BoolVar(&o.public, "public", false, "ask STUN servers on the internet for the public address")
	f.StringSliceVar(&o.stun, "stun", nil, "`HOST:PORT` of the STUN servers that --public asks")
	f.StringVar(&o.token, "token", "", "key or token for the server, where it wants one; the first key of data.dir when that can be read")
	configFlag(c, &o.file)
	return c
}

// options reads the configuration; what is wrong with it is a finding, too.
func (o doctorOptions) options(args []string, env []string) doctor.Options {
	settings, err := config.Load(config.Sources{File: o.file, Env: env})
	d := doctor.Options{
		Config: settings, ConfigErr: err, Token: o.token, Quick: o.quick, Public: o.public, STUN: o.stun,
		Start: func(ctx context.Context) (doctor.Running, error) { return startForDoctor(ctx, settings) },
	}
	if len(args) > 0 {
		d.URL = args[0]
		return d
	}
	if d.Token == "" && err == nil {
		// Not there, or not for this user: who is on this machine needs none by default.
		key, _ := os.ReadFile(filepath.Join(settings.Data.Dir, auth.FirstKeyFile))
		d.Token = strings.TrimSpace(string(key))
	}
	return d
}

// verdict ends the command with a code of the report, which has said all.
type verdict int

func (v verdict) Error() string { return fmt.Sprintf("the checks end with %d", int(v)) }

func verdictOf(r doctor.Report, quick bool) error {
	code := r.ExitCode()
	if quick {
		code /= 2
	}
	if code == 0 {
		return nil
	}
	return verdict(code)
}

// startForDoctor runs a server with what the checks need of a configuration,
// on free ports of this machine alone.
func startForDoctor(ctx context.Context, settings config.Config) (doctor.Running, error) {
	dir, err := os.MkdirTemp("", "lectern-doctor-")
	if err != nil {
		return doctor.Running{}, err
	}
	c := config.Default()
	c.HTTP.Listen, c.RTMP.Listen, c.Admin.Listen, c.Data.Dir = "127.0.0.1:0", "127.0.0.1:0", "", dir
	c.RTC.TCP, c.RTMP.FFmpeg = settings.RTC.TCP, settings.RTMP.FFmpeg
	c.Auth.Publish, c.Drain = "open", 0
	a, err := app.Open(thisVersion(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		return doctor.Running{}, errors.Join(err, os.RemoveAll(dir))
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = a.Run(ctx) // what goes wrong is seen by the checks
	}()
	return doctor.Running{URL: a.URL(), Stop: func() {
		cancel()
		<-ended
		http.DefaultClient.CloseIdleConnections()
		_ = os.RemoveAll(dir) // a folder of the system's for such things
	}}, nil
}

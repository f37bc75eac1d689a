package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lectern/internal/bench"
	"lectern/internal/config"
)

// benchCommand measures a server, ours or another's.
func benchCommand() *cobra.Command {
	o := bench.Options{}
	bitrate := shortBitrate(2_000_000)
	var asJSON, together bool
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure a WHIP and WHEP server: cost of a packet, of a viewer, latency, loss",
		Long: "Measure a server that speaks WHIP and WHEP, Lectern or another: publish a stream,\n" +
			"let viewers watch it, and print what a packet, a join and a viewer cost the server\n" +
			"(with --pid, on this machine), and how late and how complete the viewers got it.\n\n" +
			"Without --whip the viewers watch what somebody else publishes; its age is then not\n" +
			"known. Ctrl-C ends all sessions, and prints what was measured until then.",
		Example: "  lectern bench --whip http://localhost:8080/whip/bench --whep http://localhost:8080/whep/bench -n 80 --pid $(pidof lectern)\n" +
			"  lectern bench --whep https://video.example/whep/live -n 20 --duration 10s --json",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Bitrate = int(bitrate)
			o.Apart = !together
			if o.WatchToken == "" {
				o.WatchToken = o.Token
			}
			if !c.Flags().Changed("probes") {
				o.Probes = min(o.Probes, o.Viewers)
			}
			line := newStatusLine(c.ErrOrStderr())
			o.Progress = line.show
			report, err := bench.Run(c.Context(), o)
			line.clear()
			if err != nil {
				return benchError(err)
			}
			return printReport(c.OutOrStdout(), report, asJSON)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.WHEP, "whep", "", "`URL` to watch")
	f.StringVar(&o.WHIP, "whip", "", "`URL` to publish to; without it somebody else publishes")
	f.StringVar(&o.Token, "token", "", "bearer `token` for both")
	f.StringVar(&o.WatchToken, "watch-token", "", "bearer `token` of the viewers, if they have another")
	f.IntVarP(&o.Viewers, "viewers", "n", 10, "how many watch")
	f.IntVar(&o.Probes, "probes", 4, "how many of them decrypt everything and see how old each picture is")
	f.IntVar(&o.Joins, "joins", 1, "how many join at a time")
	f.DurationVar(&o.Duration, "duration", 20*time.Second, "how long to measure, after all have joined")
	f.StringVar(&o.Codec, "codec", "h264", "`what` to publish: h264 or vp8")
	f.Var(&bitrate, "bitrate", "of the video that is published: 2M, 800k, 2Mbit/s")
	f.IntVar(&o.FPS, "fps", 30, "pictures a second")
	f.DurationVar(&o.GOP, "gop", 2*time.Second, "time between two key frames")
	f.BoolVar(&o.Deaf, "deaf", false, "send no key frame when asked for one, as most encoders do")
	f.BoolVar(&o.Silent, "silent", false, "publish no sound")
	f.BoolVar(&together, "gro", true, "take from the kernel together what a server has sent together (UDP_GRO, on Linux)")
	f.IntSliceVar(&o.PIDs, "pid", nil, "`process` of the server on this machine (Linux); several, separated by commas, are summed up")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// benchError tells what went wrong from what was asked for wrongly.
func benchError(err error) error {
	if _, asked := errors.AsType[*bench.OptionError](err); asked {
		return err
	}
	return failure{err}
}

func printReport(w io.Writer, report *bench.Report, asJSON bool) error {
	if !asJSON {
		return report.WriteTable(w)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(report)
}

// shortBitrate is config.Bitrate that also takes 2M for 2Mbit/s.
type shortBitrate config.Bitrate

func (b *shortBitrate) Set(text string) error {
	if strings.HasSuffix(text, "k") || strings.HasSuffix(text, "M") || strings.HasSuffix(text, "G") {
		text += "bit/s"
	}
	var value config.Bitrate
	if err := value.UnmarshalText([]byte(text)); err != nil {
		return fmt.Errorf("want a bitrate such as 800k, 2M or 2Mbit/s")
	}
	*b = shortBitrate(value)
	return nil
}

func (b *shortBitrate) String() string { return config.Bitrate(*b).String() }

// Type is what --help calls the value.
func (b *shortBitrate) Type() string { return "bitrate" }

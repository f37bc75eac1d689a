package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lectern/internal/config"
	"lectern/internal/doctor"
	"lectern/internal/support"
)

// supportTime is for one part of a bundle.
const supportTime = 20 * time.Second

// supportCommand packs what is needed to report a problem.
func supportCommand() *cobra.Command {
	var o doctorOptions
	var out string
	c := &cobra.Command{
		Use:   "support",
		Short: "Pack what somebody else needs to find out what is wrong, without secrets",
		Long: "Pack what somebody else needs to find out what is wrong into one .tar.gz: what doctor\n" +
			"finds, the configuration with secrets masked, the newest lines of the log, streams, metrics,\n" +
			"and profiles of goroutines and memory. Names of streams and people, and addresses, are in\n" +
			"it: look at it before you pass it on.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			now := time.Now()
			if out == "" {
				out = "lectern-support-" + now.UTC().Format("20060102T150405Z") + ".tar.gz"
			}
			ctx, cancel := context.WithTimeoutCause(c.Context(), doctorTime, errors.New("it takes too long"))
			defer cancel()
			if err := o.pack(ctx, c, out, now); err != nil {
				return failure{err}
			}
			return nil
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVarP(&out, "output", "o", "", "`file` to write; lectern-support-TIME.tar.gz when empty")
	f.BoolVar(&o.quick, "quick", false, "leave out the checks that take more than a second")
	f.StringVar(&o.token, "token", "", "the owner's key, to read the log; the first key of data.dir when that can be read")
	configFlag(c, &o.file)
	return c
}

func (o doctorOptions) pack(ctx context.Context, c *cobra.Command, out string, now time.Time) (err error) {
	d := o.options(nil, os.Environ())
	if d.ConfigErr != nil {
		d.Config = config.Default()
		fmt.Fprintf(c.ErrOrStderr(), "the configuration is not sound, its defaults are packed: %v\n", d.ConfigErr)
	}
	d.Start = nil // it is about the one that runs
	url, admin := doctor.Addresses(d.Config)
	report := doctor.Run(ctx, d)
	if check, ok := report.Find("server"); !ok || check.Level != doctor.OK {
		url = ""
	}
	f, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the bundle: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(out) // half of it is of no use
		}
	}()
	missing, err := support.Write(ctx, f, support.Options{
		Config: d.Config, Report: report, Version: fmt.Sprintf("lectern %s", thisVersion()), URL: url, Admin: admin, Token: d.Token, Now: now,
		// It is on this machine; its certificate is for the name by which others come.
		HTTP: &http.Client{Timeout: supportTime, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}},
	})
	if err != nil {
		return err
	}
	for _, m := range missing {
		fmt.Fprintf(c.ErrOrStderr(), "not in it: %s\n", m)
	}
	fmt.Fprintln(c.OutOrStdout(), strings.TrimSpace(out))
	return nil
}

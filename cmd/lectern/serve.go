package main

import (
	"os"

	"github.com/spf13/cobra"

	"lectern/internal/config"
)

// serveCommand runs the server until a signal ends it.
func serveCommand(name string, serve serveFunc) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   name,
		Short: "Run the server (what lectern does when it is given no command)",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := config.Load(config.Sources{File: file, Env: os.Environ(), Flags: c.Flags()})
			if err != nil {
				return err
			}
			if err := serve(c.Context(), settings, c.OutOrStdout()); err != nil {
				return failure{err}
			}
			return nil
		},
	}
	c.Flags().SortFlags = false
	configFlag(c, &file)
	config.AddFlags(c.Flags())
	return c
}

// configFlag adds the flag that every command with settings has.
func configFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "config", "", "configuration `file`; otherwise "+config.FileEnv+", then ./lectern.yaml, then /etc/lectern/lectern.yaml")
}

// Command lectern is the Lectern server and its tools.
//
// Its exit code is 0 after a clean end, 1 when something failed, and 2 when the
// command line or the configuration is wrong, so that a supervisor can tell
// what restarting may mend from what it cannot.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"lectern/internal/app"
	"lectern/internal/config"
)

const (
	exitClean  = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := untilSignal(context.Background())
	serve := func(ctx context.Context, c config.Config, stdout io.Writer) error {
		return app.Run(ctx, thisVersion(), c, stdout)
	}
	code := execute(ctx, serve, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// serveFunc is app.Run with the version: it serves until ctx ends and writes to stdout what a
// person who started it wants to read.
type serveFunc func(ctx context.Context, c config.Config, stdout io.Writer) error

// execute runs one command line and gives its exit code.
func execute(ctx context.Context, serve serveFunc, args []string, stdout, stderr io.Writer) int {
	root := newRoot(serve)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitClean
	}
	if v, ok := errors.AsType[verdict](err); ok {
		return int(v)
	}
	fmt.Fprintf(stderr, "lectern: %v\n", err)
	if _, failed := errors.AsType[failure](err); failed {
		return exitFailed
	}
	if _, explained := errors.AsType[*config.Error](err); !explained {
		fmt.Fprintf(stderr, "Try %q.\n", command.CommandPath()+" --help")
	}
	return exitUsage
}

// failure marks the error of a command that was asked for correctly. Everything
// else that a command returns is about its command line or configuration.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// newRoot is the command line: lectern alone is lectern serve.
func newRoot(serve serveFunc) *cobra.Command {
	root := serveCommand("lectern", serve)
	root.Long = "Lectern takes live video in by WHIP and RTMP and gives it out by WHEP, in under a second,\nand has rooms to teach in.\n\n" +
		"Every flag of serve is also a setting of lectern.yaml (http.listen) and a variable\n" +
		"(LECTERN_HTTP_LISTEN). A flag is stronger than a variable, and a variable than the file."
	root.Args = nil // cobra's own rule for a root names the command that was meant
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return config.FlagError(c.Flags(), err) })
	root.AddCommand(serveCommand("serve", serve), demoCommand(serve), tokenCommand(), keyCommand(), benchCommand(), doctorCommand(), supportCommand(), backupCommand(), restoreCommand(), personCommand(), conformanceCommand(), versionCommand())
	nameArguments(root)
	return root
}

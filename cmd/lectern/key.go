package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lectern/internal/app"
	"lectern/internal/audit"
	"lectern/internal/auth"
	"lectern/internal/config"
)

// keyCommand manages the keys in data.dir, whether a server runs on it or not.
func keyCommand() *cobra.Command {
	var o keyOptions
	c := &cobra.Command{
		Use:   "key",
		Short: "Make, list, replace and revoke keys; a running server notices within a second",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	flags := c.PersistentFlags()
	flags.StringVar(&o.dir, "data.dir", "", "the server's `folder`, if not that of the configuration")
	flags.StringVar(&o.file, "config", "", "configuration `file`; otherwise "+config.FileEnv+", then ./lectern.yaml, then /etc/lectern/lectern.yaml")
	c.AddCommand(keyAddCommand(&o), keyListCommand(&o), keyRotateCommand(&o), keyRevokeCommand(&o), keyDenyCommand(&o), keyAllowCommand(&o))
	return c
}

// keyOptions say where the keys are.
type keyOptions struct{ file, dir string }

// on opens the keys for one command. What goes wrong with them is no mistake
// of the command line, but for what is asked of them.
func (o *keyOptions) on(ctx context.Context, do func(context.Context, *auth.Keys, *audit.Log) error) error {
	settings, err := config.Load(config.Sources{File: o.file, Env: os.Environ()})
	if err != nil {
		return err
	}
	settings.Data.Dir = cmp.Or(o.dir, settings.Data.Dir)
	// What is too old is forgotten by the server, whose settings these need not be.
	settings.Rooms.KeepChat, settings.Rooms.KeepAttendance = everything, everything
	if err := os.MkdirAll(settings.Data.Dir, 0o750); err != nil {
		return failure{fmt.Errorf("make data.dir: %w", err)}
	}
	store, err := app.OpenStore(ctx, settings, nil)
	if err != nil {
		return failure{err}
	}
	keys, err := auth.NewKeys(ctx, store, nil)
	if err == nil {
		err = o.recorded(ctx, settings.Data.Dir, keys, do)
	}
	if err = errors.Join(err, store.Close()); err != nil && !errors.Is(err, auth.ErrUnsound) {
		return failure{err}
	}
	return err
}

// everything that a store has is younger.
const everything = 200 * 365 * 24 * time.Hour

// recorded writes down what is done. A server that runs appends to the same
// file, line by line.
func (o *keyOptions) recorded(ctx context.Context, dir string, keys *auth.Keys, do func(context.Context, *auth.Keys, *audit.Log) error) error {
	log, err := audit.Open(dir, nil)
	if err != nil {
		return err
	}
	defer log.Close()
	return do(ctx, keys, log)
}

// note is an entry about what was done here.
func note(action, key, detail string) audit.Entry {
	return audit.Entry{Action: action, Who: "command line", Key: key, Detail: detail}
}

func keyAddCommand(o *keyOptions) *cobra.Command {
	var stream, can []string
	var name string
	var ttl time.Duration
	c := &cobra.Command{
		Use:   "add",
		Short: "Make a key and print it; it is shown this once",
		Example: "  lectern key add --name 'camera 1' --stream live/cam1 --can publish\n" +
			"  lectern key add --name operator --can admin --ttl 720h",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			wanted := auth.Issued{Name: name, Stream: stream}
			for _, a := range can {
				wanted.Can = append(wanted.Can, auth.Action(a))
			}
			switch {
			case ttl < 0:
				return fmt.Errorf("--ttl %v: want how long the key is valid, such as 720h", ttl)
			case ttl > 0:
				wanted.Expires = time.Now().Add(ttl).UTC().Truncate(time.Second)
			}
			return o.on(c.Context(), func(ctx context.Context, keys *auth.Keys, log *audit.Log) error {
				key, secret, err := keys.Add(ctx, wanted)
				if err != nil {
					return err
				}
				log.Record(note(audit.KeyAdd, key.ID, key.Name))
				fmt.Fprintf(c.ErrOrStderr(), "key %s made; it is shown this once\n", key.ID)
				fmt.Fprintln(c.OutOrStdout(), secret)
				return nil
			})
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&name, "name", "", "what it is called, `text` for people")
	f.StringSliceVar(&stream, "stream", nil, "streams that it is for: `app/name`, app/begin* or *, separated by commas")
	f.StringSliceVar(&can, "can", nil, "what it allows: `publish`, watch, admin (to manage keys and sessions), separated by commas")
	f.DurationVar(&ttl, "ttl", 0, "how long it is valid; for ever when 0")
	return c
}

func keyListCommand(o *keyOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the keys, without their secrets",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return o.on(c.Context(), func(ctx context.Context, keys *auth.Keys, _ *audit.Log) error {
				list, err := keys.List(ctx)
				if err != nil {
					return err
				}
				return printKeys(c.OutOrStdout(), list)
			})
		},
	}
}

// printKeys quotes names, which may have anything in them.
func printKeys(w io.Writer, list []auth.Issued) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tCAN\tSTREAM\tEXPIRES\tMADE\tUSED")
	for _, k := range list {
		can := make([]string, len(k.Can))
		for i, a := range k.Can {
			can[i] = string(a)
		}
		fmt.Fprintf(table, "%s\t%q\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, strings.Join(can, ","), cmp.Or(strings.Join(k.Stream, ","), "-"),
			when(k.Expires), when(k.Made), when(k.Used))
	}
	return table.Flush()
}

func when(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02T15:04Z")
}

func keyRotateCommand(o *keyOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate ID",
		Short: "Give a key another secret and print it; sessions with the former one end",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return o.on(c.Context(), func(ctx context.Context, keys *auth.Keys, log *audit.Log) error {
				key, secret, err := keys.Rotate(ctx, args[0])
				if err != nil {
					return fmt.Errorf("%s: %w", args[0], err)
				}
				log.Record(note(audit.KeyRotate, key.ID, key.Name))
				fmt.Fprintln(c.OutOrStdout(), secret)
				return nil
			})
		},
	}
}

func keyRevokeCommand(o *keyOptions) *cobra.Command {
	return &cobra.Command{
		Use:     "revoke ID...",
		Aliases: []string{"rm"},
		Short:   "Take keys back; sessions with them end",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return o.on(c.Context(), func(ctx context.Context, keys *auth.Keys, log *audit.Log) error {
				for _, id := range args {
					if err := keys.Revoke(ctx, id); err != nil {
						return fmt.Errorf("%s: %w", id, err)
					}
					log.Record(note(audit.KeyRevoke, id, ""))
				}
				return nil
			})
		},
	}
}

func keyDenyCommand(o *keyOptions) *cobra.Command {
	var ttl time.Duration
	c := &cobra.Command{
		Use:   "deny JTI",
		Short: "Take a signed token back by its id, the claim jti; sessions with it end",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var until time.Time
			if ttl != 0 {
				until = time.Now().Add(ttl)
			}
			return o.on(c.Context(), func(ctx context.Context, keys *auth.Keys, log *audit.Log) error {
				if err := keys.Deny(ctx, args[0], until); err != nil {
					return err
				}
				log.Record(note(audit.TokenDeny, args[0], ""))
				return nil
			})
		},
	}
	c.Flags().DurationVar(&ttl, "ttl", 0, "how long it is remembered, which should be until the token expires; for ever when 0")
	return c
}

func keyAllowCommand(o *keyOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "allow JTI",
		Short: "Let a denied token in again",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return o.on(c.Context(), func(ctx context.Context, keys *auth.Keys, log *audit.Log) error {
				if err := keys.Allow(ctx, args[0]); err != nil {
					return fmt.Errorf("%s: %w", args[0], err)
				}
				log.Record(note(audit.TokenAllow, args[0], ""))
				return nil
			})
		},
	}
}

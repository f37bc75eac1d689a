package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"lectern/internal/app"
	"lectern/internal/audit"
	"lectern/internal/backup"
	"lectern/internal/config"
	"lectern/internal/store"
)

// backupCommand writes what a server keeps into a file.
func backupCommand() *cobra.Command {
	var o dataOptions
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write what the server keeps into a file, while it runs",
		Long: "Write what the server keeps into a file, while it runs or not: rooms, invites, chat,\n" +
			"attendance, keys, the audit log, and whatever else is in data.dir. The file holds the\n" +
			"first key: keep it as you keep a password.",
		Example: "  lectern backup /backup/lectern-$(date +%F)",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			settings, err := o.settings()
			if err != nil {
				return err
			}
			if err := o.there(settings); err != nil {
				return failure{err}
			}
			m, err := o.write(c.Context(), settings, args[0])
			if err != nil {
				return failure{err}
			}
			var size int64
			for _, f := range m.Files {
				size += f.Size
			}
			fmt.Fprintf(c.ErrOrStderr(), "%s, %.1f MiB, in %s\n", plural(len(m.Files), "file", "files"), float64(size)/(1<<20), args[0])
			return o.record(settings, note(audit.Backup, "", filepath.Base(args[0])))
		},
	}
	o.flags(c)
	return c
}

// restoreCommand puts such a file back.
func restoreCommand() *cobra.Command {
	var o dataOptions
	var most config.Size
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of what is in data.dir; the server must not run",
		Long: "Put a backup in the place of what is in data.dir. What was there is kept beside it, in\n" +
			"the folder before-restore-TIME. The server must not run. A restore that was interrupted\n" +
			"is completed by the next one.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			settings, err := o.settings()
			if err != nil {
				return err
			}
			r, err := backup.Restore(c.Context(), backup.Target{
				Dir: settings.Data.Dir, Store: app.StoreFile, Now: time.Now(), Check: checkStore, Most: int64(most),
			}, args[0])
			if errors.Is(err, backup.ErrTooLarge) {
				err = fmt.Errorf("%w: when you made it yourself, allow more with --max-size", err)
			}
			if err != nil {
				return failure{err}
			}
			fmt.Fprintf(c.ErrOrStderr(), "%s of %s, made by %s, in %s\n", plural(len(r.Manifest.Files), "file", "files"), r.Manifest.Made.Local().Format(time.DateTime), r.Manifest.Program, settings.Data.Dir)
			if r.Aside != "" {
				fmt.Fprintf(c.ErrOrStderr(), "what was there before is in %s\n", r.Aside)
			}
			return o.record(settings, note(audit.Restore, "", filepath.Base(r.Aside)))
		},
	}
	o.flags(c)
	c.Flags().TextVar(&most, "max-size", config.Size(0), "what the files may have together, as 20GiB; otherwise 50 times the backup's `SIZE`, and at least 1GiB")
	return c
}

// dataOptions say where the data are.
type dataOptions struct{ file, dir string }

func (o *dataOptions) flags(c *cobra.Command) {
	c.Flags().SortFlags = false
	c.Flags().StringVar(&o.dir, "data.dir", "", "the server's `folder`, if not that of the configuration")
	configFlag(c, &o.file)
}

func (o *dataOptions) settings() (config.Config, error) {
	settings, err := config.Load(config.Sources{File: o.file, Env: os.Environ()})
	if err != nil {
		return settings, err
	}
	settings.Data.Dir = cmp.Or(o.dir, settings.Data.Dir)
	// What is too old is forgotten by the server, whose settings these need not be.
	settings.Rooms.KeepChat, settings.Rooms.KeepAttendance = everything, everything
	return settings, nil
}

// there says whether a server has ever kept something here: a typing mistake
// must not become a new and empty folder.
func (o *dataOptions) there(settings config.Config) error {
	if _, err := os.Stat(filepath.Join(settings.Data.Dir, app.StoreFile)); err != nil {
		return fmt.Errorf("no server has kept anything in data.dir (%s): name its folder with --data.dir: %w", settings.Data.Dir, err)
	}
	return nil
}

func (o *dataOptions) write(ctx context.Context, settings config.Config, path string) (m backup.Manifest, err error) {
	s, err := app.OpenStore(ctx, settings, nil)
	if err != nil {
		return m, err
	}
	m, err = backup.Write(ctx, backup.Source{
		Dir: settings.Data.Dir, Store: app.StoreFile, Copy: s.Backup, Program: thisVersion(), Now: time.Now(),
	}, path)
	return m, errors.Join(err, s.Close())
}

// record writes down what was done. A server that runs appends to the same file.
func (o *dataOptions) record(settings config.Config, e audit.Entry) error {
	log, err := audit.Open(settings.Data.Dir, nil)
	if err != nil {
		return failure{err}
	}
	log.Record(e)
	log.Close()
	return nil
}

// checkStore opens a database that was unpacked, and brings it up to date.
func checkStore(ctx context.Context, path string) error {
	s, err := store.Open(ctx, store.Options{Path: path, KeepChat: everything, KeepAttendance: everything})
	if errors.Is(err, store.ErrNewer) {
		return fmt.Errorf("%w: %w", backup.ErrNewer, err)
	}
	if err != nil {
		return err
	}
	return errors.Join(s.Checkpoint(ctx), s.Close())
}

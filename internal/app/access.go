package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"lectern/internal/audit"
	"lectern/internal/auth"
	"lectern/internal/backup"
	"lectern/internal/hook"
	"lectern/internal/jwks"
	"lectern/internal/redis"
)

// access is who may enter, and who is here.
type access struct {
	audit    *audit.Log
	keys     *auth.Keys
	sessions *auth.Sessions
	sets     []*jwks.Set
	redis    *redis.Ledger
	release  func() // gives data.dir back
}

// openAccess makes who decides about tokens, and the first key when there is
// none yet.
func (a *App) openAccess() (err error) {
	options, err := a.config.Auth.Options()
	if err != nil {
		return err
	}
	if a.firstKey, err = a.readFirstKey(); err != nil { // makes data.dir, too
		return err
	}
	options.First = a.firstKey
	if options.OpenPublish {
		a.log.Warn("publishing is open: everybody who reaches this server may publish", "code", "publish_open", "setting", "auth.publish")
	}
	defer func() {
		if err != nil {
			a.closeAccess()
		}
	}()
	if a.access.release, err = backup.Hold(a.config.Data.Dir); err != nil {
		return fmt.Errorf("in data.dir: %w", err)
	}
	if a.access.audit, err = audit.Open(a.config.Data.Dir, a.log); err != nil {
		return fmt.Errorf("in data.dir: %w", err)
	}
	ctx := context.Background()
	if a.store, err = OpenStore(ctx, a.config, a.log); err != nil {
		return err
	}
	if a.access.keys, err = auth.NewKeys(ctx, a.store, nil); err != nil {
		return fmt.Errorf("in data.dir: %w", err)
	}
	for i, j := range a.config.Auth.JWT {
		if j.JWKS == "" {
			continue
		}
		set := jwks.New(jwks.Options{URL: j.JWKS, Transport: hook.Transport(a.config.Hooks.AllowPrivate), Log: a.log})
		a.access.sets = append(a.access.sets, set)
		options.JWT[i].Set = set
	}
	options.Ledgers = append(options.Ledgers, a.access.keys)
	if url := string(a.config.Auth.Tokens); url != "" {
		if a.access.redis, err = redis.Open(url, a.log); err != nil {
			return fmt.Errorf("auth.tokens: %w", err)
		}
		options.Ledgers = append(options.Ledgers, a.access.redis)
	}
	keyring, err := auth.New(options)
	if err != nil {
		return err
	}
	a.access.sessions = auth.NewSessions(keyring, a.access.audit)
	a.access.audit.Record(audit.Entry{Action: audit.Start, Detail: "lectern " + a.version})
	return nil
}

// run notices what others change about keys, until ctx ends.
func (x access) run(ctx context.Context, log *slog.Logger) {
	var running sync.WaitGroup
	running.Go(func() { x.keys.Run(ctx, log, x.sessions.Recheck) })
	running.Go(func() { x.sessions.Run(ctx) })
	for _, set := range x.sets {
		running.Go(func() { set.Run(ctx) })
	}
	running.Wait()
}

// closeAccess writes what is to be written. It is the last thing that ends.
func (a *App) closeAccess() {
	if a.store != nil {
		if err := a.store.Close(); err != nil {
			a.log.Error("the store does not close", "error", err)
		}
	}
	a.access.redis.Close()
	a.access.audit.Close()
	if a.access.release != nil {
		a.access.release()
	}
}

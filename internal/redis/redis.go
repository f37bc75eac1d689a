// Package redis asks a Redis server for keys, and for tokens that were taken
// back, which a program of the user's keeps there.
//
// Invariant: nothing is written, and an answer that does not come is
// auth.ErrUnavailable, never a refusal: sessions that run go on.
package redis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	client "github.com/redis/go-redis/v9"

	"lectern/internal/auth"
)

// Where things are. A key's secret is not in Redis, but its digest: SHA-256 in
// lower-case hexadecimal digits.
const (
	// KeyPrefix and a digest are the name of a string with JSON: Record.
	KeyPrefix = "lectern:key:"
	// DeniedPrefix and the id of a signed token (jti) are the name of anything.
	DeniedPrefix = "lectern:denied:"
)

const (
	// timeout of one question; who has shown a token waits for it.
	timeout = 1 * time.Second
	// connections at once; who comes then waits for one, within the timeout.
	connections = 16
	// maxRecord is longer than records are, in bytes.
	maxRecord = 16 << 10
)

// Record is a key as it is kept.
type Record struct {
	ID      string        `json:"id"` // "" is a part of the digest
	Name    string        `json:"name"`
	Stream  []string      `json:"stream"`
	Can     []auth.Action `json:"can"`
	Expires time.Time     `json:"expires"`
}

// Ledger is a Redis server. Close it.
type Ledger struct {
	client *client.Client
	log    *slog.Logger
	silent atomic.Bool // it gave no answer the last time
}

var _ auth.Ledger = (*Ledger)(nil)

// Check reports why url cannot be the address of a Redis server.
func Check(url string) error {
	if _, err := client.ParseURL(url); err != nil {
		return errors.New("want redis://:PASSWORD@HOST:PORT/0, rediss:// with TLS, or unix://PATH") // theirs may quote the password
	}
	return nil
}

// Open makes a Ledger of the server at url, which need not be there yet.
func Open(url string, log *slog.Logger) (*Ledger, error) {
	o, err := client.ParseURL(url)
	if err != nil {
		return nil, Check(url)
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = timeout, timeout, timeout, timeout
	o.ContextTimeoutEnabled = true
	o.PoolSize = connections
	o.MaxRetries = 1 // a connection that Redis has closed in the meantime
	o.DisableIdentity = true
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	quiet()
	return &Ledger{client: client.NewClient(o), log: log}, nil
}

// quiet takes from the library its own log, which is the process's and has a
// line on standard error for each connection that is not made: whoever shows
// tokens while Redis is away could fill it. What is wrong, Ledger says once.
var quiet = sync.OnceFunc(func() { client.SetLogger(silence{}) })

type silence struct{}

// Printf implements what the library logs by.
func (silence) Printf(context.Context, string, ...any) {}

// Close closes the connections. It may be called again.
func (l *Ledger) Close() {
	if l != nil {
		_ = l.client.Close() // that it is closed already is no failure
	}
}

// Find implements auth.Ledger. A record that cannot be read is no key.
func (l *Ledger) Find(ctx context.Context, digest string) (auth.Issued, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	text, err := l.client.Get(ctx, KeyPrefix+digest).Bytes()
	switch {
	case errors.Is(err, client.Nil):
		l.answered(nil)
		return auth.Issued{}, fmt.Errorf("%w: unknown key", auth.ErrInvalidToken)
	case err != nil:
		return auth.Issued{}, l.answered(err)
	}
	l.answered(nil)
	key, err := parse(digest, text)
	if err != nil {
		l.log.Warn("a key in Redis cannot be used", "key", KeyPrefix+digest[:12]+"…", "error", err)
		return auth.Issued{}, fmt.Errorf("%w: unknown key", auth.ErrInvalidToken)
	}
	return key, nil
}

func parse(digest string, text []byte) (auth.Issued, error) {
	if len(text) > maxRecord {
		return auth.Issued{}, fmt.Errorf("more than %d bytes", maxRecord)
	}
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		return auth.Issued{}, err
	}
	if r.ID == "" {
		r.ID = digest[:16]
	}
	return auth.Issued{ID: "redis:" + r.ID, Digest: digest, Name: r.Name, Stream: r.Stream, Can: r.Can, Expires: r.Expires}, nil
}

// Denied implements auth.Ledger.
func (l *Ledger) Denied(ctx context.Context, id string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	n, err := l.client.Exists(ctx, DeniedPrefix+id).Result()
	return n > 0, l.answered(err)
}

// answered logs one line a change of state. What is wrong with Redis is the
// operator's to know.
func (l *Ledger) answered(err error) error {
	if err == nil {
		if l.silent.CompareAndSwap(true, false) {
			l.log.Info("Redis answers again")
		}
		return nil
	}
	if errors.Is(err, context.Canceled) { // whoever asked has gone
		return auth.ErrUnavailable
	}
	if l.silent.CompareAndSwap(false, true) {
		l.log.Error("Redis gives no answer: who needs it is turned away, running media go on", "error", err)
	}
	return auth.ErrUnavailable
}

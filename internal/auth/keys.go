package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Shelf is where Keys are kept. Another process may change what is on it.
type Shelf interface {
	// IssuedKeys returns all keys, DeniedTokens the ids of tokens that are
	// denied, each with the time until which.
	IssuedKeys(ctx context.Context) ([]Issued, error)
	DeniedTokens(ctx context.Context) (map[string]time.Time, error)
	// PutKey keeps a key in place of the one with its ID; DropKey forgets one,
	// and says whether there was one.
	PutKey(ctx context.Context, key Issued) error
	DropKey(ctx context.Context, id string) (bool, error)
	// TouchKey notes when a key was used.
	TouchKey(ctx context.Context, id string, at time.Time) error
	DenyToken(ctx context.Context, id string, until time.Time) error
	AllowToken(ctx context.Context, id string) (bool, error)
	// AccessRevision changes with every change but those of TouchKey. It is cheap.
	AccessRevision(ctx context.Context) (int64, error)
}

// ErrNoKey says that there is no such key, or no such denied token.
var ErrNoKey = errors.New("there is no such key")

// ErrUnsound says that a key cannot be made as somebody wants it, and why.
var ErrUnsound = errors.New("this cannot be")

// ErrTooManyKeys says that there are as many keys, or denied tokens, as there may be.
var ErrTooManyKeys = errors.New("there are too many")

const (
	// maxIssued keys, and as many denied tokens; they are in memory.
	maxIssued = 100_000
	// noticed is how often Run looks for changes that others made.
	noticed = 500 * time.Millisecond
	// touchEvery is how exactly the last use of a key is known.
	touchEvery = time.Minute
)

// Keys are made, replaced and taken back while the server runs. What is asked
// is answered from memory. It is safe for concurrent use.
type Keys struct {
	shelf Shelf
	now   func() time.Time
	known atomic.Pointer[known]

	changing sync.Mutex // one change at a time, each seen by the next
	touched  sync.Map   // id → time.Time
}

// known is what the shelf held at a revision. It is never changed.
type known struct {
	revision int64
	byDigest map[string]Issued
	denied   map[string]time.Time
}

var _ Ledger = (*Keys)(nil)

// NewKeys reads the shelf. now nil is time.Now.
func NewKeys(ctx context.Context, shelf Shelf, now func() time.Time) (*Keys, error) {
	k := &Keys{shelf: shelf, now: now}
	if k.now == nil {
		k.now = time.Now
	}
	if err := k.reload(ctx); err != nil {
		return nil, err
	}
	return k, nil
}

// Run notices within a second what others change on the shelf, until ctx ends,
// and calls changed then.
func (k *Keys) Run(ctx context.Context, log *slog.Logger, changed func(context.Context)) {
	tick := time.NewTicker(noticed)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		news, err := k.refresh(ctx)
		if failed := err != nil && ctx.Err() == nil; failed != failing { // one line a change of state
			if failing = failed; failing {
				log.Error("the keys cannot be read; those that are known stay", "error", err)
			} else {
				log.Info("the keys can be read again")
			}
		}
		if news {
			changed(ctx)
		}
	}
}

func (k *Keys) refresh(ctx context.Context) (news bool, err error) {
	revision, err := k.shelf.AccessRevision(ctx)
	if err != nil || revision == k.known.Load().revision {
		return false, err
	}
	return true, k.reload(ctx)
}

// reload reads the revision first: what changes meanwhile is read again.
func (k *Keys) reload(ctx context.Context) error {
	revision, err := k.shelf.AccessRevision(ctx)
	if err != nil {
		return fmt.Errorf("read the keys: %w", err)
	}
	list, err := k.shelf.IssuedKeys(ctx)
	if err != nil {
		return fmt.Errorf("read the keys: %w", err)
	}
	denied, err := k.shelf.DeniedTokens(ctx)
	if err != nil {
		return fmt.Errorf("read the denied tokens: %w", err)
	}
	next := &known{revision, make(map[string]Issued, len(list)), denied}
	for _, one := range list {
		next.byDigest[one.Digest] = one
	}
	k.known.Store(next)
	return nil
}

// Find implements Ledger, and notes that the key is used. A map's time may tell about digests, of which nobody
// can make the secret.
func (k *Keys) Find(ctx context.Context, digest string) (Issued, error) {
	key, ok := k.known.Load().byDigest[digest]
	if !ok {
		return Issued{}, fmt.Errorf("%w: unknown key", ErrInvalidToken)
	}
	k.touch(ctx, key.ID)
	return key, nil
}

// touch notes that a key is used, at the most once a minute. What cannot be
// noted is no reason to keep anybody out.
func (k *Keys) touch(ctx context.Context, id string) {
	now := k.now()
	if last, ok := k.touched.Load(id); ok && now.Sub(last.(time.Time)) < touchEvery {
		return
	}
	k.touched.Store(id, now)
	_ = k.shelf.TouchKey(ctx, id, now)
}

// Denied implements Ledger.
func (k *Keys) Denied(_ context.Context, id string) (bool, error) {
	until, ok := k.known.Load().denied[id]
	return ok && (until.IsZero() || k.now().Before(until)), nil
}

// List returns all keys as they are on the shelf, oldest first.
func (k *Keys) List(ctx context.Context) ([]Issued, error) {
	list, err := k.shelf.IssuedKeys(ctx)
	slices.SortFunc(list, func(a, b Issued) int { return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID)) })
	return list, err
}

// Add makes a key with the Name, Stream, Can and Expires of what is given. The
// secret is nowhere afterwards.
func (k *Keys) Add(ctx context.Context, wanted Issued) (key Issued, secret string, err error) {
	if err := wanted.check(k.now()); err != nil {
		return Issued{}, "", fmt.Errorf("%w: %w", ErrUnsound, err)
	}
	secret = newSecret()
	key = Issued{
		ID: newKeyID(), Digest: DigestOf(secret), Name: wanted.Name, Stream: wanted.Stream, Can: wanted.Can,
		Expires: wanted.Expires, Made: k.now().UTC(),
	}
	err = k.change(ctx, func() error {
		if len(k.known.Load().byDigest) >= maxIssued {
			return fmt.Errorf("%w keys: revoke some", ErrTooManyKeys)
		}
		return k.shelf.PutKey(ctx, key)
	})
	return key, secret, err
}

// Rotate gives a key another secret. The former one is not good any more.
func (k *Keys) Rotate(ctx context.Context, id string) (key Issued, secret string, err error) {
	secret = newSecret()
	err = k.change(ctx, func() error {
		var ok bool
		if key, ok = k.byID(id); !ok {
			return ErrNoKey
		}
		key.Digest = DigestOf(secret)
		return k.shelf.PutKey(ctx, key)
	})
	if err != nil {
		return Issued{}, "", err
	}
	return key, secret, nil
}

// Revoke takes a key back.
func (k *Keys) Revoke(ctx context.Context, id string) error {
	return k.change(ctx, func() error { return found(k.shelf.DropKey(ctx, id)) })
}

// Deny takes back the signed token with an id (jti) until a time, which should
// be when it expires; zero is for ever.
func (k *Keys) Deny(ctx context.Context, id string, until time.Time) error {
	if err := CheckTokenID(id); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsound, err)
	}
	if !until.IsZero() && !until.After(k.now()) {
		return fmt.Errorf("%w: the time until which the token is denied is over", ErrUnsound)
	}
	if !until.IsZero() {
		until = until.Add(leeway)
	}
	return k.change(ctx, func() error {
		if len(k.known.Load().denied) >= maxIssued {
			return fmt.Errorf("%w denied tokens", ErrTooManyKeys)
		}
		return k.shelf.DenyToken(ctx, id, until)
	})
}

// Allow lets a denied token in again.
func (k *Keys) Allow(ctx context.Context, id string) error {
	return k.change(ctx, func() error { return found(k.shelf.AllowToken(ctx, id)) })
}

// DeniedTokens returns the ids of denied tokens with the time until which.
func (k *Keys) DeniedTokens() map[string]time.Time { return maps.Clone(k.known.Load().denied) }

func found(ok bool, err error) error {
	if err == nil && !ok {
		return ErrNoKey
	}
	return err
}

func (k *Keys) byID(id string) (Issued, bool) {
	for _, key := range k.known.Load().byDigest {
		if key.ID == id {
			return key, true
		}
	}
	return Issued{}, false
}

// change sees what others have changed, and is seen at once.
func (k *Keys) change(ctx context.Context, do func() error) error {
	k.changing.Lock()
	defer k.changing.Unlock()
	if _, err := k.refresh(ctx); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return k.reload(ctx)
}

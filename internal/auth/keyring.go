package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Key is a token that somebody wrote into the configuration.
type Key struct {
	// Token is the secret itself.
	Token string
	// Sub names its holder; "" is nobody in particular. Keys of one Sub are one identity.
	Sub string
	// Stream and Can are as in Grant; empty allows nothing.
	Stream []string
	Can    []Action
}

// Options say what a Keyring knows. The zero Options let loopback publish and everybody watch.
type Options struct {
	// OpenPublish lets everybody publish any stream.
	OpenPublish bool
	// ClosedWatch asks watchers for a token, on this machine too.
	ClosedWatch bool
	// ClosedLoopback asks who is on this machine for a token as everybody else.
	ClosedLoopback bool
	// First is the key made at first start, which allows everything; "" is none.
	First string
	Keys  []Key
	JWT   []JWT
	// Ledgers know keys that come and go; the first that knows one counts.
	Ledgers []Ledger
	// Now is the clock for expiry; nil is time.Now.
	Now func() time.Time
}

// Keyring decides by the keys and token signers it was given. It is immutable
// and safe for concurrent use.
type Keyring struct {
	openPublish, closedWatch, closedLoopback bool
	keys                                     []hashedKey
	jwt                                      []verifier
	ledgers                                  []Ledger
	now                                      func() time.Time
}

var _ Decider = (*Keyring)(nil)

// hashedKey keeps a digest instead of the key: all digests have one length, so
// that comparing them takes the same time whatever was presented.
type hashedKey struct {
	sum   [sha256.Size]byte
	grant Grant
}

// everything is what the key made at first start allows.
var everything = Key{Stream: []string{"*"}, Can: []Action{Publish, Watch, Admin}}

// New makes a Keyring. The error names the entry that cannot be used.
func New(o Options) (*Keyring, error) {
	k := &Keyring{openPublish: o.OpenPublish, closedWatch: o.ClosedWatch, closedLoopback: o.ClosedLoopback, ledgers: o.Ledgers, now: o.Now}
	if k.now == nil {
		k.now = time.Now
	}
	if o.First != "" {
		first := everything
		first.Token = o.First
		if err := k.add(first, "key:first"); err != nil {
			return nil, fmt.Errorf("first key: %w", err)
		}
		k.keys[0].grant.Rooms, k.keys[0].grant.Role = []string{"*"}, RoleTeacher
	}
	for i, key := range o.Keys {
		if err := k.add(key, fmt.Sprintf("key:%d", i+1)); err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
	}
	for i, j := range o.JWT {
		v, err := newVerifier(j, k.now)
		if err != nil {
			return nil, fmt.Errorf("token signer %d: %w", i+1, err)
		}
		k.jwt = append(k.jwt, v)
	}
	return k, nil
}

func (k *Keyring) add(key Key, identity string) error {
	if key.Token == "" {
		return fmt.Errorf("the key is empty")
	}
	for _, p := range key.Stream {
		if err := CheckPattern(p); err != nil {
			return err
		}
	}
	sum := sha256.Sum256([]byte(key.Token))
	if slices.ContainsFunc(k.keys, func(h hashedKey) bool { return h.sum == sum }) {
		return fmt.Errorf("the same key is there twice")
	}
	if key.Sub != "" {
		identity = subject(key.Sub)
	}
	k.keys = append(k.keys, hashedKey{sum, Grant{
		Identity: identity, Sub: key.Sub, Stream: slices.Clone(key.Stream), Can: slices.Clone(key.Can),
	}})
	return nil
}

// Decide implements Decider. It blocks and fails to decide as its Ledgers and
// key sets do; without them never.
func (k *Keyring) Decide(ctx context.Context, r Request) (Grant, error) {
	switch {
	case r.Action == Join:
		return k.place(ctx, r)
	case r.Action == Watch && !k.closedWatch:
		return k.openWatch(ctx, r), nil
	case r.Token != "":
		return k.byToken(ctx, r)
	case r.Action == Publish && k.openPublish:
		return nameless("open", r), nil
	case r.Action == Publish && r.Loopback && !k.closedLoopback:
		return nameless("loopback", r), nil
	}
	return Grant{}, ErrNoToken
}

// openWatch lets everybody watch. A good token still says who it is, so that a
// class behind one address is many viewers; its rights and its end do not matter here.
func (k *Keyring) openWatch(ctx context.Context, r Request) Grant {
	g := nameless("open", r)
	if known, err := k.identify(ctx, r.Token); err == nil {
		g.Identity, g.Sub = known.Identity, known.Sub
	}
	return g
}

func (k *Keyring) byToken(ctx context.Context, r Request) (Grant, error) {
	g, err := k.identify(ctx, r.Token)
	if err != nil {
		return Grant{}, err
	}
	if !g.Allows(r.Action, r.Stream) {
		return Grant{}, fmt.Errorf("%w: %s %.80q", ErrDenied, r.Action, r.Stream)
	}
	return g, nil
}

// nameless is the grant of somebody without a token: this one thing.
func nameless(identity string, r Request) Grant {
	return Grant{Identity: identity, Stream: []string{r.Stream}, Can: []Action{r.Action}}
}

// identify finds the grant that a token stands for.
func (k *Keyring) identify(ctx context.Context, token string) (Grant, error) {
	if token == "" {
		return Grant{}, ErrNoToken
	}
	if len(token) > MaxToken {
		return Grant{}, fmt.Errorf("%w: longer than %d bytes", ErrInvalidToken, MaxToken)
	}
	if g, ok := k.static(token); ok {
		return g, nil
	}
	if isSigned(token) {
		return k.signed(ctx, token)
	}
	return k.issued(ctx, DigestOf(token))
}

// issued asks the ledgers. One that gives no answer might have known the key.
func (k *Keyring) issued(ctx context.Context, digest string) (Grant, error) {
	refusal := fmt.Errorf("%w: unknown key", ErrInvalidToken)
	for _, l := range k.ledgers {
		key, err := l.Find(ctx, digest)
		switch {
		case err == nil && !key.Expires.IsZero() && !k.now().Before(key.Expires):
			return Grant{}, ErrPast
		case err == nil:
			return key.grant(), nil
		case !errors.Is(err, ErrInvalidToken):
			refusal = err
		}
	}
	return Grant{}, refusal
}

// denied says whether a signed token with an id was taken back. One without an
// id cannot be.
func (k *Keyring) denied(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	for _, l := range k.ledgers {
		denied, err := l.Denied(ctx, id)
		if err != nil {
			return err
		}
		if denied {
			return fmt.Errorf("%w: it was taken back", ErrInvalidToken)
		}
	}
	return nil
}

// holds says whether a key or token was not taken back. The error wraps
// ErrInvalidToken when it was, and is another when nobody can say. That its time
// is over is Grant.Expires, which means something else in rooms than to media.
func (k *Keyring) holds(ctx context.Context, p Proof) error {
	if p.Digest != "" {
		_, err := k.issued(ctx, p.Digest)
		if errors.Is(err, ErrPast) {
			return nil
		}
		return err
	}
	return k.denied(ctx, p.Token)
}

// static looks at every key, found or not, so that the time taken says nothing.
func (k *Keyring) static(token string) (Grant, bool) {
	sum := sha256.Sum256([]byte(token))
	found := -1
	for i := range k.keys {
		if subtle.ConstantTimeCompare(sum[:], k.keys[i].sum[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Grant{}, false
	}
	return k.keys[found].grant.clone(), true
}

// clone keeps a caller from changing what the Keyring hands to the next one.
func (g Grant) clone() Grant {
	g.Stream, g.Can, g.Rooms = slices.Clone(g.Stream), slices.Clone(g.Can), slices.Clone(g.Rooms)
	return g
}

// subject is the identity of a named holder. The prefix keeps a token whose
// subject is "loopback" from being taken for loopback.
func subject(sub string) string { return "sub:" + sub }

// tokenIdentity stands for one token without a subject. It is a digest, because
// identities are logged and tokens must not be.
func tokenIdentity(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "token:" + hex.EncodeToString(sum[:8])
}

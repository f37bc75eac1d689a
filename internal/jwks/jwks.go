// Package jwks has the public keys of somebody who signs tokens and publishes
// his keys at a URL (RFC 7517 §5).
//
// Invariant: keys that were once there stay until newer ones have come; a URL
// that gives no answer keeps nobody out whose token a known key has signed.
package jwks

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
	"golang.org/x/time/rate"

	"lectern/internal/auth"
)

const (
	// maxBody of an answer, in bytes, and maxKeys in it.
	maxBody = 256 << 10
	maxKeys = 100
	// timeout of one fetch; who has shown a token waits for it.
	timeout = 3 * time.Second
	// refreshEvery is how old keys get, and retryEvery how soon a fetch that
	// failed is repeated.
	refreshEvery = 15 * time.Minute
	retryEvery   = 10 * time.Second
	// unknownEvery bounds the fetches that tokens with unknown keys cause:
	// anybody can write such tokens.
	unknownEvery = 10 * time.Second
	// minRSA is RFC 7518 §3.3.
	minRSA = 2048
)

// Options say where keys are. Only URL is needed.
type Options struct {
	URL string // https, or http
	// Transport makes the calls; nil is http.DefaultTransport.
	Transport http.RoundTripper
	Log       *slog.Logger // nil is silent
}

// Set is the keys at a URL. It fetches nothing before Run or Key.
type Set struct {
	url     string
	client  *http.Client
	log     *slog.Logger
	unknown *rate.Limiter

	keys     atomic.Pointer[map[string]any] // by kid; nil before the first fetch
	fetching chan struct{}                  // has room for the one who fetches

	mu      sync.Mutex
	failing bool
}

var _ auth.KeySet = (*Set)(nil)

// New makes a Set.
func New(o Options) *Set {
	s := &Set{
		url: o.URL, log: o.Log, unknown: rate.NewLimiter(rate.Every(unknownEvery), 1), fetching: make(chan struct{}, 1),
		client: &http.Client{
			Transport:     o.Transport,
			Timeout:       timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Run keeps the keys fresh until ctx ends.
func (s *Set) Run(ctx context.Context) {
	defer s.client.CloseIdleConnections()
	for ctx.Err() == nil {
		wait := refreshEvery
		if s.fetch(ctx) != nil {
			wait = retryEvery
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// Key returns the public key with an id: an *ecdsa.PublicKey, *rsa.PublicKey or
// ed25519.PublicKey. An id that is not known is looked for at the URL, now and
// then. The error wraps auth.ErrInvalidToken when there is no such key, and
// auth.ErrUnavailable when no keys have come yet.
func (s *Set) Key(ctx context.Context, kid string) (any, error) {
	if key, ok := s.known(kid); ok {
		return key, nil
	}
	if s.unknown.Allow() {
		_ = s.fetch(ctx) // logged; what is known counts
	}
	if key, ok := s.known(kid); ok {
		return key, nil
	}
	if s.keys.Load() == nil {
		return nil, fmt.Errorf("the keys of who signs tokens are not here yet: %w", auth.ErrUnavailable)
	}
	return nil, fmt.Errorf("%w: unknown key", auth.ErrInvalidToken)
}

// known takes the only key there is for a token that names none.
func (s *Set) known(kid string) (any, bool) {
	keys := s.keys.Load()
	if keys == nil {
		return nil, false
	}
	if kid == "" && len(*keys) == 1 {
		for _, key := range *keys {
			return key, true
		}
	}
	key, ok := (*keys)[kid]
	return key, ok
}

// fetch is done by one at a time.
func (s *Set) fetch(ctx context.Context) error {
	select {
	case s.fetching <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-s.fetching }()
	keys, err := s.get(ctx)
	if err == nil {
		s.keys.Store(&keys)
	}
	if ctx.Err() == nil {
		s.report(len(keys), err)
	}
	return err
}

// report logs one line a change of state.
func (s *Set) report(n int, err error) {
	s.mu.Lock()
	changed := (err != nil) != s.failing
	s.failing = err != nil
	s.mu.Unlock()
	switch {
	case changed && err != nil:
		s.log.Warn("the keys of who signs tokens cannot be fetched; those that are known stay", "url", shown(s.url), "error", err)
	case changed:
		s.log.Info("the keys of who signs tokens are here again", "url", shown(s.url), "keys", n)
	}
}

func (s *Set) get(ctx context.Context) (map[string]any, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/jwk-set+json, application/json")
	answer, err := s.client.Do(r)
	if err != nil {
		return nil, plain(err)
	}
	defer func() { _ = answer.Body.Close() }() // it was read, or is not wanted
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("more than %d bytes", maxBody)
	}
	return parse(body)
}

// shown is a URL without its query, in which some keep a secret.
func shown(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	u.RawQuery, u.ForceQuery, u.Fragment, u.User = "", false, "", nil
	return u.String()
}

// plain leaves the URL out of an error.
func plain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// parse leaves out keys that nobody signs tokens with here: secrets, which
// must not be public, curves that we do not take, and keys for encryption.
func parse(body []byte) (map[string]any, error) {
	var set struct {
		Keys []jwkset.JWKMarshal `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("no set of keys: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("more than %d keys", maxKeys)
	}
	keys := make(map[string]any, len(set.Keys))
	for _, written := range set.Keys {
		// Certificates are not what we go by, and x5u is an address that the
		// library would call.
		written.X5U, written.X5C, written.X5T, written.X5TS256 = "", nil, "", ""
		jwk, err := jwkset.NewJWKFromMarshal(written, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
		if err != nil || !usable(jwk.Key()) || cmp.Or(jwk.Marshal().USE, jwkset.UseSig) != jwkset.UseSig {
			continue
		}
		keys[jwk.Marshal().KID] = jwk.Key()
	}
	if len(keys) == 0 {
		return nil, errors.New("no key in it that can be used")
	}
	return keys, nil
}

func usable(key any) bool {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return key.Curve.Params().BitSize == 256
	case *rsa.PublicKey:
		return key.N.BitLen() >= minRSA
	case ed25519.PublicKey:
		return true
	}
	return false
}

package auth_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern/internal/auth"
	"lectern/internal/store"
	"lectern/sfu/sfutest"
)

// shelf is a store in a file, as another process sees it too.
func shelf(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func keysOn(t testing.TB, path string) *auth.Keys {
	t.Helper()
	k, err := auth.NewKeys(t.Context(), shelf(t, path), nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func ring(t testing.TB, o auth.Options) *auth.Keyring {
	t.Helper()
	k, err := auth.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var camera = auth.Issued{Name: "camera 1", Stream: []string{"live/cam1"}, Can: []auth.Action{auth.Publish}}

func TestAKeyFromItsMakingToItsRevocation(t *testing.T) {
	sfutest.NoLeaks(t)
	ctx := t.Context()
	keys := keysOn(t, filepath.Join(t.TempDir(), "rooms.db"))
	k := ring(t, auth.Options{Ledgers: []auth.Ledger{keys}})
	ask := func(secret string, action auth.Action, stream string) (auth.Grant, error) {
		return k.Decide(ctx, auth.Request{Action: action, Stream: stream, Token: secret})
	}
	key, secret, err := keys.Add(ctx, camera)
	if err != nil {
		t.Fatal(err)
	}
	g, err := ask(secret, auth.Publish, "live/cam1")
	if err != nil || g.Identity != "key:"+key.ID {
		t.Errorf("granted %+v, %v", g, err)
	}
	for stream, action := range map[string]auth.Action{"live/cam2": auth.Publish, "": auth.Admin} {
		if _, err := ask(secret, action, stream); !errors.Is(err, auth.ErrDenied) {
			t.Errorf("%s %q: %v, want ErrDenied", action, stream, err)
		}
	}

	_, next, err := keys.Rotate(ctx, key.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask(secret, auth.Publish, "live/cam1"); !errors.Is(err, auth.ErrInvalidToken) {
		t.Errorf("the former secret: %v, want ErrInvalidToken", err)
	}
	if again, err := ask(next, auth.Publish, "live/cam1"); err != nil || again.Identity != g.Identity {
		t.Errorf("the new secret: %+v, %v; want the same identity", again, err)
	}
	list, err := keys.List(ctx)
	if err != nil || len(list) != 1 || list[0].Name != "camera 1" || list[0].Used.IsZero() {
		t.Errorf("list %+v, %v", list, err)
	}

	if err := keys.Revoke(ctx, key.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(next, auth.Publish, "live/cam1"); !errors.Is(err, auth.ErrInvalidToken) {
		t.Errorf("a revoked key: %v, want ErrInvalidToken", err)
	}
	if err := keys.Revoke(ctx, key.ID); !errors.Is(err, auth.ErrNoKey) {
		t.Errorf("revoked twice: %v, want ErrNoKey", err)
	}
	if _, _, err := keys.Rotate(ctx, key.ID); !errors.Is(err, auth.ErrNoKey) {
		t.Errorf("rotated after that: %v, want ErrNoKey", err)
	}
}

func TestKeysThatCannotBeMade(t *testing.T) {
	sfutest.NoLeaks(t)
	keys := keysOn(t, filepath.Join(t.TempDir(), "rooms.db"))
	for name, k := range map[string]auth.Issued{
		"no right":       {Stream: []string{"*"}},
		"unknown right":  {Stream: []string{"*"}, Can: []auth.Action{"root"}},
		"join":           {Stream: []string{"*"}, Can: []auth.Action{auth.Join}},
		"no stream":      {Can: []auth.Action{auth.Publish}},
		"not a pattern":  {Stream: []string{"live/../x"}, Can: []auth.Action{auth.Watch}},
		"bare name":      {Stream: []string{"cam1"}, Can: []auth.Action{auth.Watch}},
		"over already":   {Stream: []string{"*"}, Can: []auth.Action{auth.Watch}, Expires: time.Now().Add(-time.Second)},
		"name too long":  {Name: strings.Repeat("ä", 65), Can: []auth.Action{auth.Admin}},
		"name not UTF-8": {Name: "\xff", Can: []auth.Action{auth.Admin}},
		"65 patterns":    {Stream: strings.Split(strings.Repeat("live/a ", 64)+"live/a", " "), Can: []auth.Action{auth.Watch}},
	} {
		if _, _, err := keys.Add(t.Context(), k); !errors.Is(err, auth.ErrUnsound) {
			t.Errorf("%s: %v, want ErrUnsound", name, err)
		}
	}
	for _, id := range []string{"", "with space", "line\n", strings.Repeat("x", 129)} {
		if err := keys.Deny(t.Context(), id, time.Time{}); !errors.Is(err, auth.ErrUnsound) {
			t.Errorf("deny %q: %v, want ErrUnsound", id, err)
		}
	}
}

func TestAnExpiredKeyIsRefused(t *testing.T) {
	sfutest.NoLeaks(t)
	now := time.Now()
	keys, err := auth.NewKeys(t.Context(), shelf(t, filepath.Join(t.TempDir(), "rooms.db")), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	k := ring(t, auth.Options{Ledgers: []auth.Ledger{keys}, Now: func() time.Time { return now }})
	short := camera
	short.Expires = now.Add(time.Minute)
	_, secret, err := keys.Add(t.Context(), short)
	if err != nil {
		t.Fatal(err)
	}
	r := auth.Request{Action: auth.Publish, Stream: "live/cam1", Token: secret}
	if g, err := k.Decide(t.Context(), r); err != nil || g.Until().IsZero() {
		t.Errorf("granted %+v, %v; want an end", g, err)
	}
	now = now.Add(time.Minute)
	if _, err := k.Decide(t.Context(), r); !errors.Is(err, auth.ErrInvalidToken) {
		t.Errorf("a minute later: %v, want ErrInvalidToken", err)
	}
}

func TestAKeyThatIsPastWasNotTakenBack(t *testing.T) {
	sfutest.NoLeaks(t)
	now := time.Now()
	keys := keysOn(t, filepath.Join(t.TempDir(), "rooms.db"))
	sessions := auth.NewSessions(ring(t, auth.Options{Ledgers: []auth.Ledger{keys}, Now: func() time.Time { return now }}), nil)
	short := camera
	short.Expires = now.Add(time.Minute)
	key, secret, err := keys.Add(t.Context(), short)
	if err != nil {
		t.Fatal(err)
	}
	grant, err := sessions.Decide(t.Context(), auth.Request{Action: auth.Publish, Stream: "live/cam1", Token: secret, Session: "s1", Protocol: "whip"})
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	sessions.Recheck(t.Context())
	select {
	case <-grant.Revoked:
		t.Error("it counts as taken back")
	default:
	}
	if err := keys.Revoke(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	sessions.Recheck(t.Context())
	select {
	case <-grant.Revoked:
	default:
		t.Error("the session goes on although its key was revoked")
	}
}

// What another process does to the same file is noticed, and ends sessions.
func TestAnotherProcessRevokesAKeyWhileItIsUsed(t *testing.T) {
	sfutest.NoLeaks(t)
	path := filepath.Join(t.TempDir(), "rooms.db")
	mine, theirs := keysOn(t, path), keysOn(t, path)
	sessions := auth.NewSessions(ring(t, auth.Options{Ledgers: []auth.Ledger{mine}}), nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		mine.Run(ctx, slog.New(slog.DiscardHandler), sessions.Recheck)
	}()
	defer func() { cancel(); <-ended }()

	key, secret, err := theirs.Add(ctx, camera)
	if err != nil {
		t.Fatal(err)
	}
	r := auth.Request{Action: auth.Publish, Stream: "live/cam1", Token: secret, Session: "s1", Protocol: "rtmp"}
	var grant auth.Grant
	for deadline := time.Now().Add(2 * time.Second); ; {
		if grant, err = sessions.Decide(ctx, r); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("a key that another process made is not known after 2 s: %v", err)
		}
	}
	if err := theirs.Revoke(ctx, key.ID); err != nil {
		t.Fatal(err)
	}
	select {
	case <-grant.Revoked:
	case <-time.After(2 * time.Second):
		t.Error("the session goes on 2 s after its key was revoked")
	}
	sessions.End(r)
	if left := sessions.List(); len(left) != 0 {
		t.Errorf("sessions left: %v", left)
	}
}

func TestADeniedTokenIsRefusedAndItsSessionsEnd(t *testing.T) {
	sfutest.NoLeaks(t)
	keys := keysOn(t, filepath.Join(t.TempDir(), "rooms.db"))
	signer := auth.JWT{Alg: "HS256", Key: []byte(strings.Repeat("s", 32))}
	sessions := auth.NewSessions(ring(t, auth.Options{JWT: []auth.JWT{signer}, Ledgers: []auth.Ledger{keys}}), nil)
	token, err := auth.Sign(signer, auth.Grant{Stream: []string{"*"}, Can: []auth.Action{auth.Publish}, Expires: time.Now().Add(time.Hour)}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r := auth.Request{Action: auth.Publish, Stream: "live/a", Token: token, Session: "one", Protocol: "whip"}
	grant, err := sessions.Decide(t.Context(), r)
	if err != nil || grant.Proof.Token == "" {
		t.Fatalf("granted %+v, %v; want the token's id", grant, err)
	}
	sessions.Recheck(t.Context())
	select {
	case <-grant.Revoked:
		t.Fatal("the session ended although nothing was taken back")
	default:
	}
	if err := keys.Deny(t.Context(), grant.Proof.Token, grant.Expires); err != nil {
		t.Fatal(err)
	}
	sessions.Recheck(t.Context())
	sessions.Recheck(t.Context())
	select {
	case <-grant.Revoked:
	default:
		t.Error("the session goes on")
	}
	if _, err := sessions.Decide(t.Context(), r); !errors.Is(err, auth.ErrInvalidToken) {
		t.Errorf("a denied token: %v, want ErrInvalidToken", err)
	}
	if err := keys.Allow(t.Context(), grant.Proof.Token); err != nil {
		t.Fatal(err)
	}
	if _, err := sessions.Decide(t.Context(), r); err != nil {
		t.Errorf("allowed again: %v", err)
	}
}

func TestTheOwnerEndsASession(t *testing.T) {
	sessions := auth.NewSessions(ring(t, auth.Options{}), nil)
	var grants []auth.Grant
	for _, id := range []string{"a", "b"} {
		g, err := sessions.Decide(t.Context(), auth.Request{Action: auth.Watch, Stream: "live/a", Session: id, Protocol: "whep"})
		if err != nil {
			t.Fatal(err)
		}
		grants = append(grants, g)
	}
	if was, ok := sessions.Kick("a"); !ok || was.Stream != "live/a" {
		t.Errorf("kicked %+v, %v", was, ok)
	}
	<-grants[0].Revoked
	select {
	case <-grants[1].Revoked:
		t.Error("the other session ended too")
	default:
	}
	if _, ok := sessions.Kick("c"); ok {
		t.Error("a session that is not there was ended")
	}
}

func TestTheOwnersRightNeedsAToken(t *testing.T) {
	k := ring(t, auth.Options{First: "first-key-first-key", OpenPublish: true, Keys: []auth.Key{
		{Token: "all", Stream: []string{"*"}, Can: []auth.Action{auth.Publish, auth.Watch}},
	}})
	for token, want := range map[string]error{"": auth.ErrNoToken, "nonsense": auth.ErrInvalidToken, "all": auth.ErrDenied, "first-key-first-key": nil} {
		if _, err := k.Decide(t.Context(), auth.Request{Action: auth.Admin, Token: token, Loopback: true}); !errors.Is(err, want) {
			t.Errorf("token %q: %v, want %v", token, err, want)
		}
	}
}

// silent is a ledger that gives no answer.
type silent struct{}

func (silent) Find(context.Context, string) (auth.Issued, error) {
	return auth.Issued{}, auth.ErrUnavailable
}
func (silent) Denied(context.Context, string) (bool, error) { return false, auth.ErrUnavailable }

func TestALedgerThatGivesNoAnswerRefusesNobody(t *testing.T) {
	k := ring(t, auth.Options{First: "first-key-first-key", Ledgers: []auth.Ledger{silent{}}})
	for token, want := range map[string]error{"unknown": auth.ErrUnavailable, "first-key-first-key": nil} {
		if _, err := k.Decide(t.Context(), auth.Request{Action: auth.Publish, Stream: "live/a", Token: token}); !errors.Is(err, want) {
			t.Errorf("token %q: %v, want %v", token, err, want)
		}
	}
}

package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// noon is when these tests happen.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func keyring(t testing.TB, o Options) *Keyring {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	k, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestDecideByConfiguration(t *testing.T) {
	secret := JWT{Alg: "HS256", Key: []byte(strings.Repeat("s", 32))}
	token := func(g Grant) string {
		g.Expires = noon.Add(time.Hour)
		text, err := Sign(secret, g, noon)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	alice := token(Grant{Sub: "alice", Stream: []string{"live/cam*"}, Can: []Action{Publish, Watch}})
	guest := token(Grant{Sub: "guest", Stream: []string{"live/cam1"}, Can: []Action{Watch}})
	spoof := token(Grant{Sub: "loopback", Stream: []string{"*"}, Can: []Action{Publish}})
	empty := token(Grant{Sub: "nobody"})
	base := Options{
		First: "first-key-first-key",
		Keys: []Key{
			{Token: "cam1-key", Stream: []string{"live/cam1"}, Can: []Action{Publish}},
			{Token: "bob-key", Sub: "bob", Stream: []string{"school/*"}, Can: []Action{Publish, Watch}},
		},
		JWT: []JWT{secret},
	}
	open, closed := base, base
	open.OpenPublish = true
	closed.ClosedWatch = true

	for _, c := range []struct {
		name     string
		o        Options
		r        Request
		identity string
		err      error
	}{
		{"loopback publishes without a token", base, Request{Action: Publish, Stream: "live/a", Loopback: true}, "loopback", nil},
		{"elsewhere needs a token", base, Request{Action: Publish, Stream: "live/a"}, "", ErrNoToken},
		{"the zero options let loopback publish", Options{}, Request{Action: Publish, Stream: "live/a", Loopback: true}, "loopback", nil},
		{"the zero options let nobody else publish", Options{}, Request{Action: Publish, Stream: "live/a"}, "", ErrNoToken},
		{"the zero options let everybody watch", Options{}, Request{Action: Watch, Stream: "live/a"}, "open", nil},
		{"the first key publishes everything", base, Request{Action: Publish, Stream: "x/y/z", Token: "first-key-first-key"}, "key:first", nil},
		{"a key publishes its stream", base, Request{Action: Publish, Stream: "live/cam1", Token: "cam1-key"}, "key:1", nil},
		{"a key does not publish another stream", base, Request{Action: Publish, Stream: "live/cam2", Token: "cam1-key"}, "", ErrDenied},
		{"a key's holder is its identity", base, Request{Action: Publish, Stream: "school/a/b", Token: "bob-key"}, "sub:bob", nil},
		{"a signed token publishes", base, Request{Action: Publish, Stream: "live/cam7", Token: alice}, "sub:alice", nil},
		{"a watcher's token does not publish", base, Request{Action: Publish, Stream: "live/cam1", Token: guest}, "", ErrDenied},
		{"a token without rights publishes nothing", base, Request{Action: Publish, Stream: "live/a", Token: empty}, "", ErrDenied},
		{"a subject called loopback is not loopback", base, Request{Action: Publish, Stream: "live/a", Token: spoof}, "sub:loopback", nil},
		{"a wrong token is refused", base, Request{Action: Publish, Stream: "live/a", Token: "nonsense"}, "", ErrInvalidToken},
		{"a wrong token is refused from loopback", base, Request{Action: Publish, Stream: "live/a", Token: "nonsense", Loopback: true}, "", ErrInvalidToken},
		{"a token without the right is refused from loopback", base, Request{Action: Publish, Stream: "live/a", Token: guest, Loopback: true}, "", ErrDenied},

		{"open publishing takes anybody", open, Request{Action: Publish, Stream: "live/a"}, "open", nil},
		{"open publishing has one nameless identity", open, Request{Action: Publish, Stream: "live/a", Loopback: true}, "open", nil},
		{"open publishing knows a token's holder", open, Request{Action: Publish, Stream: "live/cam1", Token: alice}, "sub:alice", nil},
		{"open publishing refuses a wrong token", open, Request{Action: Publish, Stream: "live/a", Token: "nonsense"}, "", ErrInvalidToken},

		{"open watching takes anybody", base, Request{Action: Watch, Stream: "live/a"}, "open", nil},
		{"open watching ignores a wrong token", base, Request{Action: Watch, Stream: "live/a", Token: "a.b.c"}, "open", nil},
		{"open watching knows a token's holder", base, Request{Action: Watch, Stream: "live/other", Token: guest}, "sub:guest", nil},
		{"closed watching needs a token", closed, Request{Action: Watch, Stream: "live/cam1"}, "", ErrNoToken},
		{"closed watching needs a token on loopback", closed, Request{Action: Watch, Stream: "live/cam1", Loopback: true}, "", ErrNoToken},
		{"closed watching takes a token", closed, Request{Action: Watch, Stream: "live/cam1", Token: guest}, "sub:guest", nil},
		{"closed watching refuses another stream's token", closed, Request{Action: Watch, Stream: "live/cam2", Token: guest}, "", ErrDenied},
		{"closed watching refuses a publisher's key", closed, Request{Action: Watch, Stream: "live/cam1", Token: "cam1-key"}, "", ErrDenied},
		{"closed watching takes the first key", closed, Request{Action: Watch, Stream: "live/cam1", Token: "first-key-first-key"}, "key:first", nil},

		{"an unknown action is refused", base, Request{Action: "own", Stream: "live/a", Token: "first-key-first-key"}, "", ErrDenied},
		{"an unknown action is refused on loopback", base, Request{Action: "own", Stream: "live/a", Loopback: true}, "", ErrNoToken},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := keyring(t, c.o).Decide(context.Background(), c.r)
			if !errors.Is(err, c.err) {
				t.Fatalf("error = %v, want %v", err, c.err)
			}
			if g.Identity != c.identity {
				t.Errorf("identity = %q, want %q", g.Identity, c.identity)
			}
			if err == nil && c.r.Action == Publish && !g.Allows(Publish, c.r.Stream) {
				t.Errorf("grant %+v does not allow what was asked", g)
			}
		})
	}
}

func TestTokensWithoutSubjectAreDifferentIdentities(t *testing.T) {
	secret := JWT{Alg: "HS256", Key: []byte(strings.Repeat("s", 32))}
	k := keyring(t, Options{JWT: []JWT{secret}})
	sign := func() string {
		token, err := Sign(secret, Grant{Stream: []string{"live/a"}, Can: []Action{Publish}, Expires: noon.Add(time.Hour)}, noon)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	identity := func(token string) string {
		g, err := k.Decide(context.Background(), Request{Action: Publish, Stream: "live/a", Token: token})
		if err != nil {
			t.Fatal(err)
		}
		return g.Identity
	}
	first := sign()
	one, again, two := identity(first), identity(first), identity(sign())
	if one != again {
		t.Errorf("the same token is %q and %q", one, again)
	}
	if one == two {
		t.Errorf("two tokens are both %q", one)
	}
}

func TestGrantsAreNotShared(t *testing.T) {
	k := keyring(t, Options{Keys: []Key{{Token: "k", Stream: []string{"live/a"}, Can: []Action{Publish}}}})
	r := Request{Action: Publish, Stream: "live/a", Token: "k"}
	g, err := k.Decide(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	g.Stream[0], g.Can[0] = "*", Watch
	if _, err := k.Decide(context.Background(), r); err != nil {
		t.Errorf("after a caller changed its grant: %v", err)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"empty key", Options{Keys: []Key{{}}}, "key 1: the key is empty"},
		{"the same key twice", Options{Keys: []Key{{Token: "a"}, {Token: "a"}}}, "key 2: the same key"},
		{"the first key again", Options{First: "a", Keys: []Key{{Token: "a"}}}, "key 1: the same key"},
		{"a bare name", Options{Keys: []Key{{Token: "a", Stream: []string{"cam1"}}}}, `did you mean "live/cam1"`},
		{"a short secret", Options{JWT: []JWT{{Alg: "HS256", Key: []byte("short")}}}, "token signer 1: the HS256 key has 5 bytes"},
		{"an unknown algorithm", Options{JWT: []JWT{{Alg: "none"}}}, "use HS256, EdDSA or ES256"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestPatterns(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{"live/cam1", []string{"live/cam1"}, []string{"live/cam", "live/cam11", "live/cam1/a", "live"}},
		{"live/cam*", []string{"live/cam", "live/cam1", "live/cam/a"}, []string{"live/ca", "alive/cam", "LIVE/cam1"}},
		{"live/*", []string{"live/a", "live/a/b/c"}, []string{"live2/a", "live"}},
		{"*", []string{"a/b", "live/cam1"}, nil},
		{"a/b/c/" + long, []string{"a/b/c/" + long}, nil},
	} {
		if err := CheckPattern(c.pattern); err != nil {
			t.Errorf("CheckPattern(%q) = %v", c.pattern, err)
		}
		for _, name := range c.yes {
			if !matches(c.pattern, name) {
				t.Errorf("%q does not match %q", c.pattern, name)
			}
		}
		for _, name := range c.no {
			if matches(c.pattern, name) {
				t.Errorf("%q matches %q", c.pattern, name)
			}
		}
	}
	for _, bad := range []string{"", "cam1", "cam*", "/", "live/", "/cam", "live//a", "*/a", "live/*a", "live/**", "li*/a",
		"../a", "live/..", "live/a\n", "live/a b", "a/b/c/d/e", "live/" + long + "a", "live/\x00", "liv\u202ee/a", "(live/a)"} {
		if err := CheckPattern(bad); err == nil {
			t.Errorf("CheckPattern(%q) = nil", bad)
		}
		if matches(bad, bad) || matches(bad, "live/a") {
			t.Errorf("%q, which is no pattern, matches", bad)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("live/cam*", "live/cam1")
	f.Add("*", "a/b")
	f.Add("live/a", "live/a")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if matches(pattern, name) && CheckPattern(pattern) != nil {
			t.Errorf("%q matches %q and is no pattern", pattern, name)
		}
	})
}

func ExampleKeyring() {
	k, err := New(Options{Keys: []Key{{Token: "s3cret", Sub: "alice", Stream: []string{"live/cam*"}, Can: []Action{Publish}}}})
	if err != nil {
		panic(err)
	}
	g, err := k.Decide(context.Background(), Request{Action: Publish, Stream: "live/cam1", Token: "s3cret"})
	fmt.Println(g.Identity, err)
	_, err = k.Decide(context.Background(), Request{Action: Publish, Stream: "live/stage", Token: "s3cret"})
	fmt.Println(errors.Is(err, ErrDenied))
	// Output:
	// sub:alice <nil>
	// true
}

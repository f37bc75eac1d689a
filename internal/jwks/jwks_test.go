package jwks

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"

	"lectern/internal/auth"
	"lectern/internal/hook"
	"lectern/sfu/sfutest"
)

// issuer publishes keys and signs with them.
type issuer struct {
	*httptest.Server
	mu     sync.Mutex
	body   []byte
	status int
	asked  int
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{status: http.StatusOK}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.asked++
		w.WriteHeader(i.status)
		_, _ = w.Write(i.body)
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) set(status int, body string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.status, i.body = status, []byte(body)
}

func (i *issuer) requests() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// published is a set with the public parts of keys, by kid.
func published(t *testing.T, keys map[string]any) string {
	t.Helper()
	var set struct {
		Keys []any `json:"keys"`
	}
	for kid, key := range keys {
		_, secret := key.([]byte)
		jwk, err := jwkset.NewJWKFromKey(key, jwkset.JWKOptions{
			Metadata: jwkset.JWKMetadataOptions{KID: kid}, Marshal: jwkset.JWKMarshalOptions{Private: secret},
		})
		if err != nil {
			t.Fatal(err)
		}
		set.Keys = append(set.Keys, jwk.Marshal())
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func token(t *testing.T, method jwt.SigningMethod, key any, header map[string]any) string {
	t.Helper()
	made := jwt.NewWithClaims(method, jwt.MapClaims{
		"sub": "alice", "exp": time.Now().Add(time.Hour).Unix(), "stream": []string{"*"}, "can": []string{"publish"},
	})
	for name, value := range header {
		made.Header[name] = value
	}
	text, err := made.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func ringOf(t *testing.T, alg string, s *Set) *auth.Keyring {
	t.Helper()
	ring, err := auth.New(auth.Options{JWT: []auth.JWT{{Alg: alg, Set: s}}})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func decide(t *testing.T, ring *auth.Keyring, token string) error {
	t.Helper()
	_, err := ring.Decide(t.Context(), auth.Request{Action: auth.Publish, Stream: "live/a", Token: token})
	return err
}

func TestTokensOfAPublishedKey(t *testing.T) {
	sfutest.NoLeaks(t)
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	stranger, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	rs, _ := rsa.GenerateKey(rand.Reader, 2048)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	secret := []byte(strings.Repeat("s", 32))
	i := newIssuer(t)
	i.set(http.StatusOK, published(t, map[string]any{"ec": ec.Public(), "rs": rs.Public(), "ed": ed.Public(), "hs": secret}))
	public, _ := json.Marshal(i.body)

	for _, c := range []struct {
		name, alg string
		token     string
		want      error
	}{
		{"ES256", "ES256", token(t, jwt.SigningMethodES256, ec, map[string]any{"kid": "ec"}), nil},
		{"RS256", "RS256", token(t, jwt.SigningMethodRS256, rs, map[string]any{"kid": "rs"}), nil},
		{"EdDSA", "EdDSA", token(t, jwt.SigningMethodEdDSA, ed, map[string]any{"kid": "ed"}), nil},
		{"an algorithm that is not listed", "ES256", token(t, jwt.SigningMethodRS256, rs, map[string]any{"kid": "rs"}), auth.ErrInvalidToken},
		{"a key of another kind", "ES256", token(t, jwt.SigningMethodES256, ec, map[string]any{"kid": "rs"}), auth.ErrInvalidToken},
		{"somebody else's key", "ES256", token(t, jwt.SigningMethodES256, stranger, map[string]any{"kid": "ec"}), auth.ErrInvalidToken},
		{"no kid among several", "ES256", token(t, jwt.SigningMethodES256, ec, nil), auth.ErrInvalidToken},
		{"a kid that is a path", "ES256", token(t, jwt.SigningMethodES256, ec, map[string]any{"kid": "../../etc/passwd"}), auth.ErrInvalidToken},
		{"a kid that is a number", "ES256", token(t, jwt.SigningMethodES256, ec, map[string]any{"kid": 1}), auth.ErrInvalidToken},
		{"a kid of 4 KiB", "ES256", token(t, jwt.SigningMethodES256, ec, map[string]any{"kid": strings.Repeat("x", 4096)}), auth.ErrInvalidToken},
		{"a key of its own (jwk)", "ES256", token(t, jwt.SigningMethodES256, stranger, map[string]any{"jwk": map[string]any{"kty": "EC"}, "kid": "x"}), auth.ErrInvalidToken},
		{"a URL of its own (jku)", "ES256", token(t, jwt.SigningMethodES256, stranger, map[string]any{"jku": i.URL, "kid": "x"}), auth.ErrInvalidToken},
		{"a public secret", "ES256", token(t, jwt.SigningMethodHS256, secret, map[string]any{"kid": "hs"}), auth.ErrInvalidToken},
		{"a public key as secret", "RS256", token(t, jwt.SigningMethodHS256, public, map[string]any{"kid": "rs"}), auth.ErrInvalidToken},
		{"none", "ES256", token(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, map[string]any{"kid": "ec"}), auth.ErrInvalidToken},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(Options{URL: i.URL})
			defer s.client.CloseIdleConnections()
			if err := decide(t, ringOf(t, c.alg, s), c.token); !errors.Is(err, c.want) {
				t.Errorf("error = %v, want %v", err, c.want)
			}
		})
	}
}

func TestKeysOutlastTheirURL(t *testing.T) {
	sfutest.NoLeaks(t)
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	i := newIssuer(t)
	s := New(Options{URL: i.URL})
	defer s.client.CloseIdleConnections()
	ring := ringOf(t, "ES256", s)
	good := token(t, jwt.SigningMethodES256, ec, map[string]any{"kid": "1"})

	i.set(http.StatusServiceUnavailable, "")
	if err := decide(t, ring, good); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("before the first keys: %v, want ErrUnavailable", err)
	}
	i.set(http.StatusOK, published(t, map[string]any{"1": ec.Public()}))
	if err := s.fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, answer := range []struct {
		status int
		body   string
	}{{503, ""}, {200, "<html>"}, {200, `{"keys":[]}`}, {200, strings.Repeat(" ", maxBody+1)}, {302, ""}} {
		i.set(answer.status, answer.body)
		if err := s.fetch(t.Context()); err == nil {
			t.Errorf("%d %.10q: no error", answer.status, answer.body)
		}
		if err := decide(t, ring, good); err != nil {
			t.Errorf("after %d %.10q: %v", answer.status, answer.body, err)
		}
	}
}

func TestTheLogDoesNotHaveTheQuery(t *testing.T) {
	i := newIssuer(t)
	var out strings.Builder
	s := New(Options{URL: i.URL + "/keys?k=canary", Log: slog.New(slog.NewTextHandler(&out, nil))})
	i.Close()
	if s.fetch(t.Context()) == nil {
		t.Fatal("somebody answered")
	}
	if text := out.String(); strings.Contains(text, "canary") || !strings.Contains(text, i.URL+"/keys") {
		t.Errorf("logged: %s", text)
	}
}

func TestUnknownKeysCauseFewFetches(t *testing.T) {
	sfutest.NoLeaks(t)
	one, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	two, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	i := newIssuer(t)
	i.set(http.StatusOK, published(t, map[string]any{"1": one.Public()}))
	s := New(Options{URL: i.URL})
	defer s.client.CloseIdleConnections()
	ring := ringOf(t, "ES256", s)
	if err := decide(t, ring, token(t, jwt.SigningMethodES256, one, map[string]any{"kid": "1"})); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if err := decide(t, ring, token(t, jwt.SigningMethodES256, two, map[string]any{"kid": "2"})); !errors.Is(err, auth.ErrInvalidToken) {
			t.Fatal(err)
		}
	}
	if n := i.requests(); n > 2 {
		t.Errorf("%d fetches for 1000 tokens with an unknown key, want 2 at the most", n)
	}
	// A key that was added is found as soon as a fetch is due.
	i.set(http.StatusOK, published(t, map[string]any{"1": one.Public(), "2": two.Public()}))
	s.unknown = rate.NewLimiter(rate.Inf, 1)
	if err := decide(t, ring, token(t, jwt.SigningMethodES256, two, map[string]any{"kid": "2"})); err != nil {
		t.Errorf("the new key: %v", err)
	}
}

func TestNamesDoNotLeadToThisSite(t *testing.T) {
	sfutest.NoLeaks(t)
	transport := hook.Transport(nil)
	defer transport.CloseIdleConnections()
	s := New(Options{URL: "http://ip6-loopback:1/", Transport: transport})
	if err := s.fetch(t.Context()); err == nil {
		t.Error("fetched")
	} else if !strings.Contains(err.Error(), "allow_private") && !strings.Contains(err.Error(), "no such host") {
		t.Errorf("error = %v", err)
	}
}

func TestAKeyLeadsNowhere(t *testing.T) {
	sfutest.NoLeaks(t)
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	elsewhere := newIssuer(t)
	set := strings.Replace(published(t, map[string]any{"1": ec.Public()}), `"kid"`, `"x5u":"`+elsewhere.URL+`","kid"`, 1)
	keys, err := parse([]byte(set))
	if err != nil || len(keys) != 1 || elsewhere.requests() != 0 {
		t.Errorf("%d keys, %v, %d calls of x5u; want the key and no call", len(keys), err, elsewhere.requests())
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","kid":"1","x":"AA","y":"AA"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AA","e":"AQAB"},{"kty":"oct","k":"AA"},{"kty":"OKP","crv":"Ed25519","x":"AA"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, err := parse(body)
		if err == nil && len(keys) == 0 {
			t.Error("no keys and no error")
		}
		for _, key := range keys {
			if _, ok := key.(crypto.PrivateKey); ok && !usable(key) {
				t.Errorf("a %T", key)
			}
		}
	})
}
